"""Replies: what a setting answers a consultation. It can meet the need, from when and at which published price; or says
that it is full; or cannot, with a reason for each of which the LA must answer.

It must never let a setting type a price: the price is its published one, and what is asked beside it is a variation
with a reason.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.db import as_system
from marketplace.errors import Invalid, InvalidTransition, NoRoom
from marketplace.models import (
    OPEN_CONSULTATIONS,
    Band,
    Consultation,
    ConsultationStatus,
    Kind,
    Offer,
    Provision,
    RefusalCode,
    RefusalReason,
)
from marketplace.permissions import Actor, can_reply, require
from marketplace.services import capacity
from marketplace.services.consultation_steps import (
    find_consultation,
    lock_consultation,
    move,
    require_fresh,
    settle_need,
    tell_authority,
)
from marketplace.services.published_prices import published_price
from marketplace.vocabulary import in_words

HELD_FOR = timedelta(days=15)
LONGEST_AHEAD = timedelta(days=2 * 366)


def offer(
    session: Session,
    actor: Actor,
    *,
    consultation_id: int,
    version: int,
    provision_id: int,
    band: Band,
    starts_on: date,
    variation: int = 0,
    variation_reason: str | None = None,
    note: str | None = None,
    is_held: bool = False,
    at: datetime,
    on: date,
) -> Consultation:
    """Offer a place: the price is that of the schedule in force on the first day. `is_held` keeps a place for this
    pupil for 15 days. Raises Invalid, by field, also where a place shall be kept and none is free; Stale;
    InvalidTransition where the LA waits for no reply any more."""
    row = _lock_to_reply(session, actor, consultation_id, version)
    made = drawn_offer(
        session,
        row,
        provision_id=provision_id,
        band=band,
        starts_on=starts_on,
        variation=variation,
        variation_reason=variation_reason,
        note=note,
        is_held=is_held,
        at=at,
        on=on,
    )
    _clear(session, actor, row, at=at)
    move(row, ConsultationStatus.OFFERED)
    row.offer = made
    if is_held:
        _hold(session, actor, row, made)
    _replied(session, actor, row, "offer made", at=at, band=band, price=made.price, variation=variation)
    return row


def drawn_offer(
    session: Session,
    row: Consultation,
    *,
    provision_id: int,
    band: Band,
    starts_on: date,
    variation: int = 0,
    variation_reason: str | None = None,
    note: str | None = None,
    is_held: bool = False,
    at: datetime,
    on: date,
) -> Offer:
    """The offer as it would be made, to be looked at first: nothing is kept. Raises Invalid, by field."""
    provision = session.get(Provision, provision_id)
    if provision is None or provision.setting_id != row.setting_id:
        raise Invalid({"provision_id": ["Choose one of this setting's provisions."]})
    if not on <= starts_on <= on + LONGEST_AHEAD:
        raise Invalid({"starts_on": ["Enter a day from today on, within the next two years. Check the year."]})
    found = published_price(session, provision, band, on=starts_on)
    if found is None:
        words = f"{provision.name} has no published price for this band on {in_words(starts_on)}. Publish one first."
        raise Invalid({"provision_id": [words]})
    if found.fee + variation < 0:
        raise Invalid({"variation": ["This takes more off than the price is."]})
    if variation and not variation_reason:
        raise Invalid({"variation_reason": ["Say why another amount than the published price is asked for."]})
    return Offer(
        provision=provision,
        band=band,
        starts_on=starts_on,
        hours_a_week=found.hours_a_week if provision.kind is Kind.OUTREACH else None,
        schedule_id=found.schedule_id,
        lines=found.lines,
        price=found.fee,
        variation=variation,
        variation_reason=variation_reason if variation else None,
        note=note,
        held_until=at + HELD_FOR if is_held else None,
    )


def refuse(
    session: Session,
    actor: Actor,
    *,
    consultation_id: int,
    version: int,
    reasons: Mapping[RefusalCode, str],
    at: datetime,
) -> Consultation:
    """Say that the need cannot be met, with each reason; or, by RefusalCode.FULL alone, that there is no place now,
    which in law is no refusal. Raises Invalid, by field."""
    row = _lock_to_reply(session, actor, consultation_id, version)
    if not reasons:
        raise Invalid({"reasons": ["Choose at least one reason."]})
    if RefusalCode.FULL in reasons and len(reasons) > 1:
        words = "“Full” is no reason in law beside others. Leave it out, or give it alone."
        raise Invalid({"reasons": [words]})
    wordless = [code for code, words in reasons.items() if not words.strip() and code is not RefusalCode.FULL]
    if wordless:
        raise Invalid({f"reasons-{code}": ["Say why, in your own words."] for code in wordless})
    _clear(session, actor, row, at=at)
    move(row, ConsultationStatus.FULL if RefusalCode.FULL in reasons else ConsultationStatus.REFUSED)
    row.reasons = [RefusalReason(code=code, words=reasons[code]) for code in RefusalCode if code in reasons]
    event = "setting full" if row.status is ConsultationStatus.FULL else "need refused"
    _replied(session, actor, row, event, at=at, reasons=sorted(reasons))
    return row


def find_to_reply(session: Session, actor: Actor, *, consultation_id: int, version: int) -> Consultation:
    """A consultation that the actor may reply to, as it was when the page was opened. Raises NotFound, NotPermitted,
    Stale, and InvalidTransition where the LA waits for no reply any more."""
    row = find_consultation(session, consultation_id)
    _require_repliable(actor, row, version)
    return row


def _lock_to_reply(session: Session, actor: Actor, consultation_id: int, version: int) -> Consultation:
    row = lock_consultation(session, actor, consultation_id)
    _require_repliable(actor, row, version)
    return row


def _require_repliable(actor: Actor, row: Consultation, version: int) -> None:
    require(can_reply(actor, row.provider_id), "reply to a consultation")
    require_fresh(row, version)
    if row.status not in OPEN_CONSULTATIONS:
        raise InvalidTransition(f"This consultation is {row.status}: the authority waits for no reply any more.")


def _clear(session: Session, actor: Actor, row: Consultation, *, at: datetime) -> None:
    """Take back what was replied before; there is a reply from now on."""
    row.replied_at = at
    row.seen_at = row.seen_at or at
    capacity.free(session, actor, subject=row, at=at)
    row.offer = None
    row.reasons = []
    session.flush()


def _hold(session: Session, actor: Actor, row: Consultation, made: Offer) -> None:
    try:
        capacity.take(
            session,
            actor,
            provision=made.provision,
            year_group=row.brief["year_group"],
            on=made.starts_on,
            amount=capacity.use_of(made.provision, hours_a_week=made.hours_a_week),
            authority_id=row.authority_id,
            subject=row,
            held_until=made.held_until,
        )
    except NoRoom as error:
        raise Invalid(
            {"is_held": [f"{error} State your vacancies first, or offer without keeping a place."]}
        ) from error


def _replied(session: Session, actor: Actor, row: Consultation, event: str, *, at: datetime, **data: Any) -> None:
    told = {name: str(value) if isinstance(value, Decimal) else value for name, value in data.items()}
    audit.record(session, actor, event, row, need_id=row.need_id, **told)
    with as_system(session, actor):
        settle_need(session, row.need)
    tell_authority(session, actor, row, f"reply_{row.status}", f"replied {at.isoformat()}")
