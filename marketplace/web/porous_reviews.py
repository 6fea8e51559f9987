"""Reviews of a split week: one page on which either side keeps what was said."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import PlacementStatus, now, today
from marketplace.permissions import can_give_notice
from marketplace.schemas.porous_reviews import QUESTIONS, ReviewSchema
from marketplace.services import porous_reviews, porous_versions
from marketplace.services.placement_steps import find_placement
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("porous_reviews", __name__, url_prefix="/placements/<int:placement_id>/reviews")


@bp.get("/new")
def new(placement_id: int) -> ResponseReturnValue:
    """What the pupil, the family and both schools say, and what comes next; with what was said last beside it."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        plan = porous_versions.plan_on(session, placement_id, today())
        may = can_give_notice(actor(), placement.authority_id, placement.provider_id)
        if plan is None or placement.status is PlacementStatus.ENDED or not may:
            return redirect(url_for("placements.show", placement_id=placement_id))
        kept = porous_reviews.reviews_of(session, placement_id)
        year_group = porous_reviews.year_group_of(session, placement)
        return render_template(
            "porous/review.html",
            placement=placement,
            plan=plan,
            last=kept[0] if kept else None,
            form=forms.shown({"day": today(), "next_on": today() + timedelta(weeks=plan.review_weeks)}),
            questions=dict(zip(QUESTIONS, vocabulary.belonging_questions(year_group), strict=True)),
            words=vocabulary,
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new(placement_id: int) -> ResponseReturnValue:
    """Keep it."""
    form = forms.read(ReviewSchema)
    with transaction(actor()) as session:
        review = porous_reviews.keep_review(session, actor(), placement_id=placement_id, **form, on=today(), at=now())
    flash(f"Review {review.number} is kept. {vocabulary.REVIEW_NEXT[review.outcome]}.", "success")
    return redirect(url_for("placements.show", placement_id=placement_id))
