"""Where the prices of a request lie among others', worked out by hand; and what nobody may learn from it.

Of others, like for like: £33,087.50, £34,087.50 … £37,087.50. The request: £33,088 now, £35,038.50 at +6.5%, £34,363.50
at +4.25%.
"""

from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.models import Band, OrganisationKind, Part, Provision, Standing, SurveyedPrice, Tariff, TariffStatus
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import schedule_drafts
from marketplace.services.benchmarks.told import Quarter
from marketplace.services.uplift_places import Placed, Placing, place_prices
from marketplace.services.uplifts import find_uplift
from pricing.corridor import Stretch
from tests import builders
from tests.services.benchmarks.market import asking
from tests.uplifts import STARTS, TODAY, Round

OPERATOR = Actor(scope=OrganisationKind.OPERATOR.value, organisation_id=10**6)


@pytest.fixture
def trust(database: Engine) -> Round:  # noqa: ARG001
    return Round(is_whole=True)


def moderate(found: Placing) -> Placed:
    """The place of the moderate price."""
    return next(row for row in found.prices if row.moved.band is Band.MODERATE)


def test_those_who_buy_see_the_place_before_and_after_in_the_corridor_and_among_the_peers(trust: Round) -> None:
    trust.surround()
    trust.send(percent=Decimal("6.5"))
    trust.counter(trust.officers[0], "4.25")
    for reader in (*trust.officers[:2], OPERATOR):
        row = moderate(trust.placing(reader))
        assert row.peers
        assert (row.peers.area, row.peers.settings, row.peers.providers) == ("Norbury", 5, 3)
        assert (row.peers.lower, row.peers.median, row.peers.upper) == (3_408_750, 3_508_750, 3_608_750)
        assert row.bounds
        assert (row.bounds.low, row.bounds.median, row.bounds.high) == (3_204_000, 3_450_000, 3_500_000)
        spots = [each and (each.amount, each.stretch, each.cheaper) for each in (row.before, row.asked, row.current)]
        assert spots == [
            (3_308_800, Stretch.LOWER, 1),
            (3_503_850, Stretch.ABOVE, 2),
            (3_436_350, Stretch.LOWER, 2),
        ]


def test_the_providers_own_settings_are_no_peers_of_the_price_that_it_asks_for(trust: Round) -> None:
    trust.surround()
    with transaction(SYSTEM) as session:
        la, me = (
            session.get_one(builders.Authority, trust.las[0]),
            session.get_one(builders.Provider, trust.provider_id),
        )
        asking(session, la, me, 100)
    trust.survey(None)
    trust.send()
    row = moderate(trust.placing(trust.officers[0]))
    assert row.peers
    assert (row.peers.settings, row.before and row.before.cheaper) == (5, 1)


def test_an_la_sees_the_places_of_the_prices_that_it_has_placements_at_and_of_no_other(trust: Round) -> None:
    trust.surround()
    trust.send()
    assert [[row.moved.band for row in trust.placing(each).prices] for each in trust.officers] == [
        [Band.MODERATE, Band.INTENSIVE],
        [Band.MODERATE],
        [Band.INTENSIVE],
    ]


def test_the_provider_is_told_what_where_you_stand_tells_it_and_nothing_else(trust: Round) -> None:
    trust.surround()
    trust.send(percent=Decimal("6.5"))
    found = trust.placing(trust.provider)
    row = moderate(found)
    assert (found.survey, found.corridor) == (None, None)
    assert row.peers
    assert row.bounds
    figures = (row.peers.lower, row.peers.median, row.peers.upper, row.bounds.low, row.bounds.median, row.bounds.high)
    assert figures == (3_410_000, 3_510_000, 3_610_000, 3_200_000, 3_450_000, 3_500_000)  # to whole £100
    assert (row.peers.settings, row.peers.providers, row.peers.widened) == (5, 3, ())
    with transaction(trust.provider) as session:
        told = session.scalars(select(Standing).where(Standing.band == Band.MODERATE)).one()
        assert figures == (told.lower, told.median, told.upper, told.low, told.middle, told.high)
        assert row.peers.on == told.on == TODAY
    assert row.before
    assert row.asked
    assert (row.before.quarter, row.before.stretch) == (Quarter.CHEAPEST, Stretch.LOWER)
    assert (row.asked.quarter, row.asked.stretch) == (Quarter.CHEAPER, Stretch.ABOVE)
    assert {each.cheaper for each in (row.before, row.asked)} == {None}  # a count moves where one rival's price lies


def test_a_buyers_view_finds_nothing_in_a_providers_transaction(trust: Round) -> None:
    trust.surround()
    trust.send()
    for reader in (OPERATOR, SYSTEM, trust.officers[0]):
        with transaction(trust.provider) as session:
            found = place_prices(session, reader, find_uplift(session, trust.id))
            assert (found.survey, found.corridor, found.prices) == (None, None, ())


