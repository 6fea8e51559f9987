"""Consultations, as either side reads its own. To read one here is not to open it: what was seen, the pages know."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import amount, day, instant, money, number, text
from marketplace.api.pages import page_of, paged
from marketplace.db import transaction
from marketplace.models import Consultation, ConsultationStatus, Offer, today
from marketplace.schemas.consultations import ConsultationsQuerySchema
from marketplace.services.consultation_list import Filters, list_consultations
from marketplace.services.consultation_steps import find_consultation

bp = Blueprint("consultations", __name__, url_prefix="/consultations", description="Who was asked, and the replies")


class OfferSchema(Schema):
    """That the setting can meet the need, at its published price; `variation` is what it asks beside that."""

    provision_id = number()
    band = text()
    starts_on = day()
    hours_a_week = amount(is_null=True)
    schedule_id = number()
    price = money()
    variation = fields.Integer(required=True, metadata={"description": "whole pence, may be below 0"})
    variation_reason = text(is_null=True)
    note = text(is_null=True)
    held_until = instant(is_null=True)


class ReasonSchema(Schema):
    """One coded reason for which the setting says that it cannot meet the need."""

    code = text()
    words = text()


class ListedConsultationSchema(Schema):
    """A consultation in a list. The reply is due at the end of `due_on`."""

    id = number()
    version = number()
    need_id = number()
    authority_id = number()
    setting_id = number()
    provider_id = number()
    provision_id = number()
    status = text()
    sent_at = instant()
    due_on = day()
    seen_at = instant(is_null=True)
    replied_at = instant(is_null=True)
    ended_at = instant(is_null=True)


class ConsultationSchema(ListedConsultationSchema):
    """A consultation with its reply: an offer, or reasons, or neither yet."""

    offer = fields.Nested(OfferSchema, required=True, allow_none=True)
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)


@bp.get("")
@bp.asks(ConsultationsQuerySchema)
@bp.shows(paged(ListedConsultationSchema))
def index(asked: dict[str, Any]) -> dict[str, Any]:
    """The consultations of this token's owner, by what is due; those that are open, unless a status is asked for."""
    with transaction(actor()) as session:
        found = list_consultations(
            session,
            on=today(),
            filters=Filters(
                statuses=tuple(map(ConsultationStatus, asked["status"])),
                is_overdue=asked["overdue"],
                is_seen=None if asked["seen"] is None else asked["seen"] == "yes",
            ),
            page=asked["page"],
        )
        rows = [_shape(row) for group in found.groups.values() for row in group]
        return page_of(rows, page=found.page, pages=found.pages, count=found.count)


@bp.get("/<int:consultation_id>")
@bp.shows(ConsultationSchema)
def show(consultation_id: int) -> dict[str, Any]:
    """One consultation with its reply."""
    with transaction(actor()) as session:
        row = find_consultation(session, consultation_id)
        reasons = [{"code": reason.code, "words": reason.words} for reason in row.reasons]
        return _shape(row) | {"offer": _offer(row.offer), "reasons": reasons}


def _shape(row: Consultation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ListedConsultationSchema._declared_fields}


def _offer(row: Offer | None) -> dict[str, Any] | None:
    return {name: getattr(row, name) for name in OfferSchema._declared_fields} if row else None
