"""Documents about a pupil: PDFs that the LA adds, sealed, handed out by id to those who may open who the pupil is.

It must never hand one out without a record, and never keep the content of one that was removed.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition, NotFound
from marketplace.models import Document, DocumentKind, NeedStatus
from marketplace.permissions import Actor, can_keep_identity, require
from marketplace.services.consultation_steps import lock_need
from marketplace.services.file_names import safe_name
from marketplace.services.identities import READ, find_footing
from marketplace.services.needs import find_need

MOST_BYTES = 10_000_000  # also a constraint
MOST = 40  # documents about one pupil
START = b"%PDF-"


def read_pdf(path: Path, name: str) -> tuple[str, bytes]:
    """The safe name and the content of a PDF that was sent. Raises Invalid that says what it is instead."""
    size = path.stat().st_size
    if not name.lower().endswith(".pdf"):
        raise Invalid({"file": ["Choose a PDF: a file whose name ends in .pdf. Save other documents as PDF first."]})
    if size > MOST_BYTES:
        raise Invalid({"file": [f"This file has {size / 1e6:.1f} MB. The most is {MOST_BYTES // 10**6} MB."]})
    content = path.read_bytes()
    if not content.startswith(START):
        words = "is empty" if not content else "is not a PDF, whatever its name says"
        raise Invalid({"file": [f"This file {words}. Open it, save it as PDF, and choose that."]})
    return safe_name(name, "pdf"), content


def add_document(
    session: Session, actor: Actor, *, need_id: int, kind: DocumentKind, name: str, content: bytes, at: datetime
) -> Document:
    """Keep a PDF about the pupil of a need. Raises Invalid where there are as many as there may be,
    InvalidTransition once the need is withdrawn."""
    need = lock_need(session, need_id)
    require(can_keep_identity(actor, need.authority_id), "add a document")
    if need.status is NeedStatus.WITHDRAWN:
        raise InvalidTransition("This need is withdrawn, so no document is added any more.")
    live = (Document.need_id == need_id, Document.removed_at.is_(None))
    if session.scalars(select(func.count()).select_from(Document).where(*live)).one() >= MOST:
        raise Invalid({"file": [f"There are {MOST} documents already. Remove one first."]})
    row = Document(
        need_id=need_id,
        authority_id=need.authority_id,
        kind=kind,
        name=name,
        content=content,
        size=len(content),
        added_at=at,
        added_by_id=actor.user_id,
    )
    session.add(row)
    audit.record(session, actor, "document added", need, document_id=row.id, kind=kind, size=row.size)
    return row


def open_document(session: Session, actor: Actor, *, document_id: int) -> Document:
    """A document to be handed out; that it was is recorded. Raises NotFound, NotPermitted."""
    row = find_document(session, document_id)
    find_footing(session, actor, row.need_id)
    audit.record_reading(session, actor, READ, row, need_id=row.need_id)
    return row


def find_document_to_remove(session: Session, actor: Actor, *, document_id: int) -> Document:
    """A document that the actor may remove. Raises NotFound, NotPermitted."""
    row = find_document(session, document_id)
    require(can_keep_identity(actor, row.authority_id), "remove a document")
    return row


def remove_document(session: Session, actor: Actor, *, document_id: int, at: datetime) -> Document:
    """Remove a document for good: that there was one of its kind stays known, its name and content are gone."""
    row = find_document_to_remove(session, actor, document_id=document_id)
    row.name, row.content, row.removed_at = "", None, at
    audit.record(session, actor, "document removed", find_need(session, row.need_id), document_id=row.id, kind=row.kind)
    return row


def find_document(session: Session, document_id: int) -> Document:
    """A document that is not removed and that the actor of this transaction may know of. Raises NotFound."""
    row = session.get(Document, document_id)
    if row is None or row.removed_at is not None:
        raise NotFound("There is no such document.")
    return row
