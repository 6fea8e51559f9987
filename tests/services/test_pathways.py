"""Three years of a need: what the comparison starts from, and that its figures are those of what is published."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.models import Authority, Band, Kind, Need, Part, PriceLine, Provision, Unit
from marketplace.permissions import SYSTEM
from marketplace.services.kinds import SideBySide, side_by_side
from marketplace.services.pathways import compare, start_of, years_of
from tests import builders

ON = date(2026, 11, 10)
EVERY_KIND = ["full", "porous", "outreach"]
Offering = Callable[..., Provision]


@pytest.fixture
def la(session: Session) -> Authority:
    builders.framework(session)
    return builders.authority(session)


@pytest.fixture
def offer(session: Session, la: Authority) -> Offering:
    def make(kind: Kind = Kind.FULL, **fields: Any) -> Provision:
        setting = builders.setting(session, la, builders.provider(session), easting=395_000, northing=305_000)
        pool = builders.pool(
            session, setting, (7, 11, date(2026, 9, 1), "12"),
            unit=Unit.HOURS if kind is Kind.OUTREACH else Unit.PLACES,
        )  # fmt: skip
        once = fields.pop("once", None)
        row = builders.provision(session, pool, kind=kind, **fields)
        lines = [PriceLine(provision_id=row.id, band=Band.INTENSIVE, part=Part.EQUIPMENT, amount=once)] if once else []
        builders.schedule(session, row, lines=lines)
        return row

    return make


def beside(session: Session, need: Need) -> SideBySide:
    session.flush()
    return side_by_side(session, SYSTEM, need=need, on=ON, today=ON)


def test_it_starts_from_the_published_sessions_half_of_them_and_none(
    session: Session, la: Authority, offer: Offering
) -> None:
    offer()
    offer(Kind.POROUS, sessions=5)
    offer(Kind.OUTREACH)
    need = builders.need(session, la, kinds=EVERY_KIND)
    found = beside(session, need)
    start = start_of(session, need=need, found=found)
    best = {kind: found.best(kind) for kind in Kind}
    assert [start.values[f"sessions_{year}"] for year in (1, 2, 3)] == [5, 3, 0]
    assert best[Kind.FULL] is not None
    assert best[Kind.POROUS] is not None
    assert best[Kind.OUTREACH] is not None
    assert start.values["transport_full"] == best[Kind.FULL].option.transport
    assert start.values["transport_porous"] == best[Kind.POROUS].option.transport
    assert start.values["support_after"] == best[Kind.OUTREACH].option.price
    assert best[Kind.OUTREACH].provision.setting.name in start.support_basis
    assert (start.values["uplift"], start.values["support_meanwhile"]) == (0, 0)


def test_its_figures_are_what_the_options_cost(session: Session, la: Authority, offer: Offering) -> None:
    offer()
    offer(Kind.POROUS, sessions=5)
    need = builders.need(session, la, kinds=["full", "porous"])
    found = beside(session, need)
    full, porous = found.best(Kind.FULL), found.best(Kind.POROUS)
    assert full is not None
    assert porous is not None
    values = {
        **start_of(session, need=need, found=found).values,
        "sessions_2": 5,
        "sessions_3": 5,
        "support_after": 600_000,
    }
    comparison = compare(found, values)
    assert comparison is not None
    assert list(comparison.paths) == [Kind.POROUS, Kind.FULL]
    assert comparison.paths[Kind.FULL].by_year == (full.option.total,) * 3
    assert comparison.paths[Kind.POROUS].by_year == (porous.option.total,) * 3
    assert comparison.years == ("2026/27", "2027/28", "2028/29", "2029/30")
    assert [row.year for row in comparison.returns] == [2, 3, 4]


def test_without_outreach_support_is_the_guide_price_of_half_a_day_a_week(
    session: Session, la: Authority, offer: Offering
) -> None:
    builders.tariff(session)
    offer(Kind.POROUS, sessions=4)
    need = builders.need(session, la, kinds=["porous"])
    start = start_of(session, need=need, found=beside(session, need))
    assert start.values["support_after"] == 38 * 21_500
    assert "38 half-days of a specialist teacher" in start.support_basis
    assert start.is_illustrative


def test_where_nothing_states_support_there_is_no_comparison_until_it_is_entered(
    session: Session, la: Authority, offer: Offering
) -> None:
    offer()
    offer(Kind.POROUS, sessions=4)
    need = builders.need(session, la, kinds=["full", "porous"])
    found = beside(session, need)
    start = start_of(session, need=need, found=found)
    assert start.values["support_after"] is None
    assert compare(found, start.values) is None
    entered = compare(found, {**start.values, "support_after": 0})
    assert entered is not None
    assert entered.paths[Kind.POROUS].by_year[2] == 0, "nothing, because somebody said so"


def test_without_a_porous_option_there_is_nothing_to_lead_back_and_without_a_full_one_nothing_to_beat(
    session: Session, la: Authority, offer: Offering
) -> None:
    offer(Kind.OUTREACH)
    need = builders.need(session, la, kinds=EVERY_KIND)
    found = beside(session, need)
    assert compare(found, start_of(session, need=need, found=found).values) is None
    offer(Kind.POROUS, sessions=4)
    found = beside(session, need)
    comparison = compare(found, start_of(session, need=need, found=found).values)
    assert comparison is not None
    assert (comparison.returns, comparison.latest) == ((), None)


def test_the_uplift_raises_every_path(session: Session, la: Authority, offer: Offering) -> None:
    offer()
    offer(Kind.POROUS, sessions=4)
    offer(Kind.OUTREACH)
    need = builders.need(session, la, kinds=EVERY_KIND)
    found = beside(session, need)
    values = {**start_of(session, need=need, found=found).values, "sessions_2": 4, "sessions_3": 4}
    comparison = compare(found, {**values, "uplift": Decimal("2.5")})
    assert comparison is not None
    for path in comparison.paths.values():
        first, second, third = path.by_year
        assert first < second < third


def test_what_is_paid_once_falls_in_the_first_year(session: Session, la: Authority, offer: Offering) -> None:
    offer(Kind.POROUS, sessions=4, once=90_000)
    need = builders.need(session, la, kinds=["porous"])
    found = beside(session, need)
    comparison = compare(found, {**start_of(session, need=need, found=found).values, "support_after": 0})
    assert comparison is not None
    assert dict(comparison.paths[Kind.POROUS].by_line)["Paid once"] == (90_000, 0, 0)


@pytest.mark.parametrize(
    ("on", "first"), [(date(2027, 8, 31), "2026/27"), (date(2027, 9, 1), "2027/28"), (date(2028, 1, 4), "2027/28")]
)
def test_the_first_year_is_the_school_year_of_the_day(on: date, first: str) -> None:
    assert years_of(on)[0] == first
