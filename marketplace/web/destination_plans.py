"""Destination plans: all about where one pupil means to go, one version, and the page on which the next is kept."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import destination_words
from marketplace.db import transaction
from marketplace.models import DestinationPlan, NeedStatus, OrganisationKind, Pathway, now, today
from marketplace.permissions import can_change_need, require
from marketplace.schemas.destination_plans import NUMBERS, DestinationPlanSchema
from marketplace.services import adult_transfers, destination_outcomes, destination_plans, needs
from marketplace.services.adulthood import last_day, year_group_on
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import day

bp = Blueprint("destination_plans", __name__)


@bp.get("/needs/<int:need_id>/destinations")
def of_need(need_id: int) -> ResponseReturnValue:
    """Where a pupil means to go, what is handed over to services for adults, and what came of it."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        plans = destination_plans.plans_of(session, need_id)
        transfers = adult_transfers.transfers_of(session, need_id)
        outcomes = destination_outcomes.outcomes_of(session, need_id)
        may_change = can_change_need(actor(), need.authority_id)
        return render_template(
            "destinations/of_need.html",
            need=need,
            plan=plans[0] if plans else None,
            plans=plans,
            year_group=year_group_on(need, today()),
            end=last_day(need),
            transfers=[(row, adult_transfers.standing_of(row, on=today())) for row in transfers],
            further=[
                each for each in destination_words.ADULT_SERVICES if each not in {row.service for row in transfers}
            ],
            outcomes={row.pathway: (row, destination_outcomes.asks(row, on=today())) for row in outcomes},
            placement=destination_outcomes.last_placement(session, need),
            may_plan=may_change and need.status is not NeedStatus.WITHDRAWN,
            may_change=may_change,
            may_state=may_change and destination_outcomes.may_be_stated(session, need),
            words=destination_words,
            today=today(),
        )


@bp.get("/destination-plans/<int:destination_plan_id>")
def show(destination_plan_id: int) -> ResponseReturnValue:
    """One version as it was kept, with the others that this person may read."""
    with transaction(actor()) as session:
        plan = destination_plans.find_plan(session, destination_plan_id)
        return render_template(
            "destinations/plan.html",
            plan=plan,
            plans=destination_plans.plans_of(session, plan.need_id),
            need=None if actor().kind is OrganisationKind.PROVIDER else needs.find_need(session, plan.need_id),
            words=destination_words,
        )


@bp.get("/needs/<int:need_id>/destinations/plan")
def new(need_id: int) -> ResponseReturnValue:
    """The next version, beginning with what the last one says."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_change_need(actor(), need.authority_id), "plan where this pupil means to go")
        if need.status is NeedStatus.WITHDRAWN:
            return redirect(url_for("destination_plans.of_need", need_id=need_id))
        last = next(iter(destination_plans.plans_of(session, need_id)), None)
        return render_template(
            "destinations/new.html",
            need=need,
            last=last,
            end=last_day(need),
            form=forms.shown({"held_on": today(), **(_kept(last) if last else {})}),
            numbers=NUMBERS,
            words=destination_words,
        )


@bp.post("/needs/<int:need_id>/destinations/plan")
@forms.redisplay(new)
def post_new(need_id: int) -> ResponseReturnValue:
    """Keep it."""
    form = forms.read(DestinationPlanSchema)
    with transaction(actor()) as session:
        plan = destination_plans.plan_destinations(session, actor(), need_id=need_id, **form, on=today(), at=now())
    flash(f"Version {plan.version} is kept. It is looked at again on {day(plan.next_on)}.", "success")
    return redirect(url_for("destination_plans.of_need", need_id=need_id))


def _kept(last: DestinationPlan) -> dict[str, Any]:
    """What the next version begins with: what the last one says, but for its own days and steps whose day has come."""
    values: dict[str, Any] = {}
    for pathway in Pathway:
        aim = last.aim_of(pathway)
        if aim is None:
            continue
        values |= {f"{pathway}-{name}": getattr(aim, name) for name in ("aim", "barriers", "target_on")}
        to_come = [step for step in zip(aim.steps, aim.who, aim.by, strict=True) if step[2] > today()]
        for number, (words, who, by) in enumerate(to_come):
            values |= {f"{pathway}-steps-{number}": words, f"{pathway}-who-{number}": who}
            values[f"{pathway}-by-{number}"] = day(by)
    return values
