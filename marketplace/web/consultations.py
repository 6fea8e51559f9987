"""Consultations as the LA sees them: what will be sent, receipts, the list by what is due, each with its reply."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import OPEN_CONSULTATIONS, ConsultationStatus, now, today
from marketplace.permissions import POLICY, can_consult, require
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.consultations import (
    ChosenSchema,
    ConsultationsQuerySchema,
    ConsultSchema,
    ReminderSchema,
    SentSchema,
)
from marketplace.services import consultations, identities, needs
from marketplace.services.case_history import consultation_timeline
from marketplace.services.consultation_list import Due, Filters, list_consultations
from marketplace.services.consultation_steps import find_consultation
from marketplace.services.deadlines import day_number, reply_due
from marketplace.services.matching.options import provisions_by_id
from marketplace.services.reminders import chase
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import counted
from marketplace.web.links import here_without
from marketplace.web.options import day_of

bp = Blueprint("consultations", __name__)
bp.add_app_template_filter(consultations.reference, "consultation_reference")
bp.add_app_template_global(day_number)

GROUPS = {
    Due.OVERDUE: "Overdue",
    Due.SOON: "Due within a week",
    Due.LATER: "Due later",
    Due.REPLIED: "Replied: compare and decide",
    Due.ENDED: "Ended",
}


@bp.get("/needs/<int:need_id>/consult")
def preview(need_id: int) -> ResponseReturnValue:
    """What each of the chosen settings will read, before anything is sent. Who is consulted meanwhile is left out."""
    form = forms.shown(forms.asked())
    chosen = forms.read(ChosenSchema, form.values)["provision_ids"]
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_consult(actor(), need.authority_id), "consult settings")
        asked = {row.setting_id for row in consultations.consultations_of(session, need, is_open=True)}
        named = provisions_by_id(session, chosen)
        left = [each for each in chosen if each not in named or named[each].setting_id not in asked]
        if not left:
            return redirect(url_for("options.index", need_id=need_id))
        return render_template(
            "consultations/preview.html",
            need=need,
            door=identities.door(session, actor(), need_id=need_id),
            rows=consultations.preview(session, actor(), need=need, provision_ids=left, on=day_of(need)),
            form=form,
            due_on=reply_due(now()),
            words=vocabulary,
        )


@bp.post("/needs/<int:need_id>/consult")
@forms.redisplay(preview)
def post_consult(need_id: int) -> ResponseReturnValue:
    """Consult them all, or none; then one receipt for each."""
    form = forms.read(ConsultSchema)
    with transaction(actor()) as session:
        day = day_of(needs.find_need(session, need_id))
        sent = consultations.consult(session, actor(), need_id=need_id, **form, on=day, at=now())
        ids = [row.id for row in sent]
    return redirect(url_for("consultations.consulted", need_id=need_id, consultation_ids=ids))


@bp.get("/needs/<int:need_id>/consulted")
def consulted(need_id: int) -> ResponseReturnValue:
    """The receipts of what was sent together."""
    ids = forms.read(SentSchema, forms.asked())["consultation_ids"]
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        sent = [row for row in consultations.consultations_of(session, need) if row.id in ids]
        if not sent:
            return redirect(url_for("needs.show", need_id=need_id))
        return render_template("consultations/consulted.html", need=need, sent=sent)


@bp.get("/consultations")
def index() -> ResponseReturnValue:
    """The consultations that this person sees, by what is due."""
    asked = forms.read(ConsultationsQuerySchema, forms.asked())
    with transaction(actor()) as session:
        listed = list_consultations(
            session,
            on=today(),
            filters=Filters(
                statuses=tuple(map(ConsultationStatus, asked["status"])),
                is_overdue=asked["overdue"],
                is_seen=None if asked["seen"] is None else asked["seen"] == "yes",
            ),
            page=asked["page"],
        )
        return render_template(
            "consultations/index.html",
            listed=listed,
            groups=GROUPS,
            form=forms.Form(values=asked, errors=forms.shown().errors),
            ticked=set(request.form.getlist("consultation_ids")),
            filters={"status": vocabulary.CONSULTATION_STATUSES.items(), "seen": ConsultationsQuerySchema.SEEN.items()},
            chosen=_tags(asked),
            today=today(),
            words=vocabulary,
            may_consult=POLICY["consultations.post_remind"].admits(actor()),
        )


@bp.post("/consultations")
@forms.redisplay(index)
def post_remind() -> ResponseReturnValue:
    """Send a reminder to the settings that have not replied, of those selected."""
    form = forms.read(ReminderSchema)
    with transaction(actor()) as session:
        chased = chase(session, actor(), consultation_ids=form["consultation_ids"], at=now())
    flash(_reminded(len(chased), len(form["consultation_ids"])), "success" if chased else "message")
    if form["need_id"] is not None:
        return redirect(url_for("needs.show", need_id=form["need_id"]))
    return redirect(request.full_path)


@bp.get("/consultations/<int:consultation_id>")
def show(consultation_id: int) -> ResponseReturnValue:
    """One consultation: where it stands, the reply, and what the setting was told."""
    with transaction(actor()) as session:
        row = find_consultation(session, consultation_id)
        return render_template(
            "consultations/show.html",
            row=row,
            need=row.need,
            today=today(),
            words=vocabulary,
            entries=consultation_timeline(session, actor(), row),
            may_consult=can_consult(actor(), row.authority_id) and row.status in OPEN_CONSULTATIONS,
        )


@bp.get("/consultations/<int:consultation_id>/withdraw")
def withdraw(consultation_id: int) -> ResponseReturnValue:
    """What withdrawing does, before it is done."""
    with transaction(actor()) as session:
        row = find_consultation(session, consultation_id)
        require(can_consult(actor(), row.authority_id), "withdraw a consultation")
        if row.status not in OPEN_CONSULTATIONS:
            return redirect(url_for("consultations.show", consultation_id=consultation_id))
        return render_template(
            "consultations/withdraw.html", row=row, need=row.need, form=forms.shown(), today=today(), words=vocabulary
        )


@bp.post("/consultations/<int:consultation_id>/withdraw")
@forms.redisplay(withdraw)
def post_withdraw(consultation_id: int) -> ResponseReturnValue:
    """Withdraw it."""
    form = forms.read(VersionSchema)
    row = repeated(
        actor(),
        lambda session: consultations.withdraw(session, actor(), consultation_id=consultation_id, **form, at=now()),
    )
    flash("The consultation is withdrawn, and the setting is told.", "success")
    return redirect(url_for("needs.show", need_id=row.need_id))


def _reminded(count: int, selected: int) -> str:
    words = f"A reminder is sent to {counted(count, 'setting')}." if count else "No reminder is sent."
    passed = selected - count
    return f"{words} {passed} {'has' if passed == 1 else 'have'} replied, or were reminded today." if passed else words


def _tags(asked: dict[str, Any]) -> list[dict[str, str]]:
    """Every filter in force, with the address of this page without it."""
    tags = [("status", status, vocabulary.CONSULTATION_STATUSES[status]) for status in asked["status"]]
    if asked["overdue"]:
        tags.append(("overdue", "true", "Overdue"))
    if asked["seen"]:
        tags.append(("seen", asked["seen"], ConsultationsQuerySchema.SEEN[asked["seen"]]))
    return [{"text": text, "href": here_without(name, value)} for name, value, text in tags]
