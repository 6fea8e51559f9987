"""Documents about a pupil: added by the LA, handed out by a post that is recorded, removed for good."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import now
from marketplace.permissions import can_keep_identity, require
from marketplace.schemas.identities import DocumentSchema
from marketplace.services import documents
from marketplace.services.needs import find_need
from marketplace.web import forms, uploads
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("documents", __name__)

CHOOSE = "Choose the document: a PDF."


@bp.get("/needs/<int:need_id>/documents/new")
def new(need_id: int) -> ResponseReturnValue:
    """Choose a PDF, and say what it is."""
    with transaction(actor()) as session:
        need = find_need(session, need_id)
        require(can_keep_identity(actor(), need.authority_id), "add a document")
        return render_template(
            "documents/new.html",
            need=need,
            form=forms.shown(),
            kinds=list(vocabulary.DOCUMENT_KINDS.items()),
            megabytes=documents.MOST_BYTES // 10**6,
            most=documents.MOST,
        )


@bp.post("/needs/<int:need_id>/documents/new")
@forms.redisplay(new)
def post_new(need_id: int) -> ResponseReturnValue:
    """Keep it, sealed."""
    form, (name, content) = uploads.read_with_form(DocumentSchema, documents.read_pdf, CHOOSE)
    with transaction(actor()) as session:
        documents.add_document(session, actor(), need_id=need_id, name=name, content=content, at=now(), **form)
    flash("The document is kept, sealed. Settings that are consulted can open it.", "success")
    return redirect(url_for("identities.index", need_id=need_id))


@bp.post("/documents/<int:document_id>/file")
def post_file(document_id: int) -> ResponseReturnValue:
    """The document, to be saved."""
    with transaction(actor()) as session:
        row = documents.open_document(session, actor(), document_id=document_id)
        assert row.content is not None
        return attachment(row.content, row.name, "application/pdf")


@bp.post("/documents/<int:document_id>/confirm")
def post_confirm(document_id: int) -> ResponseReturnValue:
    """Say which, before it is removed for good. A post, because it shows the name."""
    with transaction(actor()) as session:
        row = documents.find_document_to_remove(session, actor(), document_id=document_id)
        return render_template("documents/remove.html", document=row, kinds=vocabulary.DOCUMENT_KINDS)


@bp.post("/documents/<int:document_id>/remove")
def post_remove(document_id: int) -> ResponseReturnValue:
    """Remove it."""
    with transaction(actor()) as session:
        need_id = documents.remove_document(session, actor(), document_id=document_id, at=now()).need_id
    flash("The document is removed. Nobody can open it any more.", "success")
    return redirect(url_for("identities.index", need_id=need_id))
