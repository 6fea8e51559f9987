"""A provider's request for other prices before it is sent: one form, one check, sent once."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import Band, PriceSchedule, Setting, Uplift, UpliftStatus, now, today
from marketplace.permissions import can_request_uplift, require
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.uplifts import BASES, UpliftDraftSchema, UpliftSchema
from marketplace.services import uplift_drafts, uplift_placements, uplifts
from marketplace.services.schedule_drafts import next_september
from marketplace.services.schedules import priced, provisions_to_price
from marketplace.services.settings import list_authorities
from marketplace.services.uplift_placements import Cell
from marketplace.services.uplift_prices import draft_of
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import pounds

bp = Blueprint("uplift_drafts", __name__)

SPARE_ROWS = 6


@bp.get("/settings/<int:setting_id>/uplifts/new")
def new(setting_id: int) -> ResponseReturnValue:
    """The form of a setting's next request, with the placements that run here filled in."""
    with transaction(actor()) as session:
        setting, base = uplift_drafts.start_of(session, actor(), setting_id)
        start = next_september(max(today(), base.starts_on))
        rows = _boxes(sorted(uplift_placements.running_at(session, base, on=start).items()))
        form = forms.shown({"basis": "percent", "starts_on": start, **rows})
        return _page(session, form, base, setting=setting, uplift=None)


@bp.post("/settings/<int:setting_id>/uplifts/new")
@forms.redisplay(new)
def post_new(setting_id: int) -> ResponseReturnValue:
    """Keep it as a draft, then check it or name more placements."""
    form = forms.read(UpliftSchema)
    with transaction(actor()) as session:
        uplift = uplift_drafts.save_uplift(session, actor(), setting_id=setting_id, **form, on=today())
    return _then(uplift.id)


@bp.get("/uplifts/<int:uplift_id>/edit")
def edit(uplift_id: int) -> ResponseReturnValue:
    """The form of a draft; after a stale save, with what it holds now beside what was typed."""
    with transaction(actor()) as session:
        uplift = _own(session, uplift_id)
        if uplift.status is not UpliftStatus.DRAFT:
            return redirect(url_for("uplifts.show", uplift_id=uplift_id))
        setting, base = uplift_drafts.start_of(session, actor(), uplift.setting_id)
        return _page(session, forms.shown(_kept(uplift)), base, setting=setting, uplift=uplift)


@bp.post("/uplifts/<int:uplift_id>/edit")
@forms.redisplay(edit)
def post_edit(uplift_id: int) -> ResponseReturnValue:
    """Save the draft, then check it or name more placements."""
    form = forms.read(UpliftDraftSchema)
    with transaction(actor()) as session:
        uplift_drafts.save_uplift(session, actor(), uplift_id=uplift_id, **form, on=today())
    return _then(uplift_id)


@bp.get("/uplifts/<int:uplift_id>/check")
def check(uplift_id: int) -> ResponseReturnValue:
    """What the local authorities will read, before it is sent."""
    with transaction(actor()) as session:
        uplift = _own(session, uplift_id)
        if uplift.status is not UpliftStatus.DRAFT:
            return redirect(url_for("uplifts.show", uplift_id=uplift_id))
        back = url_for("uplift_drafts.edit", uplift_id=uplift_id)
        return render_template(
            "uplifts/check.html",
            uplift=uplift,
            authorities=uplifts.authorities_of(session, uplift),
            draft=draft_of(session, uplift.setting_id),
            errors=[
                {"text": text, "href": None if field.startswith("_") else f"{back}#{field}"}
                for field, texts in forms.shown().errors.items()
                for text in texts
            ],
        )


@bp.post("/uplifts/<int:uplift_id>/send")
@forms.redisplay(check)
def post_send(uplift_id: int) -> ResponseReturnValue:
    """Send the request that the check page showed."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        uplift = uplift_drafts.send_uplift(session, actor(), uplift_id=uplift_id, **form, on=today(), at=now())
        count = len(uplift.authority_ids)
    flash(
        f"Sent to {count} {'authority' if count == 1 else 'authorities'}. Their link authority answers first.",
        "success",
    )
    return redirect(url_for("uplifts.show", uplift_id=uplift_id))


@bp.post("/uplifts/<int:uplift_id>/discard")
@forms.redisplay(check)
def post_discard(uplift_id: int) -> ResponseReturnValue:
    """Give the draft up."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        uplift_drafts.discard_uplift(session, actor(), uplift_id=uplift_id, **form)
    flash("The draft is gone. Nobody else had seen it.", "success")
    return redirect(url_for("uplifts.index"))


