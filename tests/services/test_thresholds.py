"""Thresholds: what holds on a day, who states them, and never for a day that has begun."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Invalid, NotPermitted
from marketplace.models import ApprovalThreshold, Role
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.thresholds import set_threshold, threshold_of, thresholds_of
from tests import builders

TODAY = date(2026, 11, 30)


@pytest.fixture
def people(database: Engine) -> dict[Role, Actor]:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        return {
            role: builders.acting(builders.user(session, la, role))
            for role in (Role.COMMISSIONER, Role.APPROVER, Role.PROCUREMENT)
        }


def state(session: Session, actor: Actor, amount: int, starts_on: date) -> ApprovalThreshold:
    assert actor.organisation_id is not None
    return set_threshold(
        session, actor, authority_id=actor.organisation_id, amount=amount, starts_on=starts_on, reason="Cabinet.",
        on=TODAY,
    )  # fmt: skip


def test_each_holds_from_its_day_until_the_next(people: dict[Role, Actor]) -> None:
    actor = people[Role.APPROVER]
    la = actor.organisation_id or 0
    with transaction(actor) as session:
        state(session, actor, 5_000_000, date(2026, 12, 1))
        state(session, actor, 0, date(2027, 4, 1))
        held = [
            threshold_of(session, la, on=day) for day in (TODAY, date(2026, 12, 1), date(2027, 3, 31), date(2027, 4, 1))
        ]
        assert held == [0, 5_000_000, 5_000_000, 0]
        assert [row.amount for row in thresholds_of(session, la)] == [0, 5_000_000]


def test_none_is_stated_for_a_day_that_has_begun(people: dict[Role, Actor]) -> None:
    actor = people[Role.APPROVER]
    for day in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(Invalid) as error, transaction(actor) as session:
            state(session, actor, 5_000_000, day)
        assert error.value.errors.keys() == {"starts_on"}


def test_two_for_one_day_are_told_beside_the_day(people: dict[Role, Actor]) -> None:
    actor = people[Role.APPROVER]
    with transaction(actor) as session:
        state(session, actor, 5_000_000, date(2026, 12, 1))
    with pytest.raises(Invalid) as error, transaction(actor) as session:
        state(session, actor, 6_000_000, date(2026, 12, 1))
    assert error.value.errors.keys() == {"starts_on"}


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.PROCUREMENT])
def test_only_approvers_state_it(people: dict[Role, Actor], role: Role) -> None:
    with pytest.raises(NotPermitted), transaction(people[role]) as session:
        state(session, people[role], 5_000_000, date(2026, 12, 1))


def test_no_approver_states_it_for_another_authority(people: dict[Role, Actor]) -> None:
    with transaction(SYSTEM) as session:
        other = builders.authority(session)
    actor = people[Role.APPROVER]
    with pytest.raises(NotPermitted), transaction(actor) as session:
        set_threshold(
            session, actor, authority_id=other.id, amount=1, starts_on=date(2026, 12, 1), reason="No.", on=TODAY
        )
