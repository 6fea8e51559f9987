"""One consultation as the setting that is asked reads and answers it: opened by a button, answered by a form and a
check. Looking at it changes nothing.
"""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import OPEN_CONSULTATIONS, Band, Consultation, Provision, RefusalCode, now, today
from marketplace.schemas.replies import BOX, REPLIES, ReplySchema
from marketplace.services import consultations, replies
from marketplace.services.case_history import consultation_timeline
from marketplace.services.consultation_steps import find_consultation
from marketplace.services.published_prices import PublishedPrice, line_words, not_included, published_prices
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import pounds

bp = Blueprint("replies", __name__, url_prefix="/inbox/<int:consultation_id>")
bp.add_app_template_filter(line_words)
bp.add_app_template_filter(not_included)

Priced = list[tuple[Provision, Band, PublishedPrice]]


@bp.get("")
def show(consultation_id: int) -> ResponseReturnValue:
    """The summary of one that nobody has opened; else the brief, the reply, and the form of it until the LA decides."""
    form = forms.shown()
    with transaction(actor()) as session:
        row = find_consultation(session, consultation_id)
        is_open = row.status in OPEN_CONSULTATIONS
        priced = published_prices(session, row.setting_id, on=_first_day(row)) if is_open else []
        return render_template(
            "replies/show.html" if row.seen_at else "replies/unopened.html",
            row=row,
            is_open=is_open,
            form=form if form.values else forms.Form(values=_kept(row, priced)),
            is_typed=bool(form.values),
            replies=REPLIES,
            priced=[
                (f"{provision.id}-{band}", f"{provision.name}, {band}: {pounds(price.fee)} a year")
                for provision, band, price in priced
            ],
            prices_on=_first_day(row),
            codes={code: words for code, words in vocabulary.REFUSAL_CODES.items() if code != RefusalCode.FULL},
            placement=None if is_open else consultations.placement_of(session, row),
            entries=consultation_timeline(session, actor(), row),
            today=today(),
            words=vocabulary,
        )


@bp.post("/open")
def post_open(consultation_id: int) -> ResponseReturnValue:
    """Open it: the authority reads that the setting has seen it."""
    with transaction(actor()) as session:
        consultations.see(session, actor(), consultation_id=consultation_id, at=now())
    return redirect(url_for("replies.show", consultation_id=consultation_id))


@bp.post("/reply")
@forms.redisplay(show)
def post_check(consultation_id: int) -> ResponseReturnValue:
    """The reply as the authority will read it, for a last look. Nothing is kept yet."""
    form = forms.read(ReplySchema)
    with transaction(actor()) as session:
        row = replies.find_to_reply(session, actor(), consultation_id=consultation_id, version=form["version"])
        made = None
        if form["reply"] == "offer":
            made = replies.drawn_offer(session, row, **form["offer"], at=now(), on=today())
        return render_template(
            "replies/check.html",
            row=row,
            reply=form["reply"],
            offer=made,
            reasons=form.get("reasons", {}),
            typed=_flat(forms.typed()),
            words=vocabulary,
        )


@bp.post("/change")
def post_change(consultation_id: int) -> ResponseReturnValue:
    """The form again, as it was typed. Nothing is kept."""
    forms.keep_typed()
    return show(consultation_id)


@bp.post("/send")
@forms.redisplay(show)
def post_send(consultation_id: int) -> ResponseReturnValue:
    """Send the reply that the check page showed, in the place of any before."""
    form = forms.read(ReplySchema)
    about = {"consultation_id": consultation_id, "version": form["version"], "at": now()}

    def act(session: Session) -> Consultation:
        if form["reply"] == "offer":
            return replies.offer(session, actor(), **about, **form["offer"], on=today())
        return replies.refuse(session, actor(), **about, reasons=form["reasons"])

    row = repeated(actor(), act)
    flash(f"Your reply is sent to {row.brief['authority']}. You can change it until the authority decides.", "success")
    return redirect(url_for("replies.show", consultation_id=consultation_id))


def _first_day(row: Consultation) -> date:
    """The day of which the form shows the prices: when the placement is needed, or today if that has come."""
    wanted = row.brief["starts_on"]
    return max(today(), date.fromisoformat(wanted)) if wanted else today()


def _kept(row: Consultation, priced: Priced) -> dict[str, Any]:
    """The boxes as they were last replied; before that, what the authority asked for."""
    if offer := row.offer:
        return {
            "reply": "offer",
            "provision_id": f"{offer.provision_id}-{offer.band}",
            "starts_on": offer.starts_on,
            "variation": offer.variation or None,
            "variation_reason": offer.variation_reason,
            "note": offer.note,
            "is_held": offer.held_until is not None,
        }
    if row.reasons:
        is_full = row.reasons[0].code is RefusalCode.FULL
        boxes = {f"{BOX}{reason.code}": reason.words for reason in row.reasons}
        return {"reply": "full" if is_full else "refuse", **boxes}
    asked = f"{row.provision_id}-{row.brief['band']}"
    is_priced = any(f"{provision.id}-{band}" == asked for provision, band, _ in priced)
    return {
        "provision_id": asked if is_priced else None,
        "starts_on": _first_day(row) if row.brief["starts_on"] else None,
    }


def _flat(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything that was typed, once for each value, to be sent again."""
    return [
        (name, text)
        for name, texts in values.items()
        if name != "version"
        for text in (texts if isinstance(texts, list) else [texts])
    ]
