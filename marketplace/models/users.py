"""People, their roles, their sessions, and the counters that slow down a guesser."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.organisations import Organisation


class Role(StrEnum):
    """What a person does. What that allows stands in `marketplace.permissions` only."""

    COMMISSIONER = "commissioner"
    PROVIDER_EDITOR = "provider_editor"
    PROCUREMENT = "procurement"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"


class User(Base):
    """A person of one organisation. The e-mail address is kept in lower case and unique."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email) AND email LIKE '%_@_%'", name="email"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    is_password_temporary: Mapped[bool] = mapped_column(default=False)  # somebody else chose it
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant] = mapped_column(default=now)

    organisation: Mapped[Organisation] = relationship()
    role_rows: Mapped[list["UserRole"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that the person holds."""
        return frozenset(row.role for row in self.role_rows)


class UserRole(Base):
    """One role of one person."""

    __tablename__ = "user_roles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(by_value(Role, "role"), primary_key=True)


class UserSession(Base):
    """A signed-in browser. Only a hash of its token is kept; a revoked or expired row signs nobody in."""

    __tablename__ = "user_sessions"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    created_at: Mapped[Instant] = mapped_column(default=now)
    seen_at: Mapped[Instant] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    user: Mapped[User] = relationship()


class RateLimit(Base):
    """One window of one counter: how often something was tried."""

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[Instant] = mapped_column(index=True)
