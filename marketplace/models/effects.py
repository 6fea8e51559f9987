"""Effects: that a form was acted upon, so that the same form sent again has no second effect but the same answer."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.models.base import Base, Instant, now


class Effect(Base):
    """One form that was acted upon, written in the transaction of the act. `key` is the form's own, made when the page
    was drawn; `digest` is of what was sent; `location` is where the answer led, once it was known; `answer` what it
    said, of a request of a system: ids and versions only."""

    __tablename__ = "effects"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    endpoint: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256, hexadecimal
    at: Mapped[Instant] = mapped_column(default=now, index=True)
    location: Mapped[str | None] = mapped_column(String(400))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
