"""Drafts of frameworks: from a file, as a copy, as the text of their file; and what is removed again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.adoption import DraftTextSchema
from marketplace.schemas.base import VersionSchema
from marketplace.services import drafts, framework_drafts, frameworks
from marketplace.web import adoption, forms
from marketplace.web.current import actor
from pricing.framework import DEMONSTRATION_FRAMEWORK

bp = Blueprint("framework_drafts", __name__, url_prefix="/frameworks")


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Take a file, or its text; where something is wrong in it, everything that is, and the text to put right here."""
    form = adoption.form_of_file("framework")
    with transaction(actor()) as session:
        found = frameworks.list_frameworks(session, actor(), on=today())
        return render_template(
            "adoption/new.html",
            form=form,
            errors=adoption.faults(form),
            noun="framework",
            index=url_for("frameworks.index"),
            keep=url_for("framework_drafts.post_new"),
            others=found.in_force + found.to_come,
            example=DEMONSTRATION_FRAMEWORK.read_text("utf-8"),
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Keep a draft from a file; nothing where there is a fault."""
    content = drafts.parsed(adoption.sent_text("framework"))
    with transaction(actor()) as session:
        row = framework_drafts.draft_framework(session, actor(), content=content)
    flash("Kept as a draft. Nobody else sees it until you open it for consultation.", "success")
    return redirect(url_for("frameworks.show", framework_id=row.id))


@bp.post("/<int:framework_id>/copy")
def post_copy(framework_id: int) -> ResponseReturnValue:
    """Start a draft as a copy of a framework."""
    with transaction(actor()) as session:
        row = framework_drafts.copy_framework(session, actor(), framework_id=framework_id)
    flash("Copied into a draft, one version on and a year later. Nobody else sees it.", "success")
    return redirect(url_for("framework_drafts.edit", framework_id=row.id))


@bp.get("/<int:framework_id>/edit")
def edit(framework_id: int) -> ResponseReturnValue:
    """The text of a draft's file; after a stale save, with what it holds now above what was typed."""
    with transaction(actor()) as session:
        row = framework_drafts.find_own(session, actor(), framework_id)
        kept = frameworks.text_of(row)
        form = forms.shown({"text": kept})
        if not drafts.is_draft(row) and not form.errors:
            return redirect(url_for("frameworks.show", framework_id=framework_id))
        return render_template(
            "frameworks/edit.html", row=row, form=form, errors=adoption.faults(form) or None, kept=kept
        )


@bp.post("/<int:framework_id>/edit")
@forms.redisplay(edit)
def post_edit(framework_id: int) -> ResponseReturnValue:
    """Save a draft."""
    form = forms.read(DraftTextSchema)
    content = drafts.parsed(form.pop("text"))
    with transaction(actor()) as session:
        framework_drafts.save_framework(session, actor(), framework_id=framework_id, **form, content=content)
    flash("The draft is saved. Nobody else sees it until you open it for consultation.", "success")
    return redirect(url_for("frameworks.show", framework_id=framework_id))


@bp.get("/<int:framework_id>/remove")
def remove(framework_id: int) -> ResponseReturnValue:
    """Ask whether a draft is to go."""
    with transaction(actor()) as session:
        row = framework_drafts.find_own(session, actor(), framework_id)
        return render_template("adoption/remove.html", row=row, form=forms.shown())


@bp.post("/<int:framework_id>/remove")
@forms.redisplay(remove)
def post_remove(framework_id: int) -> ResponseReturnValue:
    """Remove a draft."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        framework_drafts.remove_framework(session, actor(), framework_id=framework_id, **form)
    flash("The draft is removed.", "success")
    return redirect(url_for("frameworks.index"))
