"""The steps of an uplift once it is sent, a page and a post for each: answer a proposal, take over or hand over the
negotiation, withdraw, publish what was agreed."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import PriceSchedule, Uplift, now, today
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.uplifts import HandOverSchema, ReplySchema, WithdrawSchema
from marketplace.services import uplift_negotiation, uplift_publication, uplifts
from marketplace.services.uplift_letters import change
from marketplace.services.uplift_prices import draft_of
from marketplace.web import forms, uplift_tables
from marketplace.web.current import actor
from marketplace.web.formats import day
from marketplace.web.uplifts import Acts

bp = Blueprint("uplift_steps", __name__)


@bp.get("/uplifts/<int:uplift_id>/reply")
def reply(uplift_id: int) -> ResponseReturnValue:
    """Agree to the open proposal, or propose another percentage."""
    return _form(uplift_id, "uplifts/reply.html", lambda acts: acts.reply)


@bp.post("/uplifts/<int:uplift_id>/reply")
@forms.redisplay(reply)
def post_reply(uplift_id: int) -> ResponseReturnValue:
    """Take the step."""
    form = forms.read(ReplySchema)
    is_agreed = form.pop("reply") == "agree"
    percent = form.pop("percent")
    with transaction(actor()) as session:
        if is_agreed:
            uplift = uplift_negotiation.agree(session, actor(), uplift_id=uplift_id, **form, at=now())
            by = day(uplift.answer_by) if uplift.answer_by else ""
            flash(f"Agreed. Each authority answers for itself by {by}.", "success")
        else:
            uplift_negotiation.counter(session, actor(), uplift_id=uplift_id, percent=percent, **form, at=now())
            flash(f"Proposed: {change(percent)}. The other side answers next.", "success")
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


@bp.get("/uplifts/<int:uplift_id>/take-over")
def take_over(uplift_id: int) -> ResponseReturnValue:
    """What it means to negotiate for all, before the authority takes it on."""
    return _form(uplift_id, "uplifts/take_over.html", lambda acts: acts.take_over)


@bp.post("/uplifts/<int:uplift_id>/take-over")
@forms.redisplay(take_over)
def post_take_over(uplift_id: int) -> ResponseReturnValue:
    """Take it on, or offer to."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        uplift = uplift_negotiation.take_over(session, actor(), uplift_id=uplift_id, **form, at=now())
        is_link = uplift.link_id == actor().organisation_id
    flash(
        "Your authority negotiates for all from now on." if is_link else "Offered. The link authority decides.",
        "success",
    )
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


@bp.get("/uplifts/<int:uplift_id>/hand-over")
def hand_over(uplift_id: int) -> ResponseReturnValue:
    """Whether the link authority lets another negotiate for all."""
    return _form(uplift_id, "uplifts/hand_over.html", lambda acts: acts.hand_over)


@bp.post("/uplifts/<int:uplift_id>/hand-over")
@forms.redisplay(hand_over)
def post_hand_over(uplift_id: int) -> ResponseReturnValue:
    """Hand over, or stay."""
    form = forms.read(HandOverSchema)
    with transaction(actor()) as session:
        uplift_negotiation.hand_over(session, actor(), uplift_id=uplift_id, **form, at=now())
    flash("Handed over." if form["is_handed_over"] else "Your authority goes on negotiating for all.", "success")
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


@bp.get("/uplifts/<int:uplift_id>/withdraw")
def withdraw(uplift_id: int) -> ResponseReturnValue:
    """Why the provider takes its request back."""
    return _form(uplift_id, "uplifts/withdraw.html", lambda acts: acts.withdraw)


@bp.post("/uplifts/<int:uplift_id>/withdraw")
@forms.redisplay(withdraw)
def post_withdraw(uplift_id: int) -> ResponseReturnValue:
    """Take it back."""
    form = forms.read(WithdrawSchema)
    with transaction(actor()) as session:
        uplift_negotiation.withdraw(session, actor(), uplift_id=uplift_id, **form, at=now())
    flash("Withdrawn. The prices that are published stay.", "success")
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


@bp.get("/uplifts/<int:uplift_id>/publish")
def publish(uplift_id: int) -> ResponseReturnValue:
    """The agreed prices beside those of today, who has answered what, and the draft that they replace."""

    def agreed(session: Session, uplift: Uplift) -> dict[str, Any]:
        draft: PriceSchedule | None = draft_of(session, uplift.setting_id)
        return {
            "rows": uplift_tables.agreed_fees(session, uplift),
            "draft": draft,
            "starts_on": uplift_publication.starts_on(uplift, on=today()),
        }

    return _form(uplift_id, "uplifts/publish.html", lambda acts: acts.publish, agreed)


@bp.post("/uplifts/<int:uplift_id>/publish")
@forms.redisplay(publish)
def post_publish(uplift_id: int) -> ResponseReturnValue:
    """Publish them as a new version."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        uplift = uplift_publication.publish_agreed(session, actor(), uplift_id=uplift_id, **form, on=today(), at=now())
        published = session.get_one(PriceSchedule, uplift.published_id)
    flash(
        f"Published. Version {published.version} holds from {day(published.starts_on)}."
        " Existing awards keep or take it as their terms say.",
        "success",
    )
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


def _form(
    uplift_id: int,
    template: str,
    is_allowed: Callable[[Acts], bool],
    more: Callable[[Session, Uplift], dict[str, Any]] = lambda *_: {},
) -> ResponseReturnValue:
    """The page of one step, with what holds now; the request itself where the step cannot be taken."""
    with transaction(actor()) as session:
        uplift = uplifts.find_uplift(session, uplift_id)
        if not is_allowed(Acts.of(uplift)):
            return redirect(url_for("uplifts.show", uplift_id=uplift_id))
        return render_template(
            template,
            uplift=uplift,
            form=forms.shown(),
            is_at_once=uplift_negotiation.may_take_over_at_once(uplift),
            days=uplift_negotiation.ANSWER_DAYS,
            **more(session, uplift),
        )
