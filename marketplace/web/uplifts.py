"""Uplifts: the list by what needs doing; one request, its assessment and timeline; the steps of its negotiation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import OrganisationKind, PriceSchedule, Uplift, UpliftStatus, now, today
from marketplace.permissions import SYSTEM, can_answer_uplift, can_negotiate, can_request_uplift
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.uplifts import HandOverSchema, ReplySchema, WithdrawSchema
from marketplace.services import uplift_negotiation, uplift_publication, uplifts
from marketplace.services.schedules import settings_of
from marketplace.services.uplift_assessment import assess, seen_by
from marketplace.services.uplift_letters import change, reference
from marketplace.services.uplift_prices import draft_of
from marketplace.web import forms, uplift_tables
from marketplace.web.current import actor
from marketplace.web.formats import day

bp = Blueprint("uplifts", __name__)
bp.add_app_template_filter(change, "price_change")
bp.add_app_template_filter(reference, "uplift_reference")

GROUPS = {
    uplifts.ToDo.OVERDUE: "Overdue",
    uplifts.ToDo.DUE: "For you to do",
    uplifts.ToDo.WAIT: "Waiting for others",
    uplifts.ToDo.DONE: "Done",
}
NEXT = {
    "finish": "Finish the draft and send it",
    "publish": "Publish the agreed prices",
    "reply": "Answer the last proposal",
    "hand_over": "Answer the offer to take over",
    "answer": "Accept or decline",
    "with_link": "With the link authority",
    "with_provider": "With the provider",
    "answers": "Published; not all have answered",
    "published": "Published",
    "withdrawn": "Withdrawn",
    "accepted": "You accepted",
    "declined": "You declined",
    "negotiating": "Being negotiated",
    "agreed": "Agreed, not yet published",
}


@dataclass(frozen=True, slots=True)
class Acts:
    """What the person of this request may do with an uplift now."""

    reply: bool
    hand_over: bool
    take_over: bool
    answer: bool
    publish: bool
    withdraw: bool

    @classmethod
    def of(cls, uplift: Uplift) -> "Acts":
        """By the rules of permissions and the state that holds."""
        person, mine = actor(), actor().organisation_id or 0
        is_open = uplift.status is UpliftStatus.NEGOTIATING
        is_officer = mine in uplift.authority_ids and can_answer_uplift(person, mine)
        is_editor = can_request_uplift(person, uplift.provider_id)
        answer = uplifts.answer_of(uplift, mine)
        return cls(
            reply=is_open and uplift.turn_id == mine and can_negotiate(person, mine),
            hand_over=is_open and is_officer and uplift.link_id == mine and uplift.successor_id is not None,
            take_over=is_open and is_officer and uplift.link_id != mine and uplift.successor_id is None,
            answer=is_officer and uplift.status in uplifts.LIVE and answer is not None and answer.is_accepted is None,
            publish=is_editor and uplift.status is UpliftStatus.AGREED,
            withdraw=is_editor and uplift.status in (UpliftStatus.NEGOTIATING, UpliftStatus.AGREED),
        )


@bp.get("/uplifts")
def index() -> ResponseReturnValue:
    """The requests that concern this person, by what needs doing; for a provider, also where to ask."""
    person = actor()
    with transaction(person) as session:
        is_provider = person.kind is OrganisationKind.PROVIDER
        return render_template(
            "uplifts/index.html",
            groups=uplifts.list_uplifts(session, person, on=today()),
            words=GROUPS,
            next=NEXT,
            is_provider=is_provider,
            may_ask=can_request_uplift(person, person.organisation_id or 0),
            settings=settings_of(session, person.organisation_id or 0) if is_provider else (),
            today=today(),
        )


@bp.get("/uplifts/<int:uplift_id>")
def show(uplift_id: int) -> ResponseReturnValue:
    """One request: what is next, what it would cost whom, what stands beside it, what happened."""
    with transaction(actor()) as session:
        status = uplifts.find_uplift(session, uplift_id).status
    if status is UpliftStatus.DRAFT:
        return redirect(url_for("uplift_drafts.check", uplift_id=uplift_id))
    found = None
    if status is not UpliftStatus.WITHDRAWN:
        with transaction(SYSTEM) as session:  # over all LAs; of it, what this person may see is shown
            found = seen_by(assess(session, uplift_id), actor())
    with transaction(actor()) as session:
        uplift = uplifts.find_uplift(session, uplift_id)
        return render_template(
            "uplifts/show.html",
            uplift=uplift,
            acts=Acts.of(uplift),
            next=NEXT[uplifts.listed(uplift, actor(), today()).next],
            answer=uplifts.answer_of(uplift, actor().organisation_id),
            affected=uplifts.names_of(session, uplift),
            assessed=found,
            missing=uplift_tables.missing_words(found) if found else (),
            tables=uplift_tables.tables(found, actor()) if found else None,
            timeline=uplift_tables.timeline(uplift),
            today=today(),
        )


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
