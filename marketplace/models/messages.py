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
    FAILED = "failed"  # given up after many tries


class Message(Base):
    """One e-mail to one person. Only what it is about is kept (`template`, and the id of the subject); address and
    words are found when it is sent. `key` says what it tells, so that nobody is told twice."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        CheckConstraint("tries >= 0", name="tries"),
    )

    TASK = "deliver_message"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    template: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)  # of the consultation, award or placement
    status: Mapped[MessageStatus] = mapped_column(by_value(MessageStatus, "status"), default=MessageStatus.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Instant] = mapped_column(default=now)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str | None] = mapped_column(String(200))  # the server's code, never an address

    user: Mapped[User] = relationship()
