"""Drafts of tariffs: from a file, as a copy, on a form; and what is removed again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.tariffs import TariffSchema
from marketplace.services import drafts, tariff_drafts, tariffs
from marketplace.web import adoption, forms, tariff_tables
from marketplace.web.current import actor
from pricing.tariff import DEMONSTRATION_TARIFF

bp = Blueprint("tariff_drafts", __name__, url_prefix="/tariffs")


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Take a file, or its text; where something is wrong in it, everything that is, and the text to put right here."""
    form = adoption.form_of_file("tariff")
    with transaction(actor()) as session:
        found = tariffs.list_tariffs(session, actor(), on=today())
        return render_template(
            "adoption/new.html",
            form=form,
            errors=adoption.faults(form),
            noun="tariff",
            index=url_for("tariffs.index"),
            keep=url_for("tariff_drafts.post_new"),
            others=found.in_force + found.to_come,
            example=DEMONSTRATION_TARIFF.read_text("utf-8"),
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Keep a draft from a file; nothing where there is a fault."""
    content = drafts.parsed(adoption.sent_text("tariff"))
    with transaction(actor()) as session:
        row = tariff_drafts.draft_tariff(session, actor(), content=content)
    flash("Kept as a draft. Nobody else sees it until you open it for consultation.", "success")
    return redirect(url_for("tariffs.show", tariff_id=row.id))


@bp.post("/<int:tariff_id>/copy")
def post_copy(tariff_id: int) -> ResponseReturnValue:
    """Start a draft as a copy of a tariff."""
    with transaction(actor()) as session:
        row = tariff_drafts.copy_tariff(session, actor(), tariff_id=tariff_id)
    flash("Copied into a draft of your own, one version on and a year later. Nobody else sees it.", "success")
    return redirect(url_for("tariff_drafts.edit", tariff_id=row.id))


@bp.get("/<int:tariff_id>/edit")
def edit(tariff_id: int) -> ResponseReturnValue:
    """The prices of a draft in boxes; after a stale save, with what it holds now beside what was typed."""
    with transaction(actor()) as session:
        row = tariff_drafts.find_own(session, actor(), tariff_id)
        form = forms.shown(tariff_tables.boxes(row))
        if not drafts.is_draft(row) and not form.errors:
            return redirect(url_for("tariffs.show", tariff_id=tariff_id))
        form.errors = {tariff_tables.box_of(place): words for place, words in form.errors.items()}
        return render_template("tariffs/edit.html", row=row, form=form, kept=tariff_tables.boxes(row), words=vocabulary)


@bp.post("/<int:tariff_id>/edit")
@forms.redisplay(edit)
def post_edit(tariff_id: int) -> ResponseReturnValue:
    """Save a draft."""
    form = forms.read(TariffSchema)
    with transaction(actor()) as session:
        tariff_drafts.save_tariff(session, actor(), tariff_id=tariff_id, **form)
    flash("The draft is saved. Nobody else sees it until you open it for consultation.", "success")
    return redirect(url_for("tariffs.show", tariff_id=tariff_id))


@bp.get("/<int:tariff_id>/remove")
def remove(tariff_id: int) -> ResponseReturnValue:
    """Ask whether a draft is to go."""
    with transaction(actor()) as session:
        row = tariff_drafts.find_own(session, actor(), tariff_id)
        return render_template("adoption/remove.html", row=row, form=forms.shown())


@bp.post("/<int:tariff_id>/remove")
@forms.redisplay(remove)
def post_remove(tariff_id: int) -> ResponseReturnValue:
    """Remove a draft."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        tariff_drafts.remove_tariff(session, actor(), tariff_id=tariff_id, **form)
    flash("The draft is removed.", "success")
    return redirect(url_for("tariffs.index"))
