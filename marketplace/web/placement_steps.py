"""The steps of a placement, a page and a post for each: start, vary, suspend, resume, an accepted uplift, notice, end,
and undo what was entered by mistake."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import OrganisationKind, Placement, now, today
from marketplace.schemas.placements import (
    DaySchema,
    EndSchema,
    NoticeSchema,
    ProviderNoticeSchema,
    SuspendSchema,
    UndoSchema,
    VarySchema,
)
from marketplace.services import ledger_accounts, placement_corrections, placement_ends, placement_uplifts, placements
from marketplace.services.placement_steps import find_placement
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.placement_tables import Acts, effect_words, entries

bp = Blueprint("placement_steps", __name__, url_prefix="/placements/<int:placement_id>")


@bp.get("/start")
def start(placement_id: int) -> ResponseReturnValue:
    """On which day the pupil started."""
    return _form(placement_id, "start", lambda acts: acts.start, lambda _, row: {"day": row.starts_on})


@bp.post("/start")
@forms.redisplay(start)
def post_start(placement_id: int) -> ResponseReturnValue:
    """Keep the day; charges follow it."""
    return _take(placement_id, placements.start_placement, forms.read(DaySchema), "The start is kept.")


@bp.get("/vary")
def vary(placement_id: int) -> ResponseReturnValue:
    """Another provision, band, number of sessions or hours, from a day on."""

    def kept(_: Session, row: Placement) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("provision_id", "band", "sessions", "hours_a_week")}

    def more(session: Session, row: Placement) -> dict[str, Any]:
        return {"provisions": placements.variations(session, row)}

    return _form(placement_id, "vary", lambda acts: acts.vary, kept, more)


@bp.post("/vary")
@forms.redisplay(vary)
def post_vary(placement_id: int) -> ResponseReturnValue:
    """Vary it."""
    return _take(placement_id, placements.vary_placement, forms.read(VarySchema), "The variation is kept.")


@bp.get("/suspend")
def suspend(placement_id: int) -> ResponseReturnValue:
    """From when the pupil does not attend, and whether the place is paid for."""
    return _form(placement_id, "suspend", lambda acts: acts.suspend)


@bp.post("/suspend")
@forms.redisplay(suspend)
def post_suspend(placement_id: int) -> ResponseReturnValue:
    """Suspend it."""
    return _take(placement_id, placements.suspend_placement, forms.read(SuspendSchema), "The placement is suspended.")


@bp.get("/resume")
def resume(placement_id: int) -> ResponseReturnValue:
    """From when the pupil attends again."""
    return _form(placement_id, "resume", lambda acts: acts.resume)


@bp.post("/resume")
@forms.redisplay(resume)
def post_resume(placement_id: int) -> ResponseReturnValue:
    """Resume it."""
    return _take(placement_id, placements.resume_placement, forms.read(DaySchema), "The placement runs again.")


@bp.get("/uplift")
def reprice(placement_id: int) -> ResponseReturnValue:
    """From when the placement has the prices of the uplift that the authority has accepted."""

    def more(session: Session, row: Placement) -> dict[str, Any]:
        return {"accepted": placement_uplifts.accepted_uplift(session, row)}

    return _form(placement_id, "reprice", lambda acts: acts.reprice, more=more)


@bp.post("/uplift")
@forms.redisplay(reprice)
def post_reprice(placement_id: int) -> ResponseReturnValue:
    """Apply it."""
    return _take(
        placement_id, placement_uplifts.reprice_placement, forms.read(DaySchema), "The new prices are applied."
    )


@bp.get("/notice")
def notice(placement_id: int) -> ResponseReturnValue:
    """The last day, why, and, asked of the authority, what becomes of the need."""
    return _form(placement_id, "notice", lambda acts: acts.notice)


@bp.post("/notice")
@forms.redisplay(notice)
def post_notice(placement_id: int) -> ResponseReturnValue:
    """Give notice."""
    is_provider = actor().kind is OrganisationKind.PROVIDER
    form = forms.read(ProviderNoticeSchema if is_provider else NoticeSchema)
    return _take(placement_id, placement_ends.give_notice, form, "Notice is given.")


@bp.get("/end")
def end(placement_id: int) -> ResponseReturnValue:
    """The last day, why, and what becomes of the need."""
    return _form(placement_id, "end", lambda acts: acts.end)


@bp.post("/end")
@forms.redisplay(end)
def post_end(placement_id: int) -> ResponseReturnValue:
    """End it."""
    return _take(placement_id, placement_ends.end_placement, forms.read(EndSchema), "The placement has ended.")


@bp.get("/undo")
def undo(placement_id: int) -> ResponseReturnValue:
    """What was entered last, and what holds again once it is undone."""

    def more(session: Session, row: Placement) -> dict[str, Any]:
        found = entries(session, row, actor())
        last = placement_corrections.last_event(session, row, actor())
        return {"event": next((each for each in found if last and each.id == last.id), None)}

    # Where somebody has undone it meanwhile, what was typed stays beside what holds now.
    return _form(placement_id, "undo", lambda acts: acts.undo is not None or bool(forms.shown().errors), more=more)


@bp.post("/undo")
@forms.redisplay(undo)
def post_undo(placement_id: int) -> ResponseReturnValue:
    """Undo it."""
    return _take(placement_id, placement_corrections.undo_event, forms.read(UndoSchema), "It is undone.")


def _take(placement_id: int, act: Callable[..., Any], form: dict[str, Any], done: str) -> ResponseReturnValue:
    """Take a step; the page that follows says what it changed in the ledger, or that the other side is told."""

    def step(session: Session) -> dict[int, int]:
        act(session, actor(), placement_id=placement_id, **form, on=today(), at=now())
        placement = find_placement(session, placement_id)
        session.refresh(placement, ["events"])
        return ledger_accounts.effects(session, placement).get(placement.events[-1].id, {})

    effect = repeated(actor(), step)
    told = "The authority is told." if actor().kind is OrganisationKind.PROVIDER else effect_words(effect)
    flash(f"{done} {told}", "success")
    return redirect(url_for("placements.show", placement_id=placement_id))


def _form(
    placement_id: int,
    step: str,
    is_allowed: Callable[[Acts], bool],
    kept: Callable[[Session, Placement], dict[str, Any]] = lambda *_: {},
    more: Callable[[Session, Placement], dict[str, Any]] = lambda *_: {},
) -> ResponseReturnValue:
    """The page of one step, with what holds now; the placement itself where the step cannot be taken."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        if not is_allowed(Acts.of(session, placement, actor())):
            return redirect(url_for("placements.show", placement_id=placement_id))
        return render_template(
            f"placements/{step}.html",
            placement=placement,
            form=forms.shown(kept(session, placement)),
            is_provider=actor().kind is OrganisationKind.PROVIDER,
            words=vocabulary,
            today=today(),
            **more(session, placement),
        )
