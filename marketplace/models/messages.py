"""The outbox: mail that somebody is owed, written in the transaction of the act that it tells of, sent by a worker."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.models.base import Base, Id, Instant, by_value, now
from marketplace.models.users import User


class MessageStatus(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # given up: refused for good, or after many tries
    DROPPED = "dropped"  # not sent, since what it tells is over, or the person has left


class Message(Base):
    """One e-mail to one person. Only what it is about is kept (`template`, and the id of the subject); address and
    words are found when it is sent. `key` says what it tells, so that nobody is told twice. Until `taken_until` it is
    in the hands of one worker; where that one died, of the next after it."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        CheckConstraint("tries >= 0", name="tries"),
        CheckConstraint("status NOT IN ('failed', 'dropped') OR error IS NOT NULL", name="error"),
        CheckConstraint("status = 'queued' OR taken_until IS NULL", name="taken_until"),
    )

    TASK = "deliver_message"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    template: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)  # of the consultation, award, run … as the template says
    status: Mapped[MessageStatus] = mapped_column(by_value(MessageStatus, "status"), default=MessageStatus.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant] = mapped_column(default=now)
    taken_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str | None] = mapped_column(String(200))  # why it was not sent; never an address

    user: Mapped[User] = relationship()
