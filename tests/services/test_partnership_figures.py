"""The figures of a partnership equal a plain recount of the rows, conserve, and tell nobody of few."""

from collections import Counter
from contextlib import suppress
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import InvalidTransition, NotPermitted
from marketplace.models import (
    Award,
    Claim,
    Consultation,
    Kind,
    LedgerLine,
    MemberKind,
    Pool,
    Provision,
    ReportPart,
    Setting,
    Unit,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import partnership_figures as figures
from marketplace.services.partnership_figures import Scope
from marketplace.services.partnership_reports import reports_of, work_out_figures
from marketplace.services.partnership_tables import capacity_by_kind, capacity_by_setting, tables
from marketplace.services.partnerships import members_on
from marketplace.vocabulary import PRIMARY_NEEDS
from tests import builders, commissioning, partnering
from tests.partnering import ON, TERM, YEAR, Group, Place


class Counted(Exception):
    """All was counted, and nothing is to be kept."""


COUNTS = st.tuples(*[st.integers(0, 7)] * 3)


def scope_of(session: Session, group: Group) -> Scope:
    return Scope.of(members_on(session, group.partnership, ON))


def told(session: Session, group: Group, part: ReportPart) -> dict[tuple[str, ...], dict[str, Any]]:
    rows = tables(session, scope_of(session, group), on=ON, year=YEAR, term=TERM)
    return {row.names: row.figures for row in rows if row.part is part}


@pytest.fixture
def group(session: Session) -> Group:
    return partnering.group(session)


def recounted(session: Session, group: Group) -> Counter[tuple[int, Kind]]:
    """What awards and orders have taken of each setting, FTE, from the rows one by one."""
    found: Counter[tuple[int, Kind]] = Counter()
    members = {la.id for la in group.las.values()}
    for claim in session.scalars(select(Claim)):
        pool = session.get_one(Pool, claim.pool_id)
        if claim.ended_at or claim.consultation_id or claim.authority_id not in members:
            continue
        if pool.setting_id not in {place.setting.id for place in group.places}:
            continue
        if claim.order_id:
            kind = Kind.OUTREACH
        else:
            award = session.get_one(Award, claim.award_id)
            kind = session.get_one(Provision, award.provision_id).kind
        found[pool.setting_id, kind] += Fraction(claim.amount) / (25 if pool.unit is Unit.HOURS else 1)  # type: ignore[assignment]
    return found


@given(lead=COUNTS, other=COUNTS, stranger=st.integers(0, 3), orders=st.integers(0, 2))
@settings(
    max_examples=8, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_figures_equal_a_recount_and_conserve(
    database: Engine,  # noqa: ARG001
    lead: tuple[int, ...],
    other: tuple[int, ...],
    stranger: int,
    orders: int,
) -> None:
    with suppress(Counted), transaction(SYSTEM) as session:
        group = partnering.group(session)
        outside = builders.authority(session, group.region)
        for name, counts in (("lead", lead), ("other", other)):
            for kind, count in zip(Kind, counts, strict=True):
                for number in range(count):
                    partnering.placed(session, group.las[name], group.places[number % 2], kind, 1)
        partnering.placed(session, outside, group.places[0], Kind.FULL, stranger)
        for _ in range(orders):
            partnering.ordered(session, group.las["lead"], group.places[1], 3)
        scope = scope_of(session, group)
        uses, free = figures.uses(session, scope), figures.free(session, scope, on=ON)
        mine: Counter[tuple[int, Kind]] = Counter()
        for use in uses:
            mine[use.setting_id, use.kind] += use.fte  # type: ignore[assignment]
        assert mine == recounted(session, group)
        for place in group.places:  # nothing is used twice, nor more than is open
            pools = session.scalars(select(Pool).where(Pool.setting_id == place.setting.id)).all()
            open_ = sum(row.amount / (25 if pool.unit is Unit.HOURS else 1) for pool in pools for row in pool.vacancies)
            used = sum(n for (setting_id, _), n in mine.items() if setting_id == place.setting.id)
            left = sum(row.fte for row in free if row.setting_id == place.setting.id)
            others = stranger if place is group.places[0] else 0
            assert used + left + others == Fraction(Decimal(open_))
            assert used <= open_
        charged = figures.charges(session, scope, on=ON)
        lines = select(LedgerLine).where(LedgerLine.authority_id.in_(scope.authorities), LedgerLine.year == YEAR)
        assert sum(row.pupil.amounts["committed"] for row in charged) == sum(
            line.amount for line in session.scalars(lines)
        )
        _told_in_full(list(capacity_by_kind(uses, free)), uses)
        names = {place.setting.id: place.setting.name for place in group.places}
        _told_in_full(list(capacity_by_setting(uses, free, names)), uses)
        raise Counted


def _told_in_full(rows: list[Any], uses: list[Any]) -> None:
    """What is told comes near what is, and no row is of one to four pupils."""
    shown = [row.figures["pupils"] for row in rows if row.figures.get("pupils") is not None]
    assert all(count % 5 == 0 for count in shown)
    if shown:
        pupils = {use.pupil.key: use.pupil.n for use in uses}
        assert abs(sum(shown) - sum(pupils.values())) <= 2 * len(rows)
    for row in rows:
        if row.figures.get("used") is not None:
            assert row.figures["open"] == pytest.approx(row.figures["used"] + row.figures["free"])


def test_by_kind_and_by_setting_in_one_unit(session: Session, group: Group) -> None:
    for la in group.las.values():
        partnering.placed(session, la, group.places[0], Kind.FULL, 10)
        partnering.placed(session, la, group.places[1], Kind.POROUS, 5)
        partnering.placed(session, la, group.places[1], Kind.OUTREACH, 5)
    by_kind = told(session, group, ReportPart.CAPACITY_BY_KIND)
    assert by_kind[("full",)] == {"pupils": 20, "used": 20.0, "free": 0.0, "open": 20.0}
    assert by_kind[("porous",)] == {"pupils": 10, "used": 4.0, "free": 0.0, "open": 4.0}
    assert by_kind[("outreach",)] == {"pupils": 10, "used": 2.0, "free": 2.8, "open": 4.8}
    assert by_kind[("full", "porous")] == {"free": 56.0, "open": 56.0}  # 80 places less 20 and ten pupils' two days
    by_setting = told(session, group, ReportPart.CAPACITY_BY_SETTING)
    # Each provider would know all of its own, and nobody of the other's is few.
    assert by_setting[("Ash House School",)] == {"pupils": 20, "used": 20.0, "free": 22.4, "open": 42.4}
    assert by_setting[("Birch House School",)]["used"] == 6.0


def test_of_few_pupils_free_places_alone_are_told(session: Session, group: Group) -> None:
    partnering.placed(session, group.las["other"], group.places[0], Kind.FULL, 3)
    by_setting = told(session, group, ReportPart.CAPACITY_BY_SETTING)
    assert by_setting[("Ash House School",)] == {"pupils": None, "used": None, "free": 39.4, "open": None}
    assert told(session, group, ReportPart.MONEY_BY_AUTHORITY) == {}


def test_a_group_in_which_one_authority_has_few_is_no_row_of_its_own(session: Session, group: Group) -> None:
    """Found by asking what the other knows: twelve pupils of which eight are its own leave it four."""
    partnering.placed(session, group.las["lead"], group.places[0], Kind.FULL, 8)
    partnering.placed(session, group.las["other"], group.places[0], Kind.FULL, 4)
    partnering.placed(session, group.las["other"], group.places[1], Kind.POROUS, 6)
    by_kind = told(session, group, ReportPart.CAPACITY_BY_KIND)
    assert ("full",) not in by_kind
    assert by_kind.get(("full", "porous"), {}).get("pupils") in {20, None}


def test_a_region_that_knows_two_authorities_is_not_left_with_few_of_a_third(session: Session, group: Group) -> None:
    """Each authority by itself is left with ten and more; the region of both is left with four."""
    third = builders.authority(session)
    partnering.member(session, group.partnership, MemberKind.AUTHORITY, third.id)
    for la, count in (*((la, 6) for la in group.las.values()), (third, 4)):
        partnering.placed(session, la, group.places[0], Kind.FULL, count)
    assert told(session, group, ReportPart.CAPACITY_BY_KIND)[("full",)]["pupils"] is None
    partnering.placed(session, third, group.places[0], Kind.FULL, 1)
    assert told(session, group, ReportPart.CAPACITY_BY_KIND)[("full",)]["pupils"] == 15


def test_money_by_kind_and_by_authority(session: Session, group: Group) -> None:
    for la in group.las.values():
        partnering.placed(session, la, group.places[0], Kind.FULL, 5)
        partnering.placed(session, la, group.places[1], Kind.POROUS, 5)
    by_kind = told(session, group, ReportPart.MONEY_BY_KIND)
    assert (by_kind[("full",)]["of_one"], by_kind[("porous",)]["of_one"]) == (4_800_000, 6_000_000)
    days = (date(2027, 3, 31) - partnering.STARTED).days + 1
    committed = by_kind[("full",)]["committed"]
    assert committed == pytest.approx(10 * 4_800_000 * days / 365, rel=0.02)
    assert 0 < by_kind[("full",)]["to_day"] < committed
    by_authority = told(session, group, ReportPart.MONEY_BY_AUTHORITY)
    assert {names[0] for names in by_authority} == {la.name for la in group.las.values()}
    assert sum(row["pupils"] for row in by_authority.values()) == 20


def test_movement_is_that_of_the_group_only(session: Session, group: Group) -> None:
    for la in group.las.values():
        partnering.placed(session, la, group.places[0], Kind.POROUS, 5)
    elsewhere = partnering.place(session, group.las["lead"], "Elsewhere School")
    partnering.placed(session, group.las["lead"], elsewhere, Kind.POROUS, 9)
    moved = told(session, group, ReportPart.MOVEMENT)
    assert moved[("mainstream",)] == {"pupils": 10}
    assert sum(row["pupils"] for row in moved.values()) == 10
    assert told(session, group, ReportPart.GOALS)[("not_met",)] == {"pupils": 10}


def test_waits_of_open_needs_and_of_placements(session: Session, group: Group) -> None:
    for la in group.las.values():
        for _ in range(6):
            builders.need(session, la)  # posted on 1 November
        partnering.placed(session, la, group.places[0], Kind.FULL, 6)  # posted on 1 June, begun on 7 September
    assert told(session, group, ReportPart.WAITING)[("long",)] == {"pupils": 10}
    assert told(session, group, ReportPart.WAITED)[("full",)] == {"pupils": 10, "median": 98.0, "longest": 15}


def test_a_need_about_which_a_provider_was_consulted_is_known_to_it(session: Session, group: Group) -> None:
    needs = [builders.need(session, la) for la in group.las.values() for _ in range(5)]
    assert told(session, group, ReportPart.WAITING)
    for need in needs[:7]:
        commissioning.consultation(session, need, group.places[0].provisions[Kind.FULL])
    assert not told(session, group, ReportPart.WAITING)  # three are left that it does not know


def test_registers_by_school_and_need(session: Session, group: Group) -> None:
    lead, other = group.las.values()
    for number, (la, support, plans) in enumerate(((lead, 23, 9), (lead, 12, 6), (other, 31, 12), (other, 3, 8))):
        row = partnering.school(session, group.partnership, la, f"School {number}", 800_001 + number)
        partnering.register(session, row, support, plans)
    by_school = told(session, group, ReportPart.REGISTER_BY_SCHOOL)
    assert by_school[("School 0",)] == {"support": 25, "plans": 10}
    # Three pupils: with the other school of that authority, for the lead knows all of its own.
    assert by_school[("School 2", "School 3")] == {"support": 35, "plans": 20}
    assert set(by_school) == {("School 0",), ("School 1",), ("School 2", "School 3")}
    by_need = told(session, group, ReportPart.REGISTER_BY_NEED)
    assert by_need[(next(iter(PRIMARY_NEEDS)),)] == {"support": 70, "plans": 35}


def test_reasons_of_refusals_count_pupils(session: Session, group: Group) -> None:
    for la in group.las.values():
        for _ in range(5):
            row = commissioning.consultation(session, builders.need(session, la), group.places[0].provisions[Kind.FULL])
            commissioning.refusal(session, row, staffing="Two posts are vacant.")
    assert told(session, group, ReportPart.REFUSALS)[("staffing",)] == {"pupils": 10}


def test_a_hold_for_an_offer_is_neither_used_nor_free(session: Session, group: Group) -> None:
    provision = group.places[0].provisions[Kind.FULL]
    need = builders.need(session, group.las["lead"])
    row: Consultation = commissioning.consultation(session, need, provision)
    commissioning.claim(session, provision.pool.vacancies[0], row)
    scope = scope_of(session, group)
    assert figures.uses(session, scope) == []
    free = [each for each in figures.free(session, scope, on=ON) if Kind.FULL in each.kinds]
    assert sorted(each.fte for each in free) == [39, 40]


@pytest.fixture
def agreed(database: Engine) -> Group:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        group = partnering.group(session, agreed=False)
        for la in group.las.values():
            partnering.placed(session, la, group.places[0], Kind.FULL, 10)
    return group


def work_out(group: Group, actor: Actor) -> None:
    with transaction(actor) as session:
        work_out_figures(session, actor, partnership_id=group.partnership.id, on=ON)


def read(group: Group, actor: Actor) -> dict[ReportPart, list[dict[str, Any]]]:
    with transaction(actor) as session:
        found: dict[ReportPart, list[dict[str, Any]]] = {}
        for report in reports_of(session, group.partnership):
            for row in report.rows:
                found.setdefault(row.part, []).append(row.figures)
        return found


def test_of_an_authority_that_has_not_agreed_nothing_is_counted_and_it_reads_nothing(agreed: Group) -> None:
    work_out(agreed, agreed.people["lead"])
    with transaction(agreed.people["lead"]) as session:
        (report,) = reports_of(session, agreed.partnership)
        assert report.counted == [agreed.las["lead"].name]
        assert report.absent == [agreed.las["other"].name]
    capacity = read(agreed, agreed.people["lead"])[ReportPart.CAPACITY_BY_KIND]
    assert max(row["pupils"] or 0 for row in capacity if "pupils" in row) in {0, 10}
    assert read(agreed, agreed.people["other"]) == {}


def test_figures_are_worked_out_once_a_term_by_the_lead_only_and_providers_read_no_money(agreed: Group) -> None:
    with pytest.raises(NotPermitted):
        work_out(agreed, agreed.people["other"])
    work_out(agreed, agreed.people["lead"])
    with pytest.raises(InvalidTransition, match="stay until the next term"):
        work_out(agreed, agreed.people["lead"])
    paid = {ReportPart.MONEY_BY_KIND, ReportPart.MONEY_BY_AUTHORITY}
    assert paid <= set(read(agreed, agreed.people["lead"]))
    provider = read(agreed, agreed.places[0].editor)
    assert provider
    assert not paid & set(provider)
    region = Actor(scope="region", organisation_id=agreed.region.id)
    assert paid <= set(read(agreed, region))
    operator = Actor(scope="operator", organisation_id=agreed.las["lead"].id)
    assert read(agreed, operator) == {}


def test_what_was_told_stays_when_the_places_change(agreed: Group) -> None:
    work_out(agreed, agreed.people["lead"])
    before = read(agreed, agreed.people["lead"])
    with transaction(SYSTEM) as session:
        place = Place(
            session.get_one(Setting, agreed.places[0].setting.id),
            agreed.places[0].editor,
            {Kind.FULL: session.get_one(Provision, agreed.places[0].provisions[Kind.FULL].id)},
        )
        la = session.get_one(type(agreed.las["lead"]), agreed.las["lead"].id)
        partnering.placed(session, la, place, Kind.FULL, 9)
    assert read(agreed, agreed.people["lead"]) == before
