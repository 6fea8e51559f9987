"""Who a pupil is: stated by the LA, kept apart from the need, open to few, and every opening recorded.

Whose it is, the database decides (migration 0019); who of an organisation, the rules. A provider has a footing as long
as its consultation is open or the pupil is placed with it, at every request anew. It must never be opened without a
record, and never stand in a list, a letter, a message or a log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.db import as_system
from marketplace.errors import Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import (
    OPEN_CONSULTATIONS,
    AuditEvent,
    Consultation,
    Document,
    Identity,
    Need,
    NeedStatus,
    Organisation,
    OrganisationKind,
    Placement,
    PlacementStatus,
)
from marketplace.permissions import Actor, can_keep_identity, can_open_identity, require
from marketplace.services.needs import find_need

OLDEST = 26  # years: a plan ends at 25
OPENED, READ = "identity opened", "document opened"
SHOWN = 20  # openings by others, the newest

Footing = Need | Consultation | Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What is known before anything is opened."""

    footing: Footing
    need_id: int
    reference: str
    is_stated: bool
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Who the pupil is, and the documents, the newest last; for the LA also those that were removed, and which
    providers have opened any of it."""

    door: Door
    identity: Identity | None
    documents: Sequence[Document]
    removed: Sequence[Document]
    openings: Sequence[tuple[datetime, str, str]]  # when, which provider, what


def find_footing(session: Session, actor: Actor, need_id: int) -> Footing:
    """By what the actor may open who the pupil of a need is: the need itself for its LA; for a provider the placement
    that runs with it, or the consultation that is open. Raises NotPermitted, NotFound."""
    require(can_open_identity(actor), "open who a pupil is")
    if actor.kind is not OrganisationKind.PROVIDER:
        return find_need(session, need_id)
    placed = select(Placement).where(Placement.status != PlacementStatus.ENDED)
    asked = select(Consultation).where(Consultation.status.in_(OPEN_CONSULTATIONS))
    for model, query in ((Placement, placed), (Consultation, asked)):
        mine = (model.need_id == need_id, model.provider_id == actor.organisation_id)
        row: Footing | None = session.scalar(query.where(*mine).order_by(model.id.desc()).limit(1))
        if row is not None:
            return row
    raise NotFound("There is no such need.")


def door(session: Session, actor: Actor, *, need_id: int) -> Door:
    """What there is to open, without opening it. Raises what find_footing raises."""
    footing = find_footing(session, actor, need_id)
    live = (Document.need_id == need_id, Document.removed_at.is_(None))
    return Door(
        footing=footing,
        need_id=need_id,
        reference=footing.brief["reference"] if isinstance(footing, Consultation) else footing.reference,
        is_stated=session.scalar(select(Identity.need_id).where(Identity.need_id == need_id)) is not None,
        documents=session.scalar(select(func.count()).select_from(Document).where(*live)) or 0,
    )


def open_identity(session: Session, actor: Actor, *, need_id: int) -> Opened:
    """Open who the pupil of a need is, with the names of the documents. That it was opened is recorded. Raises what
    find_footing raises."""
    found = door(session, actor, need_id=need_id)
    documents = session.scalars(
        select(Document).where(Document.need_id == need_id).order_by(Document.added_at, Document.id)
    ).all()
    if found.is_stated or found.documents:
        audit.record_reading(session, actor, OPENED, found.footing, need_id=need_id)
    return Opened(
        door=found,
        identity=session.get(Identity, need_id),
        documents=[row for row in documents if row.removed_at is None],
        removed=[row for row in documents if row.removed_at is not None],
        openings=_openings(session, actor, found.footing) if isinstance(found.footing, Need) else (),
    )


def keep_identity(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    version: int | None,
    name: str,
    birth_date: date,
    upn: str | None,
    family_view: str | None,
    child_view: str | None,
    on: date,
) -> Identity:
    """State, or correct, who the pupil of a need is; `version` is None where nothing was stated yet. Raises Invalid,
    Stale, InvalidTransition once the need is withdrawn."""
    need = find_need(session, need_id)
    require(can_keep_identity(actor, need.authority_id), "state who a pupil is")
    if need.status is NeedStatus.WITHDRAWN:
        raise InvalidTransition("This need is withdrawn, so nothing is stated about the pupil any more.")
    if not _years_before(on, OLDEST) < birth_date <= on:
        raise Invalid({"birth_date": [f"Enter a date of birth in the last {OLDEST} years. Check the year."]})
    row = session.get(Identity, need_id)
    if version != (row.version if row else None):
        raise Stale("Somebody else has changed this since you opened it. Look at what is kept now.")
    stated: dict[str, Any] = {
        "name": name, "birth_date": birth_date, "upn": upn, "family_view": family_view, "child_view": child_view
    }  # fmt: skip
    if row is None:
        row = Identity(need_id=need.id, authority_id=need.authority_id, **stated)
        session.add(row)
        audit.record(session, actor, "identity stated", need)
        return row
    changed = sorted(field for field, value in stated.items() if getattr(row, field) != value)
    for field in changed:
        setattr(row, field, stated[field])
    if changed:
        audit.record(session, actor, "identity changed", need, answers=changed)
    return row


def _years_before(day: date, years: int) -> date:
    """The same day so many years before; of 29 February the day before it, where there is none."""
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _openings(session: Session, actor: Actor, need: Need) -> list[tuple[datetime, str, str]]:
    """Which providers have opened who the pupil is, or a document: the trail of an organisation is its own, but this
    much of it is the LA's business."""
    subjects = [
        and_(
            AuditEvent.subject_type == model.__tablename__,
            AuditEvent.subject_id.in_(select(model.id).where(model.need_id == need.id)),
        )
        for model in (Consultation, Placement, Document)
    ]
    with as_system(session, actor):
        rows = session.execute(
            select(AuditEvent.at, Organisation.name, AuditEvent.event)
            .join(Organisation, Organisation.id == AuditEvent.organisation_id)
            .where(
                AuditEvent.event.in_((OPENED, READ)),
                Organisation.kind == OrganisationKind.PROVIDER,
                or_(*subjects),
            )
            .order_by(AuditEvent.id.desc())
            .limit(SHOWN)
        )
        return [(row.at, row.name, row.event) for row in rows]
