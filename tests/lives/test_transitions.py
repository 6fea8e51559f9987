"""All pairs of (status, event, role): what the table allows happens, with its trace in the audit trail; everything else
is refused in the product's own words and leaves nothing."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.models import Base, NeedStatus
from marketplace.permissions import Actor
from marketplace.services import needs
from marketplace.services.people import ROLES
from tests.conftest import empty
from tests.lives.acts import ACTS
from tests.lives.scene import Scene
from tests.lives.table import LIVES, MOVES, STORIES, Situation
from tests.lives.walk import KINDS, Move, Walk


def test_each_event_by_each_role_in_each_status_does_what_the_table_says_or_is_refused_and_leaves_nothing(
    database: Engine,  # noqa: ARG001
    cleaner: Engine,
) -> None:
    tries = 0
    moves: set[Move] = set()
    wrong: list[str] = []
    for story in STORIES.values():
        walk = Walk()
        wrong += walk.tell(story)
        tries, moves = tries + walk.tries, moves | walk.moves
        empty(cleaner)
    assert not wrong, "\n".join(wrong)
    assert tries > 2_500
    # The tables that the services move along allow what has happened, and nothing that never does.
    allowed = {(life, one, other) for life, table in MOVES.items() for one in table for other in table[one] - {one}}
    assert moves - allowed == set()
    assert allowed - moves == set()


@pytest.mark.usefixtures("database")
def test_somebody_of_each_role_on_each_side_tries_it() -> None:
    people = Scene().people.values()
    assert {(person.kind, role) for person in people for role in person.roles} == {
        (kind, role) for kind, roles in ROLES.items() for role in roles
    }


def test_every_event_of_the_table_has_its_act_and_every_object_its_situations() -> None:
    assert {event for life in LIVES.values() for event in life} <= set(ACTS)
    walked = {life for story in STORIES.values() for situation in story.values() for life in situation.of}
    assert walked == set(LIVES) == set(MOVES) == set(KINDS)


# The controls: with one guard out of the product, the walk says so.

PUBLISHED = {"published": Situation(("publish",), ("need",))}
WITHDRAWN = {"withdrawn": Situation(("publish", "withdraw_need"), ("need",))}


@pytest.mark.usefixtures("database")
def test_control_an_illegal_move_that_is_opened_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "CHANGEABLE", needs.CHANGEABLE | {NeedStatus.WITHDRAWN})
    assert Walk().tell(WITHDRAWN) == ["withdrawn: change by commissioner: is withdrawn, not None"]


@pytest.mark.usefixtures("database")
def test_control_a_use_case_that_does_not_ask_who_may_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "require", lambda *_: None)
    assert "published: withdraw_need by approver: went through" in Walk().tell(PUBLISHED)


@pytest.mark.usefixtures("database")
def test_control_a_move_that_the_audit_trail_does_not_tell_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    record = audit.record

    def forgetful(session: Session, actor: Actor, event: str, subject: Base, **data: Any) -> None:
        if event != "need withdrawn":
            record(session, actor, event, subject, **data)

    monkeypatch.setattr(audit, "record", forgetful)
    assert Walk().tell(PUBLISHED) == ["published: withdraw_need by commissioner: is recorded as [] only"]
