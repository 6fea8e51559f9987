"""Opening a framework for consultation, for longer, and adopting it: each with a page that says what will happen."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import TariffStatus, today
from marketplace.permissions import can_adopt_tariff, require
from marketplace.schemas.adoption import ConsultationSchema
from marketplace.schemas.base import VersionSchema
from marketplace.services import adoption, comments, drafts, framework_adoption, framework_drafts, frameworks
from marketplace.services.band_changes import band_changes
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import day
from marketplace.web.frameworks import drawn

bp = Blueprint("framework_adoption", __name__, url_prefix="/frameworks/<int:framework_id>")


@bp.get("/consult")
def consult(framework_id: int) -> ResponseReturnValue:
    """Until when? And who will see it."""
    with transaction(actor()) as session:
        row = framework_drafts.find_own(session, actor(), framework_id)
        if not drafts.is_draft(row):
            return redirect(url_for("frameworks.show", framework_id=framework_id))
        return render_template(
            "frameworks/consult.html",
            **drawn(row),
            changes=band_changes(session, row),
            form=forms.shown(),
            obstacles=adoption.start_obstacles(session, row, on=today()),
        )


@bp.post("/consult")
@forms.redisplay(consult)
def post_consult(framework_id: int) -> ResponseReturnValue:
    """Open the draft to comments."""
    form = forms.read(ConsultationSchema)
    with transaction(actor()) as session:
        row = framework_adoption.open_consultation(session, actor(), framework_id=framework_id, **form, on=today())
    flash(f"Open for consultation until {day(row.closes_on or today())}. It no longer changes.", "success")
    return redirect(url_for("frameworks.show", framework_id=framework_id))


@bp.get("/extend")
def extend(framework_id: int) -> ResponseReturnValue:
    """Until which later day?"""
    with transaction(actor()) as session:
        row = framework_drafts.find_own(session, actor(), framework_id)
        if not adoption.may_stay_open(row, on=today()):
            return redirect(url_for("frameworks.show", framework_id=framework_id))
        return render_template(
            "adoption/extend.html",
            row=row,
            form=forms.shown(),
            is_open=adoption.is_open(row, on=today()),
            latest=adoption.latest_closing(row),
        )


@bp.post("/extend")
@forms.redisplay(extend)
def post_extend(framework_id: int) -> ResponseReturnValue:
    """Keep the consultation open, or open it again."""
    form = forms.read(ConsultationSchema)
    with transaction(actor()) as session:
        row = framework_adoption.extend_consultation(session, actor(), framework_id=framework_id, **form, on=today())
    flash(f"Providers may comment until {day(row.closes_on or today())}.", "success")
    return redirect(url_for("frameworks.show", framework_id=framework_id))


@bp.get("/adopt")
def adopt(framework_id: int) -> ResponseReturnValue:
    """What adopting it does, what is in the way, and what providers said, before it is done."""
    person = actor()
    with transaction(person) as session:
        row = frameworks.find_framework(session, framework_id)
        require(can_adopt_tariff(person, row.owner_id), "adopt a framework")
        if row.status is not TariffStatus.IN_CONSULTATION:
            return redirect(url_for("frameworks.show", framework_id=framework_id))
        before, _ = adoption.neighbours(session, row)
        return render_template(
            "frameworks/adopt.html",
            **drawn(row),
            changes=band_changes(session, row),
            form=forms.shown(),
            before=before,
            opinions=comments.opinions(session, row),
            obstacles=framework_adoption.obstacles(session, person, row, on=today()),
        )


@bp.post("/adopt")
@forms.redisplay(adopt)
def post_adopt(framework_id: int) -> ResponseReturnValue:
    """Adopt it."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        row = framework_adoption.adopt_framework(session, actor(), framework_id=framework_id, **form, on=today())
    flash(f"Adopted. It is in force from {day(row.starts_on)}; until then nothing changes.", "success")
    return redirect(url_for("frameworks.show", framework_id=framework_id))
