"""Profiles: each version of what a pupil needs is kept by the database, whoever writes the need."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Invalid, InvalidTransition
from marketplace.models import Need, NeedStatus, Profile, Role, WhyProfiled
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import needs
from tests import builders
from tests.services.test_needs import ANSWERS

ON = date(2026, 11, 10)
LATER = ON + timedelta(days=400)
PROFILE: dict[str, Any] = {name: ANSWERS[name] for name in needs.PROFILE - {"barriers", "adjustments"}}


@pytest.fixture
def commissioner(session: Session) -> Actor:
    builders.home_area(session)
    builders.framework(session)
    return builders.acting(builders.user(session, builders.authority(session), Role.COMMISSIONER))


def posted(session: Session, commissioner: Actor) -> Need:
    return needs.post_need(session, commissioner, on=ON, **ANSWERS)


def change(session: Session, commissioner: Actor, need: Need, *, on: date = LATER, **changes: Any) -> Need:
    session.flush()
    answers = {**PROFILE, **changes}
    return needs.change_need(session, commissioner, need_id=need.id, version=need.version, on=on, **answers)


def versions(session: Session) -> list[Profile]:
    session.flush()
    return list(session.scalars(select(Profile).order_by(Profile.need_id, Profile.number)))


def test_a_draft_has_no_profile_and_publishing_keeps_the_first(session: Session, commissioner: Actor) -> None:
    draft = needs.start_need(session, commissioner, on=ON, **ANSWERS)
    assert versions(session) == []
    needs.publish_need(session, commissioner, need_id=draft.id, version=draft.version, on=ON)
    (first,) = versions(session)
    assert (first.need_id, first.number, first.on, first.why) == (draft.id, 1, ON, WhyProfiled.POSTED)
    assert (first.level_ci, first.primary_need, first.band) == (3, "ASD", draft.band)


def test_a_placed_pupils_profile_is_written_anew_and_nothing_else_is(session: Session, commissioner: Actor) -> None:
    need = posted(session, commissioner)
    need.status = NeedStatus.PLACED
    helps = ["Visual timetable.", "", "", ""]
    change(
        session, commissioner, need, level_ci=2, level_cl=1, adjustments=helps, profiled_on=LATER - timedelta(days=3),
        profile_why=WhyProfiled.REVIEW,
    )  # fmt: skip
    first, second = versions(session)
    assert (first.level_ci, first.adjustments) == (3, ["", "", "", ""])
    assert (second.level_ci, second.adjustments, second.number) == (2, helps, 2)
    assert (second.on, second.why) == (LATER - timedelta(days=3), WhyProfiled.REVIEW)
    assert second.band == need.band != first.band
    with pytest.raises(InvalidTransition, match="can no longer be changed"):
        change(session, commissioner, need, mainstream="Another school.")


@pytest.mark.parametrize("status", [NeedStatus.CONSULTING, NeedStatus.OFFERED, NeedStatus.WITHDRAWN])
def test_while_schools_are_asked_the_profile_stays_what_they_were_told(
    session: Session, commissioner: Actor, status: NeedStatus
) -> None:
    need = posted(session, commissioner)
    need.status = status
    with pytest.raises(InvalidTransition):
        change(session, commissioner, need, level_ci=1)


@pytest.mark.parametrize("day", [ON - timedelta(days=1), LATER + timedelta(days=1)])
def test_a_profile_holds_neither_before_the_last_one_nor_from_a_day_to_come(
    session: Session, commissioner: Actor, day: date
) -> None:
    need = posted(session, commissioner)
    with pytest.raises(Invalid) as refused:
        change(session, commissioner, need, level_ci=1, profiled_on=day)
    assert "from 10 November 2026" in refused.value.errors["profiled_on"][0]


def test_what_is_no_part_of_the_profile_adds_no_version(session: Session, commissioner: Actor) -> None:
    need = posted(session, commissioner)
    change(session, commissioner, need)  # as it is
    needs.change_need(
        session, commissioner, need_id=need.id, version=need.version, on=LATER, mainstream="A quiet room."
    )
    assert len(versions(session)) == 1


@pytest.mark.parametrize("statement", ["UPDATE profiles SET level_ci = 0", "DELETE FROM profiles"])
def test_the_application_cannot_write_a_version(database: Engine, statement: str) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(statement))
