"""Decisions: a need's choices side by side, what the law asks of one of them, what was decided and on what it rests."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.errors import Conflict, Invalid, NoRoom
from marketplace.models import Award, AwardBasis, AwardStatus, Identity, Need, Route, now, today
from marketplace.permissions import can_open_identity, can_propose_award
from marketplace.schemas.awards import AwardSchema
from marketplace.schemas.base import DayField, FormSchema, VersionSchema
from marketplace.services import agreements, award_letters, awards, identities, law, needs
from marketplace.services.alternatives import next_best
from marketplace.services.award_checks import MAYBE_MAINTAINED
from marketplace.services.case_history import case_timeline
from marketplace.services.choices import Choice, choices
from marketplace.services.consultation_steps import OPEN_NEEDS
from marketplace.services.evidence import comparison
from marketplace.services.matching.policy import PUBLISHED
from marketplace.services.thresholds import threshold_of
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("awards", __name__)


class DaySchema(FormSchema):
    """The first day that was typed, if it is one: it decides which prices hold."""

    starts_on = DayField(load_default=None)


@bp.get("/needs/<int:need_id>/decide")
def compare(need_id: int) -> ResponseReturnValue:
    """The choices side by side, with what the law asks of each."""
    return _compared(need_id)


@bp.post("/needs/<int:need_id>/decide")
def post_compare(need_id: int) -> ResponseReturnValue:
    """The same, with what the family and the child say: that they were read is recorded."""
    with transaction(actor()) as session:
        needs.find_need(session, need_id)
        opened = identities.open_identity(session, actor(), need_id=need_id)
    return _compared(need_id, opened.identity)


def _compared(need_id: int, identity: Identity | None = None) -> ResponseReturnValue:
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        if award := awards.live_award(session, need):
            return redirect(url_for("awards.show", award_id=award.id))
        if need.status not in OPEN_NEEDS:
            return redirect(url_for("needs.show", need_id=need_id))
        found = choices(session, need=need, on=today())
        return render_template(
            "awards/compare.html",
            need=need,
            found={choice.provision.id: choice for choice in found},
            rows=comparison(found),
            test=law.test_of(need.request.type) if need.request else None,
            no_request=law.DUTIES.get(need.footing, law.NO_REQUEST),
            is_requested_there=any(choice.is_requested for choice in found),
            may_decide=can_propose_award(actor(), need.authority_id),
            door=identities.door(session, actor(), need_id=need_id) if can_open_identity(actor()) else None,
            identity=identity,
            circuity=PUBLISHED["circuity"],
            words=vocabulary,
        )


@bp.get("/needs/<int:need_id>/decide/<int:provision_id>")
def check(need_id: int, provision_id: int) -> ResponseReturnValue:
    """What would be agreed, and what the law asks to be said; where the place has gone meanwhile, where to turn."""
    form = forms.shown()
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        if need.status not in OPEN_NEEDS or awards.live_award(session, need):
            return redirect(url_for("awards.compare", need_id=need_id))
        found = choices(session, need=need, on=today(), starts_on=_typed_day(form))
        choice = next((each for each in found if each.provision.id == provision_id), None)
        if choice is None or not choice.verdict.routes or choice.total is None or choice.too_much:
            return redirect(url_for("awards.compare", need_id=need_id))
        if isinstance(form.cause, NoRoom):
            return _gone(session, need, found, choice, form)
        return render_template(
            "awards/check.html",
            need=need,
            choice=choice,
            row=comparison([choice])[0],
            requested=next((each for each in found if each.is_requested), None),
            has_changed=isinstance(form.cause, Conflict),
            form=form if form.values or form.errors else forms.Form(values=_kept(need, choice)),
            threshold=threshold_of(session, need.authority_id, on=today()),
            words=vocabulary,
        )


@bp.post("/needs/<int:need_id>/decide/<int:provision_id>")
@forms.redisplay(check)
def post_propose(need_id: int, provision_id: int) -> ResponseReturnValue:
    """Propose it, or make it where no second person is asked for."""
    form = forms.read(AwardSchema)
    award = repeated(
        actor(),
        lambda session: awards.propose_award(
            session, actor(), need_id=need_id, provision_id=provision_id, **form, on=today(), at=now()
        ),
    )
    return redirect(url_for("awards.done", award_id=award.id))


@bp.post("/needs/<int:need_id>/decide/<int:provision_id>/instead")
def post_instead(need_id: int, provision_id: int) -> ResponseReturnValue:
    """The same page for another choice, with what was typed for the one that has gone. It keeps nothing."""
    forms.keep_typed()
    return check(need_id, provision_id)


@bp.get("/awards/<int:award_id>/done")
def done(award_id: int) -> ResponseReturnValue:
    """What has been decided, and what happens next."""
    with transaction(actor()) as session:
        award = awards.find_award(session, award_id)
        return render_template(
            "awards/done.html", award=award, need=award.need, others=len(award.evidence["choices"]) - 1
        )


@bp.get("/awards/<int:award_id>")
def show(award_id: int) -> ResponseReturnValue:
    """One award with all that it rests on."""
    with transaction(actor()) as session:
        award = awards.find_award(session, award_id)
        may_take_back = award.status is AwardStatus.PROPOSED and can_propose_award(actor(), award.authority_id)
        return render_template(
            "awards/show.html", may_take_back=may_take_back, form=forms.shown(), **told(session, award)
        )


@bp.post("/awards/<int:award_id>/take-back")
@forms.redisplay(show)
def post_take_back(award_id: int) -> ResponseReturnValue:
    """Take a proposal back; the place is free again."""
    form = forms.read(VersionSchema)
    award = repeated(
        actor(), lambda session: awards.take_back_award(session, actor(), award_id=award_id, **form, at=now())
    )
    flash("Taken back. Nothing is awarded, and the place is not held for this award any more.", "success")
    return redirect(url_for("awards.compare", need_id=award.need_id))


@bp.get("/awards/<int:award_id>/agreement.pdf")
def agreement(award_id: int) -> ResponseReturnValue:
    """The individual placement agreement."""
    with transaction(actor()) as session:
        content = agreements.agreement_file(session, award_id=awards.find_award(session, award_id).id)
    return attachment(content, f"agreement-{award_id}.pdf")


@bp.get("/awards/<int:award_id>/letter.pdf")
def letter(award_id: int) -> ResponseReturnValue:
    """The letter to the family."""
    with transaction(actor()) as session:
        content = award_letters.letter_file(awards.find_award(session, award_id))
    return attachment(content, f"letter-{award_id}.pdf")


def told(session: Session, award: Award) -> dict[str, Any]:
    """What the pages of an award and of its approval show of it."""
    return {
        "award": award,
        "need": award.need,
        "rows": award.evidence["choices"],
        "row": next(row for row in award.evidence["choices"] if row["provision_id"] == award.provision_id),
        "requested": next((row for row in award.evidence["choices"] if row["is_requested"]), None),
        "entries": case_timeline(session, actor(), award.need),
        "words": vocabulary,
    }


def _typed_day(form: forms.Form) -> date | None:
    """The first day as typed, not before today; None where there is none, or none that could be."""
    try:
        typed: date | None = forms.read(DaySchema, form.values)["starts_on"]
    except Invalid:
        return None
    return max(typed, today()) if typed else None


def _kept(need: Need, choice: Choice) -> dict[str, Any]:
    """What the form shows before anybody has typed: what is known already."""
    routes = choice.verdict.routes
    return {
        "route": Route.ORDER if choice.is_ordered else routes[0],
        "starts_on": choice.starts_on,
        "ground": need.ground if need.ground in choice.verdict.grounds else None,
        "ground_evidence": need.ground_evidence if choice.verdict.grounds else None,
        "basis": AwardBasis.NO_CONTRACT if choice.provision.setting.type in MAYBE_MAINTAINED else None,
    }


def _gone(session: Session, need: Need, found: list[Choice], choice: Choice, form: forms.Form) -> ResponseReturnValue:
    return render_template(
        "awards/gone.html",
        need=need,
        choice=choice,
        form=form,
        alternatives=next_best(session, actor(), need=need, found=found, gone=choice.provision, on=choice.starts_on),
        words=vocabulary,
    )