def _own(session: Session, uplift_id: int) -> Uplift:
    uplift = uplifts.find_uplift(session, uplift_id)
    require(can_request_uplift(actor(), uplift.provider_id), "change this request")
    return uplift


def _then(uplift_id: int) -> ResponseReturnValue:
    if request.form.get("then") == "more":
        flash("The draft is saved. Nobody else sees it until you send it.", "success")
        return redirect(url_for("uplift_drafts.edit", uplift_id=uplift_id, _anchor="counts"))
    return redirect(url_for("uplift_drafts.check", uplift_id=uplift_id))


def _page(session: Session, form: forms.Form, base: PriceSchedule, *, setting: Setting, uplift: Uplift | None) -> str:
    typed = {int(box[1]) for name in form.values if (box := UpliftSchema.BOX.fullmatch(name))}
    filled = {number for number in typed if any(form.values.get(f"counts-{number}-{part}") for part in _PARTS)}
    count = max(max(typed, default=-1) + 1, max(filled, default=-1) + 1 + SPARE_ROWS)
    is_behind = uplift is not None and form.is_behind(uplift.version)
    return render_template(
        "uplifts/draft.html",
        setting=setting,
        base=base,
        uplift=uplift,
        draft=draft_of(session, setting.id),
        form=forms.Form(values=form.values, errors=_placed(form.errors)),
        rows=range(count),
        authorities=[(row.id, row.name) for row in list_authorities(session)],
        priced=_options(session, base),
        kept=_kept_words(session, uplift) if uplift is not None and is_behind else None,
        bases=BASES,
    )


_PARTS = ("authority_id", "priced", "stated")


def _placed(errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """The messages, those of a row with its place: several rows may have the same fault."""
    placed = {}
    for name, messages in errors.items():
        box = UpliftSchema.BOX.fullmatch(name)
        place = f"Row {int(box[1]) + 1}: " if box else ""
        placed[name] = [f"{place}{text[:1].lower()}{text[1:]}" if place else text for text in messages]
    return placed


def _boxes(counts: Iterable[tuple[Cell, int]]) -> dict[str, Any]:
    """Numbers of placements as the boxes of the form hold them."""
    return {
        f"counts-{number}-{part}": value
        for number, ((authority_id, provision_id, band), count) in enumerate(counts)
        for part, value in zip(_PARTS, (authority_id, f"{provision_id}-{band}", count), strict=True)
    }


def _kept(uplift: Uplift) -> dict[str, Any]:
    """A draft as the boxes of its form hold it."""
    rows = _boxes(((row.authority_id, row.provision_id, row.band), row.stated) for row in uplift.counts)
    shares = {part.value: f"{share.normalize():f}" for part, share in uplift.shares.items()}
    percent = None if uplift.percent is None else f"{uplift.percent.normalize():f}"
    return {
        "basis": "schedule" if uplift.is_of_schedule else "percent",
        "percent": percent,
        "starts_on": uplift.starts_on,
        "reasons": uplift.reasons,
        **shares,
        **rows,
    }


def _kept_words(session: Session, uplift: Uplift) -> dict[str, Any]:
    """What a draft holds now, for the page that somebody else has overtaken."""
    names = {row.id: row.name for row in uplifts.authorities_of(session, uplift)}
    rows = [f"{names[row.authority_id]}: {row.stated} × {row.provision.name}, {row.band}" for row in uplift.counts]
    return {"uplift": uplift, "rows": rows}


def _options(session: Session, base: PriceSchedule) -> list[tuple[str, str]]:
    """The provisions and bands that are published, with their fee: what placements can be of."""
    prices = priced(base)
    return [
        (f"{row.id}-{band}", f"{row.name}, {band}: {pounds(price.annual_fee)}")
        for row in provisions_to_price(session, base)
        for band in Band
        if (price := prices.price(str(row.id), band))
    ]
