"""Tokens by which systems use the API: each acts as its owner, no further than its scopes, until it ends."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Codes, Id, Instant, now
from marketplace.models.users import User

LONGEST_LIFE = 366  # days
PREFIX = 12  # characters of a token by which people know it again


class Scope(StrEnum):
    """What a token may be used for, of what its owner may do."""

    BUDGETS_READ = "budgets:read"
    BUDGETS_WRITE = "budgets:write"
    CAPACITY_READ = "capacity:read"
    CAPACITY_WRITE = "capacity:write"
    CONSULTATIONS_READ = "consultations:read"
    NEEDS_READ = "needs:read"
    NEEDS_WRITE = "needs:write"
    PLACEMENTS_READ = "placements:read"
    PRICES_READ = "prices:read"
    RUNS_READ = "runs:read"
    RUNS_WRITE = "runs:write"


_SCOPES = ", ".join(f"'{scope}'" for scope in Scope)


class ApiToken(Base):
    """One token. Only a hash of it is kept, and its first characters, by which its owner knows it again; a revoked or
    expired one, or one of a disabled account, admits nobody. What it is for never changes: another use is another
    token."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint(f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{_SCOPES}]::varchar[]", name="scopes"),
        CheckConstraint(
            f"expires_at > created_at AND expires_at <= created_at + interval '{LONGEST_LIFE} days'",
            name="expires_at",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))  # what it is for, in its owner's words
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    prefix: Mapped[str] = mapped_column(String(PREFIX))
    scopes: Mapped[Codes]
    created_at: Mapped[Instant] = mapped_column(default=now)
    expires_at: Mapped[Instant]
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # to the minute

    user: Mapped[User] = relationship()

    def holds_at(self, at: datetime) -> bool:
        """Whether it admits its owner at that instant."""
        return self.revoked_at is None and at < self.expires_at and self.user.is_active
