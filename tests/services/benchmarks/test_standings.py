"""What a provider is told rests on five settings of three others, is rounded, and stays for the month."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Provider, Provision, Region, Standing, now
from marketplace.permissions import SYSTEM
from marketplace.services.benchmarks.standings import ROUNDED
from marketplace.services.benchmarks.survey import make_survey
from tests import builders
from tests.services.benchmarks.market import ON, asking, market

NEXT = date(2026, 12, 1)


def told(session: Session, provider: Provider, region: Region | None = None) -> Standing:
    """The one thing that this provider is told (of a region)."""
    query = select(Standing).where(Standing.provider_id == provider.id)
    row = session.scalars(query if region is None else query.where(Standing.region_id == region.id)).one()
    session.expunge(row)
    return row


def test_four_settings_or_two_providers_tell_nothing_and_five_of_three_do(session: Session) -> None:
    builders.tariff(session)
    la, me = builders.authority(session), builders.provider(session)
    others = [builders.provider(session) for _ in range(3)]
    market(session, la, [me], 6)  # however many of one's own
    market(session, la, others[:2], 4)
    make_survey(session, SYSTEM, on=ON, at=now())
    row = told(session, me)
    assert (row.area, row.settings, row.median, row.low) == (None, None, None, None)
    market(session, la, others[:2], 1)
    make_survey(session, SYSTEM, on=ON, at=now())
    assert told(session, me).median is None  # five, but of two providers
    asking(session, la, others[2], 3_456_789)
    make_survey(session, SYSTEM, on=ON, at=now())
    row = told(session, me)
    assert (row.area, row.settings, row.providers) == (la.region.name, 6, 3)
    for figure in (row.lower, row.median, row.upper):
        assert figure
        assert figure % ROUNDED == 0


def test_once_shown_a_figure_stays_until_the_month_is_over(session: Session) -> None:
    builders.tariff(session)
    la, me = builders.authority(session), builders.provider(session)
    others = [builders.provider(session) for _ in range(3)]
    mine = asking(session, la, me, 3_000_000)
    market(session, la, others, 5)
    make_survey(session, SYSTEM, on=ON, at=now())
    before = told(session, me).median
    asking(session, la, others[0], 9_000_000)  # one rival's price, which comparing two days would show
    make_survey(session, SYSTEM, on=ON, at=now())
    assert told(session, me).median == before
    provision = session.scalars(select(Provision).where(Provision.setting_id == mine.id)).one()
    provision.is_offered = False  # nor by taking one's own price back and offering it again
    make_survey(session, SYSTEM, on=ON, at=now())
    provision.is_offered = True
    make_survey(session, SYSTEM, on=ON, at=now())
    assert (told(session, me).median, told(session, me).on) == (before, ON)
    make_survey(session, SYSTEM, on=NEXT, at=now())
    assert (told(session, me).settings, told(session, me).on) == (6, NEXT)
    assert told(session, me).median != before


def test_england_is_not_told_beside_a_region_from_which_it_differs_by_too_few(session: Session) -> None:
    builders.tariff(session)
    first, second = builders.authority(session), builders.authority(session)
    me, others = builders.provider(session), [builders.provider(session) for _ in range(3)]
    for la in (first, second):
        asking(session, la, me, 3_000_000)
    market(session, first, others, 5)
    market(session, second, others, 4)
    make_survey(session, SYSTEM, on=ON, at=now())
    assert told(session, me, first.region).area == first.region.name
    assert told(session, me, second.region).area is None  # England less the first region would be four settings
    market(session, builders.authority(session), others, 1)
    make_survey(session, SYSTEM, on=ON, at=now())
    assert told(session, me, second.region).area == "England"


def test_a_corridor_is_told_only_where_enough_settings_of_others_are_of_the_type(session: Session) -> None:
    builders.tariff(session)
    la, me = builders.authority(session), builders.provider(session)
    others = [builders.provider(session) for _ in range(3)]
    asking(session, la, me, 3_000_000, type="nmss")
    market(session, la, others, 30)
    make_survey(session, SYSTEM, on=ON, at=now())
    assert told(session, me).median is not None
    assert told(session, me).low is None  # the only other of the type is nobody: the line would be a rival's price
    for count, is_told in ((4, False), (1, True)):
        for number in range(count):
            asking(session, la, others[number % 3], 3_100_000 + 50_000 * number, type="nmss")
        make_survey(session, SYSTEM, on=ON, at=now())
        assert (told(session, me).low is not None) is is_told
    assert (told(session, me).low or 1) % ROUNDED == 0
