"""Needs: the list by what needs doing, one case, and its withdrawal."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import destination_words, vocabulary
from marketplace.db import repeated, transaction
from marketplace.models import Band, Need, NeedStatus, today
from marketplace.permissions import (
    can_change_need,
    can_consult,
    can_open_identity,
    can_post_need,
    can_return_cases,
    require,
)
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.needs import CaseloadSchema, WithdrawalSchema
from marketplace.services import cases, law, needs, restrictions
from marketplace.services.adult_transfers import TransferStanding, standing_of, transfers_of
from marketplace.services.adulthood import FROM_YEAR, year_group_on
from marketplace.services.awards import live_award
from marketplace.services.case_history import case_timeline
from marketplace.services.caseload import Filters, ToDo, list_needs
from marketplace.services.consultation_steps import OPEN_NEEDS
from marketplace.services.consultations import consultations_of
from marketplace.services.days_out import clocks, dates_of
from marketplace.services.destination_plans import plan_on
from marketplace.services.placement_lists import placements_of
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.links import here_without
from marketplace.web.questions import told

bp = Blueprint("needs", __name__, url_prefix="/needs")

NO_BAND = "none"
BANDS = {**vocabulary.BANDS, NO_BAND: "No band"}
FILTERS: dict[str, dict[Any, str]] = {
    "to_do": vocabulary.TO_DO,
    "status": vocabulary.NEED_STATUSES,
    "year_group": vocabulary.YEAR_GROUPS,
    "primary_need": vocabulary.PRIMARY_NEEDS,
    "band": BANDS,
}


@bp.get("")
def index() -> ResponseReturnValue:
    """The needs that this person sees, grouped by what needs doing."""
    asked = forms.read(CaseloadSchema, forms.asked())
    with transaction(actor()) as session:
        caseload = list_needs(
            session,
            on=today(),
            filters=Filters(
                to_do=tuple(map(ToDo, asked["to_do"])),
                statuses=tuple(NeedStatus(status) for status in asked["status"]),
                year_groups=tuple(asked["year_group"]),
                primary_needs=tuple(asked["primary_need"]),
                bands=tuple(None if band == NO_BAND else Band(band) for band in asked["band"]),
            ),
            sort=asked["sort"],
            is_descending=asked["order"] == "descending",
            page=asked["page"],
        )
        return render_template(
            "needs/index.html",
            caseload=caseload,
            groups=vocabulary.TO_DO,
            today=today(),
            form=forms.shown(asked),
            filters={name: list(words.items()) for name, words in FILTERS.items()},
            chosen=_tags(asked),
            sort={"key": asked["sort"], "order": asked["order"]},
            words=vocabulary,
            may_post=can_post_need(actor()),
            may_return=can_return_cases(actor()),
        )


@bp.get("/<int:need_id>")
def show(need_id: int) -> ResponseReturnValue:
    """One case: what holds, what the last run proposes, the law, what happened."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        fixed, ruled_out = restrictions.restricted_provisions(session, need)
        return render_template(
            "needs/show.html",
            need=need,
            recommendation=cases.latest_recommendation(session, need),
            award=live_award(session, need),
            is_open=need.status in OPEN_NEEDS,
            entries=case_timeline(session, actor(), need),
            deadlines=list(clocks(session, need, dates_of(session, need))),
            placements=placements_of(session, need),
            **_destinations(session, need),
            may_state_dates=can_change_need(actor(), need.authority_id),
            consulted=consultations_of(session, need),
            may_consult=can_consult(actor(), need.authority_id) and need.status in OPEN_NEEDS,
            today=today(),
            **told(session, need),
            duty=law.DUTIES.get(need.footing),
            no_plan=law.NO_PLAN,
            remedies=law.remedies(need.footing),
            may_change=can_change_need(actor(), need.authority_id) and need.status in needs.CHANGEABLE,
            may_open_identity=can_open_identity(actor()),
            fixed=fixed,
            ruled_out=ruled_out,
            may_restrict=can_change_need(actor(), need.authority_id) and need.status not in restrictions.OVER,
            may_withdraw=can_change_need(actor(), need.authority_id) and needs.can_withdraw(need),
        )


@bp.get("/<int:need_id>/withdraw")
def withdraw(need_id: int) -> ResponseReturnValue:
    """Say why, before the need is withdrawn for good."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_change_need(actor(), need.authority_id), "withdraw this need")
        reasons = list(vocabulary.WITHDRAWALS.items())
        return render_template(
            "needs/withdraw.html",
            need=need,
            form=forms.shown(),
            reasons=reasons,
            is_consulted=bool(consultations_of(session, need, is_open=True)),
            **told(session, need),
        )


@bp.post("/<int:need_id>/withdraw")
@forms.redisplay(withdraw)
def post_withdraw(need_id: int) -> ResponseReturnValue:
    """Withdraw it."""
    answers = forms.read(VersionSchema) | forms.read(WithdrawalSchema)
    repeated(actor(), lambda session: needs.withdraw_need(session, actor(), need_id=need_id, **answers))
    flash("The need is withdrawn. It stays in the list under Done.", "success")
    return redirect(url_for("needs.show", need_id=need_id))


def _destinations(session: Session, need: Need) -> dict[str, Any]:
    """The last version of the plan where a pupil means to go, and the transfers that are still to be done."""
    plan = plan_on(session, need.id, today())
    found = transfers_of(session, need.id)
    year_group = year_group_on(need, today())
    open_ = [row for row in found if standing_of(row, on=today()) in {TransferStanding.DUE, TransferStanding.OVERDUE}]
    return {
        "destination_plan": plan,
        "transfers": open_,
        "has_destinations": bool(plan or found or (year_group is not None and year_group >= FROM_YEAR)),
        "destination_words": destination_words,
    }


def _tags(asked: dict[str, Any]) -> list[dict[str, str]]:
    """Every filter in force, with the address of this page without it."""
    return [
        {"text": words[value], "href": here_without(name, str(value))}
        for name, words in FILTERS.items()
        for value in asked[name]
    ]
