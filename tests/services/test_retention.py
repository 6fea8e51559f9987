"""What is kept for a time goes when it is over, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Effect, Message, MessageStatus
from marketplace.services.retention import EFFECTS_FOR, MESSAGES_FOR, forget
from tests import builders

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def test_forms_that_were_acted_upon_are_known_for_two_days(session: Session) -> None:
    for name, at in {"old": AT - EFFECTS_FOR - MOMENT, "new": AT - EFFECTS_FOR}.items():
        session.add(Effect(key=name, endpoint="x", digest="x", at=at))
    session.flush()
    assert forget(session, at=AT) == 1
    assert session.scalars(select(Effect.key)).all() == ["new"]
    assert timedelta(hours=48) == EFFECTS_FOR


@pytest.mark.parametrize("status", [each for each in MessageStatus if each is not MessageStatus.QUEUED])
def test_messages_that_have_come_to_an_end_are_kept_for_ninety_days(session: Session, status: MessageStatus) -> None:
    user = builders.user(session, builders.authority(session))
    about = {"user": user, "template": "award_made", "subject_id": 1, "status": status}
    about |= {"sent_at": AT} if status is MessageStatus.SENT else {"error": "550 to the address"}
    for name, at in {"old": AT - MESSAGES_FOR - MOMENT, "new": AT - MESSAGES_FOR}.items():
        session.add(Message(key=name, created_at=at, **about))
    session.flush()
    assert forget(session, at=AT) == 1
    assert session.scalars(select(Message.key)).all() == ["new"]


def test_a_message_that_is_owed_is_never_forgotten(session: Session) -> None:
    user = builders.user(session, builders.authority(session))
    session.add(Message(key="old", user=user, template="award_made", subject_id=1, created_at=AT - timedelta(days=999)))
    session.flush()
    assert forget(session, at=AT) == 0
