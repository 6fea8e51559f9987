"""Uplifts: the list by what needs doing; one request with its assessment and timeline."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import OrganisationKind, Uplift, UpliftStatus, today
from marketplace.permissions import SYSTEM, can_answer_uplift, can_negotiate, can_request_uplift
from marketplace.services import uplifts
from marketplace.services.schedules import settings_of
from marketplace.services.uplift_assessment import assess, seen_by
from marketplace.services.uplift_letters import change, reference
from marketplace.services.uplift_places import place_prices
from marketplace.web import uplift_tables
from marketplace.web.current import actor

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
            affected=uplifts.authorities_of(session, uplift),
            assessed=found,
            missing=uplift_tables.missing_words(found) if found else (),
            tables=uplift_tables.tables(found, uplift, actor()) if found else None,
            placing=place_prices(session, actor(), uplift) if found else None,
            timeline=uplift_tables.timeline(uplift),
            today=today(),
        )
