"""How often something was tried, counted in our own database, so that all web processes count together."""

import hashlib
from datetime import timedelta

from limits.storage import Storage
from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.db import transaction
from marketplace.models import RateLimit, now
from marketplace.permissions import SYSTEM

URI = "marketplace://"  # by which a limiter asks for this storage


class DatabaseStorage(Storage):
    """Fixed windows in the table `rate_limits`. Each call is a transaction of its own, so that a refused sign-in, whose
    own transaction is rolled back, is counted all the same."""

    STORAGE_SCHEME = ["marketplace"]  # noqa: RUF012 - the form that the library asks for

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """None: a database that is down is told as everywhere else."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter, or begin its window anew when the last one is over; returns the count."""
        at = now()
        is_over = RateLimit.expires_at <= at
        first = insert(RateLimit).values(key=_digest(key), count=amount, expires_at=at + timedelta(seconds=expiry))
        add = first.on_conflict_do_update(
            index_elements=[RateLimit.key],
            set_={
                "count": case((is_over, amount), else_=RateLimit.count + amount),
                "expires_at": case((is_over, first.excluded.expires_at), else_=RateLimit.expires_at),
            },
        )
        with transaction(SYSTEM) as session:
            session.execute(delete(RateLimit).where(RateLimit.expires_at < at - timedelta(days=1)))
            return int(session.scalar(add.returning(RateLimit.count)) or 0)

    def get(self, key: str) -> int:
        """The count of the window that runs."""
        live = select(RateLimit.count).where(RateLimit.key == _digest(key), RateLimit.expires_at > now())
        with transaction(SYSTEM) as session:
            return session.scalar(live) or 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since the epoch."""
        with transaction(SYSTEM) as session:
            ends = session.scalar(select(RateLimit.expires_at).where(RateLimit.key == _digest(key)))
        return (ends or now()).timestamp()

    def check(self) -> bool:
        """Whether the counters can be read."""
        self.get("check")
        return True

    def reset(self) -> int | None:
        """Forget all counters."""
        with transaction(SYSTEM) as session:
            return len(session.scalars(delete(RateLimit).returning(RateLimit.key)).all())

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with transaction(SYSTEM) as session:
            session.execute(delete(RateLimit).where(RateLimit.key == _digest(key)))


def _digest(key: str) -> str:
    # A key may hold an e-mail or network address; the table need not.
    return hashlib.sha256(key.encode()).hexdigest()
