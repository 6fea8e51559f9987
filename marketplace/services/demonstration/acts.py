"""One use case of the demonstration's past, on its day, by the person whose act it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from marketplace.models import User, clock_at
from marketplace.services.people import actor_of

T = TypeVar("T")


def act(session: Session, who: User, day: date, use_case: Callable[..., T], /, **fields: Any) -> T:
    """Do it in the morning of the day, under a held clock, so that rows, trail and ledger agree."""
    with clock_at(morning(day)):
        done = use_case(session, actor_of(who), **fields)
        session.flush()
    return done


def morning(day: date) -> datetime:
    """The moment of a day at which its acts are done."""
    return datetime.combine(day, time(10, 30), UTC)
