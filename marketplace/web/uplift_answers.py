"""Each LA's answer to an agreement, for itself, and the letters as PDF."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import now
from marketplace.schemas.uplifts import AnswerSchema
from marketplace.services import uplift_answers, uplifts
from marketplace.services.uplift_answers import count_key, own_counts
from marketplace.web import forms, uplift_tables
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.uplifts import Acts

bp = Blueprint("uplift_answers", __name__)


@bp.get("/uplifts/<int:uplift_id>/answer")
def answer(uplift_id: int) -> ResponseReturnValue:
    """What was agreed, and the authority's own placements to correct."""
    with transaction(actor()) as session:
        uplift = uplifts.find_uplift(session, uplift_id)
        if not Acts.of(uplift).answer:
            return redirect(url_for("uplifts.show", uplift_id=uplift_id))
        counts = own_counts(session, actor(), uplift)
        fees = {
            (row.id, band): (before, after)
            for row, band, before, after, _ in uplift_tables.agreed_fees(session, uplift)
        }
        kept = {f"counts-{count_key(row)}": row.placements for row in counts}
        return render_template(
            "uplifts/answer.html",
            uplift=uplift,
            counts=[(f"counts-{count_key(row)}", row, fees[row.provision_id, row.band]) for row in counts],
            form=forms.shown(kept),
        )


@bp.post("/uplifts/<int:uplift_id>/answer")
@forms.redisplay(answer)
def post_answer(uplift_id: int) -> ResponseReturnValue:
    """Accept or decline for the authority; its letter is there at once."""
    form = forms.read(AnswerSchema)
    with transaction(actor()) as session:
        uplift_answers.answer_uplift(session, actor(), uplift_id=uplift_id, **form, at=now())
    done = "Accepted" if form["is_accepted"] else "Declined"
    flash(f"{done} for {actor().organisation} alone. The provider reads it, and the letter is on this page.", "success")
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


@bp.get("/uplifts/<int:uplift_id>/answers/<int:authority_id>/letter.pdf")
def letter(uplift_id: int, authority_id: int) -> ResponseReturnValue:
    """The letter of one authority's answer."""
    with transaction(actor()) as session:
        content = uplift_answers.letter_of_answer(session, uplift_id=uplift_id, authority_id=authority_id)
    return attachment(content, f"uplift-{uplift_id}-answer-{authority_id}.pdf")


@bp.get("/uplifts/<int:uplift_id>/agreement.pdf")
def agreement(uplift_id: int) -> ResponseReturnValue:
    """The letter of the agreement."""
    with transaction(actor()) as session:
        content = uplift_answers.letter_of_agreement(session, uplift_id=uplift_id)
    return attachment(content, f"uplift-{uplift_id}-agreement.pdf")
