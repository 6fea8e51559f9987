"""What stands beside a request: sums to the penny, what an LA may see of others, indices, other requests."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Band, OrganisationKind, PriceIndex, PriceSchedule, Provider, Uplift
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.uplift_assessment import Assessed, affected, seen_by
from marketplace.services.uplift_comparisons import Compared
from marketplace.services.uplift_effects import Affected, Effect, default_link, effects, total
from tests import builders
from tests.uplifts import STARTS, Round

LA = Actor(scope="la", organisation_id=1)


@pytest.fixture
def trust(database: Engine) -> Round:  # noqa: ARG001
    return Round()


def indices() -> None:
    with transaction(SYSTEM) as session:
        for part, percent in (("staff", "4"), ("premises", "3"), ("other", "2.5")):
            session.add(
                PriceIndex(
                    part=part, name=part, percent=Decimal(percent), starts_on=date(2026, 4, 1), source="Made up."
                )
            )


def test_each_la_pays_the_sum_of_its_placements_each_raised_as_the_grid_raises_prices(trust: Round) -> None:
    indices()
    trust.send(percent=Decimal("6.5"))
    trust.counter(trust.officers[0], "4.25")
    found = trust.assessed()
    now = {"moderate": 3_000_050, "intensive": 4_800_000}
    asked = {"moderate": 3_195_100, "intensive": 5_112_000}  # to the nearest pound
    current = {"moderate": 3_127_600, "intensive": 5_004_000}
    by_index = {"moderate": 3_110_302, "intensive": 4_976_400}  # by 3.675%, to the penny
    for number, la in enumerate(trust.las):
        own = {band: n for (which, band), n in trust.counts.items() if which == number}
        effect = next(each for each in found.by_authority if each.key == (la,))
        assert effect == Effect(
            key=(la,),
            placements=sum(own.values()),
            now=sum(n * now[band] for band, n in own.items()),
            asked=sum(n * asked[band] for band, n in own.items()),
            current=sum(n * current[band] for band, n in own.items()),
            by_index=sum(n * by_index[band] for band, n in own.items()),
        )
    assert found.blend is not None
    assert found.blend.percent == Decimal("3.675")


def test_without_an_index_for_a_part_that_costs_there_is_no_blend(trust: Round) -> None:
    trust.send()
    found = trust.assessed()
    assert (found.blend, found.indices, {each.by_index for each in found.by_authority}) == (None, (), {None})


COUNTS = st.dictionaries(
    st.tuples(st.integers(1, 6), st.sampled_from([Band.MODERATE, Band.INTENSIVE])), st.integers(0, 30), min_size=1
)


@pytest.fixture(scope="module")
def request_() -> Uplift:
    """A request that was never kept: the arithmetic asks the database nothing."""
    base = PriceSchedule(id=1, setting_id=1, version=1, status="published", starts_on=date(2026, 9, 1))
    base.lines = [
        builders.PriceLine(provision_id=7, band=band, part="core", weeks=38, amount=amount)
        for band, amount in ((Band.MODERATE, 3_000_050), (Band.INTENSIVE, 4_812_345))
    ]
    return Uplift(
        provider_id=1, percent=Decimal("6.5"), starts_on=STARTS, base=base, staff=Decimal(75), premises=Decimal(10),
        other=Decimal(15), steps=[], provider=Provider(name="x"),
    )  # fmt: skip


@given(counts=COUNTS)
@settings(max_examples=60)
def test_the_sums_by_la_by_band_and_by_both_are_one_and_the_total(request_: Uplift, counts: dict) -> None:  # type: ignore[type-arg]
    rows = [Affected(la, 7, band, n) for (la, band), n in counts.items()]
    groups = [
        effects(request_, rows, [], key)
        for key in (
            lambda row: (row.authority_id,),
            lambda row: (row.provision_id, row.band),
            lambda row: (row.authority_id, row.provision_id, row.band),
        )
    ]
    whole = total(groups[0])
    assert all(replace(total(group), key=()) == whole for group in groups)
    fee = {Band.MODERATE: 3_000_050, Band.INTENSIVE: 4_812_345}
    assert whole.now == sum(row.placements * fee[row.band] for row in rows)
    raised = {band: 100 * int(Fraction(fee[band], 100) * Fraction(1065, 1000) + Fraction(1, 2)) for band in fee}
    assert whole.asked == sum(row.placements * raised[row.band] for row in rows)
    assert whole.placements == sum(counts.values())


def shown(*placements: int, mine: int = 3) -> tuple[list[tuple[int | None, int]], int | None]:
    """What LA 1 sees of others with these placements: (placements, LAs together) of each row but its own; the total."""
    rows = [Effect(key=(1,), placements=mine, now=mine, asked=mine, current=mine, by_index=None)]
    rows += [
        Effect(key=(number,), placements=n, now=n, asked=n, current=n, by_index=None)
        for number, n in enumerate(placements, 2)
    ]
    found = Assessed(
        blend=None, indices=(), round_summary=None, by_authority=tuple(rows), by_band=(), cells=(), total=total(rows),
        missing=(), compared=Compared(None, ()), authorities={}, provisions={},
    )  # fmt: skip
    seen = seen_by(found, LA)
    assert seen.by_authority[0].key == (1,)
    return [(each.placements, each.others) for each in seen.by_authority[1:]], seen.total and seen.total.placements


def test_an_la_sees_others_by_name_from_five_placements_on_and_smaller_ones_together() -> None:
    assert shown(5, 9) == ([(5, 0), (9, 0)], 17)
    assert shown(3, 2, 9) == ([(9, 0), (5, 2)], 17)
    assert shown(9, 4, 5) == ([(9, 0), (9, 2)], 21)  # the next larger goes with the one that would be found
    assert shown(4, 9) == ([(13, 2)], 16)
    assert shown(0, 5) == ([(5, 2)], 8)
    assert shown() == ([], 3)


def test_where_the_others_have_fewer_than_five_in_all_neither_they_nor_a_total_are_shown() -> None:
    assert shown(2, 2) == ([(None, 2)], None)
    assert shown(0) == ([(None, 1)], None)


FEES_TELL = [
    # six placements and what they cost together: anybody who knows the two fees finds the one that is intensive
    ({(1, "moderate"): 5, (1, "intensive"): 1}, [(None, 1)], None),
    ({(1, "moderate"): 5, (1, "intensive"): 5}, [(10, 0)], 11),
    ({(1, "moderate"): 5, (1, "intensive"): 1, (2, "moderate"): 9}, [(15, 2)], 16),  # nobody knows of which LA
]


@pytest.mark.parametrize(("counts", "rows", "whole"), FEES_TELL)
def test_an_la_stands_by_name_only_from_five_of_each_price_on_since_a_sum_and_the_fees_tell_how_many(
    database: Engine,  # noqa: ARG001
    counts: dict[tuple[int, str], int],
    rows: list[tuple[int | None, int]],
    whole: int | None,
) -> None:
    found = Round({(0, "moderate"): 1, **counts})
    found.send()
    seen = found.assessed(found.officers[0])
    assert [(each.placements, each.others) for each in seen.by_authority[1:]] == rows
    assert (seen.total and seen.total.placements) == whole
    assert all(each.now is None for each in seen.by_authority[1:] if each.placements is None)


def test_whoever_is_not_known_to_see_all_sees_what_an_la_without_placements_would(trust: Round) -> None:
    trust.send()
    region = Actor(scope=OrganisationKind.REGION.value, organisation_id=10**6)
    seen = seen_by(trust.assessed(), region)
    assert (seen.cells, seen.by_band, seen.compared.prices) == ((), (), ())


@given(placements=st.lists(st.integers(0, 12), max_size=7), mine=st.integers(0, 9))
def test_nothing_that_is_shown_of_others_is_of_fewer_than_five(placements: list[int], mine: int) -> None:
    rows, whole = shown(*placements, mine=mine)
    sizes = [n for n, _ in rows if n is not None]
    assert all(n >= 5 for n in sizes)
    if whole is None:
        assert sum(placements) < 5
    else:
        assert whole == mine + sum(sizes)


def test_an_la_sees_its_own_bands_only_the_provider_and_the_operator_all(trust: Round) -> None:
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    trust.send()
    whole = trust.assessed()
    mine = trust.assessed(trust.officers[1])
    assert [(each.key[1], each.placements) for each in mine.by_band] == [(Band.MODERATE, 6)]
    assert {each.key[0] for each in mine.cells} == {trust.las[1]}
    assert [each.band for each in mine.compared.prices] == [Band.MODERATE]
    operator = Actor(scope=OrganisationKind.OPERATOR.value, organisation_id=1)
    assert seen_by(whole, trust.provider) == seen_by(whole, operator) == whole


def test_who_is_affected_is_what_was_stated_or_corrected_for_the_school_year(trust: Round) -> None:
    trust.send()
    trust.agree(trust.officers[0])
    trust.answer(2, is_accepted=True, intensive=0)

    def found(on: date) -> dict[tuple[int, str], int]:
        with transaction(SYSTEM) as session:
            rows = affected(session, trust.setting, on=on)
        return {(trust.las.index(row.authority_id), row.band.value): row.placements for row in rows}

    assert found(STARTS) == {**trust.counts, (2, "intensive"): 0}
    assert found(date(2027, 8, 31)) == {}


def test_the_link_la_is_the_one_with_most_placements_of_several_the_first_by_code(trust: Round) -> None:
    with transaction(SYSTEM) as session:
        codes = {row.id: row.code for row in session.query(builders.Authority)}
        rows = [Affected(la, 1, Band.MODERATE, n) for la, n in zip(trust.las, (2, 3, 3), strict=True)]
        assert default_link(session, rows) == min(trust.las[1:], key=codes.__getitem__)
        rows.append(Affected(trust.las[0], 1, Band.INTENSIVE, 2))
        assert default_link(session, rows) == trust.las[0]


def test_other_requests_of_the_school_year_are_shown_from_five_of_three_providers_on(trust: Round) -> None:
    trust.send()
    assert trust.assessed().round_summary is None
    with transaction(SYSTEM) as session:
        la = session.get_one(builders.Authority, trust.las[0])
        providers = [builders.provider(session) for _ in range(3)]
        for number in range(5):
            setting = builders.setting(session, la, providers[number % 3])
            provision = builders.provision(session, builders.pool(session, setting))
            builders.schedule(session, provision)
            builders.uplift(session, provision, la)
            if number == 3:
                session.flush()
    found = trust.assessed().round_summary
    assert found is not None
    assert (found.n, found.median) == (5, 6)
    with transaction(SYSTEM) as session:
        row = session.query(Uplift).filter(Uplift.provider_id == providers[0].id).first()
        assert row is not None
        row.starts_on, row.year = date(2028, 9, 1), 2028
    assert trust.assessed().round_summary is None


def test_each_price_is_compared_like_for_like_before_and_after(trust: Round) -> None:
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    trust.send()
    found = trust.assessed()
    assert [row.band for row in found.compared.prices] == [Band.MODERATE, Band.INTENSIVE]
    assert found.compared.tariff is not None
    # the schedule states no therapy hours, so nothing is taken for zero: no variance, but what is missing
    assert all(row.before and row.before.missing for row in found.compared.prices)
    assert {row.amounts for row in found.compared.prices} == {(None, None, None)}


def test_prices_are_compared_as_published_as_asked_and_as_proposed_last(database: Engine) -> None:  # noqa: ARG001
    trust = Round(is_whole=True)
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    trust.send(percent=Decimal("6.5"))
    trust.counter(trust.officers[0], "4.25")
    moderate, intensive = trust.assessed().compared.prices
    # moderate has half an hour of speech therapy at £110 and a quarter of occupational therapy at £105 in 38 weeks
    assert moderate.amounts == (3_000_050 + 308_750, 3_195_100 + 308_750, 3_127_600 + 308_750)
    assert intensive.amounts[0] == 4_800_000 + 418_000 + 199_500 + 95_000 + 123_500 + 326_800
    trust.agree(trust.provider)
    assert trust.assessed().compared.prices[0].amounts == moderate.amounts


def test_what_no_tariff_prices_is_listed_without_a_comparison(database: Engine) -> None:  # noqa: ARG001
    trust = Round(is_whole=True)
    with transaction(SYSTEM) as session:
        content = builders.read_tariff(builders.DEMONSTRATION_TARIFF, []) or {}
        builders.tariff(session, content={**content, "band": {"intensive": 48_000}})
    trust.send()
    moderate, intensive = trust.assessed().compared.prices
    assert (moderate.before, moderate.asked, moderate.current) == (None, None, None)
    assert intensive.before is not None


def test_las_come_by_name_and_prices_by_provision_and_rising_band(database: Engine) -> None:  # noqa: ARG001
    counts = {(0, "intensive"): 9, (1, "moderate"): 6, (2, "intensive"): 6, (2, "moderate"): 6}
    trust = Round(counts)
    with transaction(SYSTEM) as session:
        session.get_one(builders.Authority, trust.las[0]).name = "Zealbury"
    trust.send()
    found = trust.assessed()
    assert [found.authorities[each.key[0]] for each in found.by_authority] == ["Southbury", "Westbury", "Zealbury"]  # type: ignore[index]
    assert [each.key[1] for each in found.by_band] == [Band.MODERATE, Band.INTENSIVE]
    mine = trust.assessed(trust.officers[2])
    assert [each.key[1] for each in mine.by_band] == [Band.MODERATE, Band.INTENSIVE]
