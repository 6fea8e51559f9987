"""Posting a need: what is asked, what is derived, what is refused, what is kept."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Authority,
    Band,
    Ground,
    Need,
    NeedStatus,
    Pattern,
    Role,
    SettingStatus,
    SettingType,
    TariffStatus,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import law, needs
from optimiser.eligibility import BINDING_TYPES
from tests import builders

ON = date(2026, 11, 10)
ANSWERS: dict[str, Any] = {
    "reference": "EX-1042", "year_group": 8, "sex": None, "home_area": "QX4", "starts_on": None,
    "mainstream": "A calm room and a key adult.", "kinds": ["full", "outreach"],
    "level_ci": 3, "level_cl": 3, "level_semh": 1, "level_sp": 0, "primary_need": "ASD", "secondary_needs": [],
    "requirements": [], "pattern": Pattern.DAY, "band_override": None, "band_override_reason": None,
    "request_id": None, "ground": None, "ground_evidence": None, "wishes": [], "is_transport_entitled": False,
    "max_km": None, "priority": 3,
}  # fmt: skip


@pytest.fixture
def la(session: Session) -> Authority:
    builders.home_area(session)
    builders.framework(session)
    return builders.authority(session)


@pytest.fixture
def commissioner(session: Session, la: Authority) -> Actor:
    return builders.acting(builders.user(session, la, Role.COMMISSIONER))


def events(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))


def test_a_need_posted_whole_is_published_with_its_band_the_reasons_and_the_centre_of_the_district(
    session: Session, commissioner: Actor, la: Authority
) -> None:
    need = needs.post_need(session, commissioner, on=ON, **ANSWERS)
    assert (need.status, need.authority_id) == (NeedStatus.PUBLISHED, la.id)
    assert (need.easting, need.northing) == (401000, 302000)
    assert need.band is Band.PROFOUND
    assert any("one step higher" in reason for reason in need.band_reasons)
    assert events(session) == ["need started", "need posted"]


def test_a_draft_keeps_the_answers_given_and_says_which_are_missing(session: Session, commissioner: Actor) -> None:
    need = needs.start_need(session, commissioner, on=ON, reference="EX-1", year_group=8)
    assert need.status is NeedStatus.DRAFT
    assert {"home", "mainstream", "kinds", "level_ci", "primary_need", "priority"} <= needs.missing_answers(need).keys()
    assert "year_group" not in needs.missing_answers(need)


@pytest.mark.parametrize("answer", ["year_group", "home_area", "mainstream", "kinds", "level_sp", "primary_need"])
def test_a_need_with_an_answer_missing_is_not_published(session: Session, commissioner: Actor, answer: str) -> None:
    given = {name: value for name, value in ANSWERS.items() if name != answer}
    with pytest.raises(Invalid) as caught:
        needs.post_need(session, commissioner, on=ON, **given)
    assert list(caught.value.errors) == ["home" if answer == "home_area" else answer]


def test_boarding_is_not_asked_of_outreach_alone(session: Session, commissioner: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        needs.post_need(session, commissioner, on=ON, **{**ANSWERS, "kinds": ["outreach"], "pattern": Pattern.WEEKLY})
    assert list(caught.value.errors) == ["pattern"]


def test_no_need_is_posted_without_a_framework_and_the_words_name_who_adopts_one(
    session: Session, commissioner: Actor
) -> None:
    with pytest.raises(Conflict, match="Ask the operator of the marketplace to adopt one"):
        needs.post_need(session, commissioner, on=date(2026, 3, 31), **ANSWERS)


def test_the_framework_that_started_last_derives_the_band_and_one_not_adopted_never_does(
    session: Session, commissioner: Actor
) -> None:
    content = {**builders.framework(session).content, "co_occurrence": False}
    newer = builders.framework(session, starts_on=date(2026, 9, 1), content=content)
    builders.framework(session, starts_on=date(2026, 11, 1), status=TariffStatus.DRAFT)
    builders.framework(session, starts_on=date(2027, 4, 1))
    need = needs.post_need(session, commissioner, on=ON, **ANSWERS)
    assert (need.framework_id, need.band) == (newer.id, Band.INTENSIVE)


def test_another_band_than_the_derived_one_is_kept_beside_it(session: Session, commissioner: Actor) -> None:
    override = {"band_override": Band.EXCEPTIONAL, "band_override_reason": "Two adults at all times."}
    need = needs.post_need(session, commissioner, on=ON, **{**ANSWERS, **override})
    assert (need.band, need.derived_band) == (Band.EXCEPTIONAL, Band.PROFOUND)


def test_all_levels_universal_make_no_band(session: Session, commissioner: Actor) -> None:
    need = needs.post_need(session, commissioner, on=ON, **{**ANSWERS, "level_ci": 0, "level_cl": 0, "level_semh": 0})
    assert need.band is None
    assert need.band_reasons


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"home_area": "QX9"}, "home"),
        ({"starts_on": date(2207, 9, 1)}, "starts_on"),
        ({"request_id": 999999}, "request_id"),
        ({"wishes": [999999]}, "wish_1"),
    ],
)
def test_what_the_marketplace_does_not_know_is_refused_beside_its_field(
    session: Session, commissioner: Actor, answers: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        needs.post_need(session, commissioner, on=ON, **{**ANSWERS, **answers})
    assert list(caught.value.errors) == [field]


def test_a_closed_setting_cannot_be_requested(session: Session, commissioner: Actor, la: Authority) -> None:
    closed = builders.setting(session, la, status=SettingStatus.CLOSED)
    with pytest.raises(Invalid, match="not closed"):
        needs.post_need(session, commissioner, on=ON, **{**ANSWERS, "request_id": closed.id})


@pytest.mark.parametrize(
    ("setting_type", "ground", "statute"),
    [
        (SettingType.SECTION41, Ground.PUBLIC_EXPENDITURE, "section 39"),
        (SettingType.INDEPENDENT, Ground.RESOURCES, "Education Act 1996, section 9"),
    ],
)
def test_a_ground_of_the_other_test_in_law_is_refused(
    session: Session, commissioner: Actor, la: Authority, setting_type: SettingType, ground: Ground, statute: str
) -> None:
    requested = builders.setting(session, la, type=setting_type)
    record = {"request_id": requested.id, "ground": ground, "ground_evidence": "The report of 3 November."}
    with pytest.raises(Invalid, match=statute):
        needs.post_need(session, commissioner, on=ON, **{**ANSWERS, **record})


@pytest.mark.parametrize("setting_type", SettingType)
def test_the_law_calls_binding_what_matching_binds(setting_type: SettingType) -> None:
    assert law.test_of(setting_type).is_binding == (setting_type.value in BINDING_TYPES)


def test_a_published_need_is_changed_but_never_emptied(session: Session, commissioner: Actor) -> None:
    need = needs.post_need(session, commissioner, on=ON, **ANSWERS)
    version = need.version
    needs.change_need(session, commissioner, need_id=need.id, version=version, on=ON, level_cl=1)
    assert need.band is Band.INTENSIVE
    assert need.version > version
    with pytest.raises(Invalid):
        needs.change_need(session, commissioner, need_id=need.id, version=need.version, on=ON, kinds=[])


def test_answers_that_change_nothing_leave_no_event(session: Session, commissioner: Actor) -> None:
    need = needs.post_need(session, commissioner, on=ON, **ANSWERS)
    needs.change_need(session, commissioner, need_id=need.id, version=need.version, on=ON, **ANSWERS)
    assert "need changed" not in events(session)


def test_the_event_of_a_change_names_the_answers_and_not_what_they_were(session: Session, commissioner: Actor) -> None:
    need = needs.post_need(session, commissioner, on=ON, **ANSWERS)
    needs.change_need(
        session, commissioner, need_id=need.id, version=need.version, on=ON, mainstream="CANARY", priority=1
    )
    data = session.scalars(select(AuditEvent.data).order_by(AuditEvent.id.desc())).first()
    assert data == {"answers": ["mainstream", "priority"]}


def test_a_need_that_schools_were_consulted_on_is_not_changed(
    session: Session, commissioner: Actor, la: Authority
) -> None:
    need = builders.need(session, la, status=NeedStatus.CONSULTING)
    with pytest.raises(InvalidTransition):
        needs.change_need(session, commissioner, need_id=need.id, version=need.version, on=ON, priority=1)


@pytest.mark.parametrize("status", sorted(set(NeedStatus) - {NeedStatus.DRAFT}))
def test_only_a_draft_is_published(session: Session, commissioner: Actor, la: Authority, status: NeedStatus) -> None:
    """One that was consulted on, or placed, went back to published once, beside its consultations and its placement."""
    need = builders.need(session, la, mainstream="A unit was tried.", status=status)
    with pytest.raises(InvalidTransition):
        needs.publish_need(session, commissioner, need_id=need.id, version=need.version, on=ON)
    assert need.status is status


def test_a_need_that_somebody_else_has_changed_is_stale(session: Session, commissioner: Actor, la: Authority) -> None:
    need = builders.need(session, la)
    with pytest.raises(Stale):
        needs.change_need(session, commissioner, need_id=need.id, version=need.version - 1, on=ON, priority=1)


def test_a_need_is_withdrawn_once_with_its_reason(session: Session, commissioner: Actor, la: Authority) -> None:
    need = builders.need(session, la)
    needs.withdraw_need(session, commissioner, need_id=need.id, version=need.version, reason="moved")
    session.flush()
    assert need.status is NeedStatus.WITHDRAWN
    with pytest.raises(InvalidTransition):
        needs.withdraw_need(session, commissioner, need_id=need.id, version=need.version, reason="moved")


@pytest.mark.parametrize("role", [Role.PROCUREMENT, Role.APPROVER, Role.ADMINISTRATOR])
def test_only_commissioners_post_and_change_needs(session: Session, la: Authority, role: Role) -> None:
    other = builders.acting(builders.user(session, la, role))
    need = builders.need(session, la)
    with pytest.raises(NotPermitted):
        needs.start_need(session, other, on=ON, reference="EX-1")
    with pytest.raises(NotPermitted):
        needs.change_need(session, other, need_id=need.id, version=need.version, on=ON, priority=1)


@pytest.mark.usefixtures("database")
def test_a_need_of_another_authority_is_not_found() -> None:
    with transaction(SYSTEM) as session:
        other = builders.need(session, builders.authority(session)).id
        mine = builders.acting(builders.user(session, builders.authority(session), Role.COMMISSIONER))
    with pytest.raises(NotFound), transaction(mine) as session:
        needs.withdraw_need(session, mine, need_id=other, version=1, reason="moved")
    with transaction(SYSTEM) as session:
        row = session.get(Need, other)
        assert row is not None
        assert row.status is NeedStatus.PUBLISHED


@pytest.mark.usefixtures("database")
def test_the_same_reference_twice_is_refused_beside_the_field() -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        builders.need(session, la, reference="EX-1")
        mine = builders.acting(builders.user(session, la, Role.COMMISSIONER))
    with pytest.raises(Invalid) as caught, transaction(mine) as session:
        needs.start_need(session, mine, on=ON, reference="EX-1")
    assert list(caught.value.errors) == ["reference"]
