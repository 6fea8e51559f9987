"""Needs as pupils: every field, what is named, what is decided; and what a run is asked."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

import optimiser
from marketplace.errors import NotPermitted
from marketplace.models import Authority, Band, Budget, Ground, Need, NeedStatus, Pattern, Provision, SettingType
from marketplace.permissions import NOBODY, SYSTEM
from marketplace.services.matching.problem import freeze, problem_of
from marketplace.services.matching.supply import supply
from optimiser import Policy, Problem
from tests import builders

ON = date(2026, 11, 23)
AUTUMN = date(2026, 9, 1)


@pytest.fixture
def la(session: Session) -> Authority:
    builders.framework(session)
    return builders.authority(session)


def offer(session: Session, la: Authority, *vacancies: tuple[int, int, date, str], **fields: Any) -> Provision:
    setting = builders.setting(session, la, type=fields.pop("type", SettingType.INDEPENDENT))
    provision = builders.provision(session, builders.pool(session, setting, *vacancies), **fields)
    builders.schedule(session, provision)
    return provision


def asked(session: Session, *needs: Need, **options: Any) -> Problem:
    return problem_of(supply(session, on=ON, needs=needs), needs, **options)


def pupil(session: Session, need: Need) -> optimiser.Pupil:
    return asked(session, need).pupils[0]


def test_every_field_of_a_need_reaches_the_optimiser(session: Session, la: Authority) -> None:
    wished, requested, ruled_out = (offer(session, la) for _ in range(3))
    need = builders.need(
        session,
        la,
        reference="CASE-1",
        year_group=9,
        sex="F",
        easting=412345,
        northing=298765,
        level_ci=1,
        level_cl=2,
        level_semh=3,
        level_sp=4,
        primary_need="SEMH",
        secondary_needs=["ASD", "SLCN"],
        requirements=["hoist", "nursing"],
        kinds=["porous", "full"],
        pattern=Pattern.WEEKLY,
        priority=2,
        max_km=Decimal("12.5"),
        is_transport_entitled=True,
        request_id=requested.setting_id,
        ground=Ground.RESOURCES,
        ground_evidence="Recorded.",
        wishes=[wished.setting_id],
        forbidden=[ruled_out.id],
    )
    assert pupil(session, need) == optimiser.Pupil(
        pupil=str(need.id),
        la=la.code,
        easting=412345,
        northing=298765,
        year_group=9,
        levels=(1, 2, 3, 4),
        primary_need="SEMH",
        sex="F",
        secondary_needs=("ASD", "SLCN"),
        requirements=("hoist", "nursing"),
        options=("porous", "full"),
        pattern="weekly",
        priority=2,
        max_km=12.5,
        transport=True,
        request=str(requested.setting.urn),
        ground="resources",
        wishes=(str(wished.setting.urn),),
        locked="",
        forbidden=(f"{ruled_out.id}.7-11",),
    )


def test_what_a_need_leaves_open_is_left_open(session: Session, la: Authority) -> None:
    plain = pupil(session, builders.need(session, la, kinds=[]))
    assert (plain.sex, plain.max_km, plain.request, plain.ground, plain.wishes) == ("", None, "", "", ())
    assert (plain.options, plain.transport, plain.locked, plain.forbidden) == (("full",), False, "", ())


def test_a_binding_request_for_a_setting_that_offers_nothing_is_never_passed_over(
    session: Session, la: Authority
) -> None:
    offer(session, la)
    requested = builders.setting(session, la, type=SettingType.NMSS)
    need = builders.need(session, la, request_id=requested.id)
    answer = optimiser.match(asked(session, need))
    assert answer.assignments == ()
    assert [(row.phase, row.reason) for row in answer.unplaced] == [("duties", "no_option")]


@pytest.mark.parametrize(("year", "years"), [(5, "4-6"), (8, "7-11"), (3, "4-6"), (13, "7-11")])
def test_a_lock_holds_for_the_group_of_the_pupils_year_or_the_nearest(
    session: Session, la: Authority, year: int, years: str
) -> None:
    provision = offer(session, la, (4, 6, AUTUMN, "1"), (7, 11, AUTUMN, "1"), low_year=4)
    need = builders.need(session, la, year_group=year, locked_id=provision.id)
    assert pupil(session, need).locked == f"{provision.id}.{years}"


def test_of_two_groups_of_the_year_a_lock_takes_the_one_with_most_free(session: Session, la: Authority) -> None:
    provision = offer(session, la, (7, 11, AUTUMN, "1"), (8, 8, date(2026, 10, 1), "2"))
    need = builders.need(session, la, locked_id=provision.id)
    assert pupil(session, need).locked == f"{provision.id}.8-8"


@pytest.mark.parametrize(
    ("vacancies", "years"),
    [
        ([(7, 11, "1"), (8, 8, "1")], [8, 8]),
        ([(7, 11, "2"), (8, 8, "1")], [8, 8, 8]),
        ([(7, 11, "1"), (8, 8, "1")], [8, 9]),
        ([(7, 11, "2"), (8, 8, "2")], [8, 8, 9, 9]),
    ],
    ids=str,
)
def test_pupils_locked_to_one_provision_share_the_room_of_all_its_groups(
    session: Session, la: Authority, vacancies: list[tuple[int, int, str]], years: list[int]
) -> None:
    opened = [(low, high, AUTUMN.replace(month=9 + at), amount) for at, (low, high, amount) in enumerate(vacancies)]
    provision = offer(session, la, *opened)
    needs = [builders.need(session, la, year_group=year, locked_id=provision.id) for year in years]
    assert placed_at(session, *needs).keys() == {need.id for need in needs}


def test_the_problem_has_no_contradiction_and_can_be_written_down(session: Session, la: Authority) -> None:
    provisions = [offer(session, la, (7, 9, AUTUMN, "1"), (8, 11, AUTUMN.replace(month=10), "1")) for _ in range(2)]
    builders.need(session, la, locked_id=provisions[0].id, wishes=[builders.setting(session, la).id])
    builders.need(session, la, band_override=Band.PROFOUND, band_override_reason="Two to one at all times.")
    frozen = freeze(session, SYSTEM, scope_id=la.id, on=ON, policy=Policy())
    assert frozen.problem.contradictions() == []


# --- the band that a person decided ---


def placed_at(session: Session, *needs: Need) -> dict[int, int]:
    """The price in £ at which each need is placed."""
    problem = asked(session, *needs)
    answer = optimiser.match(problem)
    assert optimiser.check(problem, answer) == []
    return {int(row.pupil): row.price for row in answer.assignments}


def decided(session: Session, la: Authority, band: Band, **fields: Any) -> Need:
    return builders.need(session, la, band_override=band, band_override_reason="Decided by a person.", **fields)


def test_a_need_is_priced_at_the_band_that_a_person_decided_beside_one_that_is_not(
    session: Session, la: Authority
) -> None:
    offer(session, la)
    plain, dearer, cheaper = (
        builders.need(session, la),
        decided(session, la, Band.PROFOUND),
        decided(session, la, Band.MODERATE),
    )
    offer(session, la)
    assert placed_at(session, plain, dearer, cheaper) == {plain.id: 48_000, dearer.id: 66_000, cheaper.id: 30_000}


def test_a_decided_band_holds_for_a_lock_and_for_a_binding_request_too(session: Session, la: Authority) -> None:
    provision = offer(session, la, type=SettingType.SECTION41)
    locked = decided(session, la, Band.PROFOUND, locked_id=provision.id)
    requesting = decided(session, la, Band.MODERATE, request_id=provision.setting_id)
    assert placed_at(session, locked, requesting, builders.need(session, la)) == {
        locked.id: 66_000,
        requesting.id: 30_000,
    }


def test_a_decided_band_leaves_the_levels_to_decide_what_is_suitable(session: Session, la: Authority) -> None:
    offer(session, la, max_ci=2)
    assert placed_at(session, decided(session, la, Band.MODERATE)) == {}


def test_editions_draw_on_the_same_pools(session: Session, la: Authority) -> None:
    offer(session, la, (7, 11, AUTUMN, "1"))
    needs = builders.need(session, la), decided(session, la, Band.PROFOUND)
    assert len(asked(session, *needs).pools) == 1
    assert len(placed_at(session, *needs)) == 1


def test_one_decided_band_alone_needs_no_edition(session: Session, la: Authority) -> None:
    provision = offer(session, la)
    problem = asked(session, decided(session, la, Band.PROFOUND))
    assert [row.provision for row in problem.provisions] == [f"{provision.id}.7-11"]
    assert {price.price for price in problem.prices} == {66_000}


def test_the_band_of_a_framework_without_co_occurrence_holds_as_it_was_derived(session: Session, la: Authority) -> None:
    offer(session, la)
    need = builders.need(session, la, level_cl=3, derived_band=Band.INTENSIVE)
    assert placed_at(session, need) == {need.id: 48_000}


def test_a_forbidden_provision_is_forbidden_in_every_edition(session: Session, la: Authority) -> None:
    provision = offer(session, la)
    needs = builders.need(session, la), decided(session, la, Band.PROFOUND, forbidden=[provision.id])
    assert placed_at(session, *needs) == {needs[0].id: 48_000}


# --- what a run is asked ---


def test_a_run_takes_the_published_needs_of_its_scope_and_no_others(session: Session, la: Authority) -> None:
    beside, elsewhere = builders.authority(session, la.region), builders.authority(session)
    own, other, _ = (builders.need(session, each) for each in (la, beside, elsewhere))
    for status in set(NeedStatus) - {NeedStatus.PUBLISHED}:
        builders.need(session, la, status=status)
    frozen = {scope: freeze(session, SYSTEM, scope_id=scope, on=ON, policy=Policy()) for scope in (la.id, la.region_id)}
    assert set(frozen[la.id].needs) == {str(own.id)}
    assert set(frozen[la.region_id].needs) == {str(own.id), str(other.id)}


def test_budgets_are_whole_pounds_of_the_las_in_scope(session: Session, la: Authority) -> None:
    session.add_all([Budget(authority=la, amount=12_345_678), Budget(authority=builders.authority(session), amount=1)])
    builders.need(session, la)
    frozen = freeze(session, SYSTEM, scope_id=la.id, on=ON, policy=Policy())
    assert frozen.problem.budgets == (optimiser.Budget(la=la.code, budget=123_456),)


def test_no_reference_of_an_la_reaches_the_problem(session: Session, la: Authority) -> None:
    builders.need(session, la, reference="CANARY-77")
    assert "CANARY" not in repr(freeze(session, SYSTEM, scope_id=la.id, on=ON, policy=Policy()).problem)


def test_only_the_worker_freezes(session: Session, la: Authority) -> None:
    with pytest.raises(NotPermitted):
        freeze(session, NOBODY, scope_id=la.id, on=ON, policy=Policy())