def test_four_settings_are_too_few_for_anybody(trust: Round) -> None:
    trust.surround(4)
    trust.send()
    for reader in (trust.provider, trust.officers[0]):
        row = moderate(trust.placing(reader))
        assert row.peers is None
        assert row.is_told
        assert row.before
        assert (row.before.cheaper, row.before.quarter) == (None, None)
    assert moderate(trust.placing(trust.provider)).bounds is None  # nor a line that four of others fix
    assert moderate(trust.placing(trust.officers[0])).bounds


def test_what_a_provider_is_told_stays_for_the_month_also_here(trust: Round) -> None:
    trust.surround()
    trust.send()
    before = moderate(trust.placing(trust.provider))
    with transaction(SYSTEM) as session:
        la, rival = (
            session.get_one(builders.Authority, trust.las[0]),
            session.scalars(select(builders.Provider).where(builders.Provider.name == "Teal Trust")).one(),
        )
        asking(session, la, rival, 9_000_000)
    trust.survey([["moderate", "day", "independent", 41, 3_300_000, 3_500_000, 4_000_000]])
    assert moderate(trust.placing(trust.provider)).peers == before.peers
    assert moderate(trust.placing(trust.provider)).bounds == before.bounds
    later = moderate(trust.placing(trust.officers[0]))
    assert later.peers
    assert later.peers.settings == 6


def test_a_provider_is_told_nothing_of_a_price_that_is_not_in_force_yet(trust: Round) -> None:
    with transaction(SYSTEM) as session:
        session.scalars(select(Provision)).one().is_offered = False
    trust.surround()
    trust.send()
    row = moderate(trust.placing(trust.provider))
    assert (row.is_told, row.peers, row.bounds) == (False, None, None)
    assert row.asked
    assert (row.asked.quarter, row.asked.stretch) == (None, None)


def test_without_a_survey_or_a_corridor_there_are_none_and_without_a_tariff_no_places(trust: Round) -> None:
    trust.send()
    assert trust.placing(trust.officers[0]).tariff is None
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    found = trust.placing(trust.officers[0])
    assert found.tariff
    assert (found.survey, found.prices) == (None, ())
    for bounds in (None, [["moderate", "day", "nmss", 40, 1, 2, 3]]):
        trust.survey(bounds)
        row = moderate(trust.placing(trust.officers[0]))
        assert row.bounds is None
        assert row.before
        assert row.before.stretch is None


def test_the_place_is_by_the_tariff_that_held_when_the_published_prices_started_as_that_of_others_is(
    trust: Round,
) -> None:
    trust.surround()
    with transaction(SYSTEM) as session:
        old = session.scalars(select(Tariff)).one()
        content = {**old.content, "area": {"401": 2}}
        old.status, old.ends_on = TariffStatus.SUPERSEDED, STARTS
        session.flush()
        builders.tariff(session, version="2", starts_on=STARTS, content=content, framework=old.framework)
    trust.send()
    assert trust.assessed().compared.prices[0].amounts[0] == 1_654_400  # half, by the factor that holds then
    found = trust.placing(trust.officers[0])
    row = moderate(found)
    assert row.before
    assert row.before.amount == 3_308_800
    with transaction(SYSTEM) as session:
        kept = select(SurveyedPrice.amount).where(
            SurveyedPrice.setting_id == trust.setting, SurveyedPrice.band == Band.MODERATE
        )
        assert session.scalar(kept) == 3_308_800


def test_what_lacks_a_figure_or_is_no_longer_priced_has_no_spot(trust: Round) -> None:
    trust.surround()
    with transaction(trust.provider) as session:  # hours are not stated any more, and intensive is not offered
        draft = schedule_drafts.start_schedule(session, trust.provider, setting_id=trust.setting, on=TODAY)
        core = [fields for line in draft.lines if (fields := schedule_drafts.line_fields(line))["part"] is Part.CORE]
        schedule_drafts.save_schedule(
            session, trust.provider, schedule_id=draft.id, version=draft.edit, starts_on=STARTS,
            lines=[line for line in core if line["band"] is Band.MODERATE],
        )  # fmt: skip
    trust.send(percent=None)
    found = trust.placing(trust.officers[0])
    assert [(row.before is None, row.asked, row.current) for row in found.prices] == [(False, None, None)] * 2
    row, intensive = found.prices
    assert row.moved.asked
    assert row.moved.asked.missing
    assert intensive.moved.asked is None
    assert row.peers
    assert row.before
    assert row.before.cheaper == 1
