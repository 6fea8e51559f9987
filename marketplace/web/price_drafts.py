"""The drafts of a provider's prices: what each changes, which to publish, and a last look before they are."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.price_drafts import DraftsSchema
from marketplace.services import price_drafts
from marketplace.services.price_drafts import DraftSummary
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import counted

bp = Blueprint("price_drafts", __name__)


@bp.get("/schedules/drafts")
def index() -> ResponseReturnValue:
    """Each draft with what it changes against what is published; those that a file gave, and that are ready, ticked."""
    with transaction(actor()) as session:
        form = forms.shown()
        drafts = price_drafts.list_drafts(session, actor(), provider_id=actor().organisation_id or 0, on=today())
        ticked = request.form.getlist("drafts") if form.errors else [_tick(row) for row in drafts if _is_of_file(row)]
        return render_template("price_drafts/index.html", form=form, drafts=drafts, ticked=ticked, tick=_tick)


@bp.post("/schedules/drafts")
@forms.redisplay(index)
def post_confirm() -> ResponseReturnValue:
    """What is about to be published, for a last look. Nothing is changed yet."""
    chosen = forms.read(DraftsSchema)["drafts"]
    with transaction(actor()) as session:
        drafts = price_drafts.list_drafts(
            session, actor(), provider_id=actor().organisation_id or 0, on=today(), only=chosen
        )
        seen = [(row, f"{row.draft.id}:{chosen[row.draft.id]}") for row in drafts]
        return render_template(
            "price_drafts/confirm.html", drafts=seen, count=sum(row.changes.prices for row in drafts)
        )


@bp.post("/schedules/drafts/publish")
@forms.redisplay(index)
def post_publish() -> ResponseReturnValue:
    """Publish the drafts that the last look showed, all of them or none."""
    form = forms.read(DraftsSchema)
    with transaction(actor()) as session:
        count = len(price_drafts.publish_drafts(session, actor(), **form, on=today()))
    flash(f"Published: the prices of {counted(count, 'setting')}. Existing awards keep their price.", "success")
    return redirect(url_for("schedules.index"))


def _tick(row: DraftSummary) -> str:
    """The value of a draft's tick box."""
    return f"{row.draft.id}:{row.draft.edit}"


def _is_of_file(row: DraftSummary) -> bool:
    return row.is_ready and row.draft.uploaded_at is not None
