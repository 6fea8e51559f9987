"""Matching runs: the list, starting one, watching it, reading what it recommends. No page ever solves anything."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import application_words, vocabulary
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.models import LIVE_APPLICATIONS, UNDER_WAY, MatchingRun, RunStatus, now, policy_numbers, today
from marketplace.permissions import POLICY, can_start_run
from marketplace.schemas.runs import RecommendationsSchema, RunSchema
from marketplace.services.matching import plans, runs
from marketplace.services.matching.contents import contents
from marketplace.services.matching.figures import PAGE, Wanted, cost, figures, list_recommendations
from marketplace.services.matching.policy import PUBLISHED, changed, policy_of
from marketplace.services.matching.workbook import recommendations_workbook
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.formats import exact
from marketplace.web.links import here_without

bp = Blueprint("runs", __name__, url_prefix="/runs")

DEAREST = 10

# Stages as the worker reports them, when they are reached.
STAGES = {
    "freeze": "Reading needs, vacancies, prices and budgets",
    "problem": "Finding which provisions are options for whom",
    "options": "Options found; placing the duties in law",
    "duties: relaxation": "Placing the duties in law",
    "duties: whole answer": "Duties placed; placing all other pupils",
    "choices: relaxation": "Placing all other pupils",
    "choices: whole answer": "Pupils placed; checking the answer",
}

# What to do about a pupil for whom a run found nothing.
NEXT_STEPS = {
    "universal": "Agree the support with the mainstream school. "
    "Where the levels understate the need, correct the profile.",
    "no_option": "Open the need and see what rules each provision out: another kind, a longer journey or one "
    "requirement less may change it. Or ask a provider to offer what is missing.",
    "capacity": "Ask the setting that is named with the pupil for one more place. "
    "A setting that says it is full may still be consulted.",
    "budget": "Somebody must act: find the sum that is missing, or raise the budget. "
    "A budget is never by itself a lawful reason to leave a pupil without a place.",
    "request_full": "The parents' request is binding, so no other setting was looked at. "
    "Consult the setting about this pupil: being full does not decide the matter in law.",
}


@bp.get("")
def index() -> ResponseReturnValue:
    """The runs that this person may know of, newest first."""
    with transaction(actor()) as session:
        found = runs.list_runs(session)
        return render_template("runs/index.html", runs=found, may_start=_may_start())


@bp.get("/start")
def start() -> ResponseReturnValue:
    """What a run would take up today, the two questions that it needs answered, and the policy as published."""
    person = actor()
    assert person.organisation_id is not None
    with transaction(person) as session:
        found = contents(session, person, scope_id=person.organisation_id, on=today(), at=now())
        published = {name: exact(PUBLISHED[name]) for name in vocabulary.POLICY}
        form = forms.shown({"on": today(), "seconds": runs.SECONDS, **published})
        is_changed = any(form.values.get(name, text) != text or name in form.errors for name, text in published.items())
        return render_template(
            "runs/start.html",
            contents=found,
            form=form,
            at=now(),
            is_changed=is_changed,
            published=published,
            words=vocabulary,
        )


@bp.post("/start")
@forms.redisplay(start)
def post_start() -> ResponseReturnValue:
    """Queue a run over the person's own LA or region."""
    form = forms.read(RunSchema)
    person = actor()
    assert person.organisation_id is not None
    with transaction(person) as session:
        run = runs.start_run(
            session,
            person,
            scope_id=person.organisation_id,
            on=form.pop("on"),
            seconds=form.pop("seconds"),
            policy=policy_of(form),
        )
    return redirect(url_for("runs.show", run_id=run.id))


@bp.get("/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """Where a run stands, why it failed, or what it recommends. A scenario is shown under its base."""
    with transaction(actor()) as session:
        run = runs.get_run(session, run_id)
        if run.base_id is not None:
            return redirect(url_for("scenarios.index", run_id=run.base_id))
        if run.status is not RunStatus.DONE:
            return render_template(
                "runs/active.html", run=run, **standing(run), **_policy(run), may_start=_may_start(),
                may_cancel=can_start_run(actor(), run.scope_id),
            )  # fmt: skip
        result = run.result  # None where the run is of a wider scope than the person's
        if run.file_name is not None:
            short = _dearest((result.pools if result else None) or [])
            return render_template("runs/of_files.html", run=run, result=result, shortages=short, words=vocabulary)
        return render_template(
            "runs/show.html",
            run=run,
            result=result,
            figures=figures(session, run.id),
            shortages=_dearest((result.pools if result else None) or []),
            next_steps=NEXT_STEPS,
            **_plans(session, run),
            **_policy(run),
        )


@bp.post("/<int:run_id>/cancel")
def post_cancel(run_id: int) -> ResponseReturnValue:
    """End a run that nobody waits for any more; nothing of it is kept."""
    person = actor()
    with transaction(person) as session:
        runs.cancel_run(session, person, run_id=run_id)
    return redirect(url_for("runs.show", run_id=run_id))


@bp.get("/<int:run_id>/progress")
def progress(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while a run is under way; when it has ended the page itself is to be read."""
    with transaction(actor()) as session:
        run = runs.get_run(session, run_id)
        answer = Response(render_template("runs/_progress.html", run=run, **standing(run)))
    if run.status not in UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/<int:run_id>/recommendations")
def recommendations(run_id: int) -> ResponseReturnValue:
    """Whom to consult for each pupil, or why nobody, as filtered."""
    asked = forms.read(RecommendationsSchema, forms.asked())
    wanted = Wanted(las=tuple(asked["la"]), kinds=tuple(asked["kind"]), reasons=tuple(asked["reason"]))
    with transaction(actor()) as session:
        run = runs.get_done_run(session, run_id)
        rows, count = list_recommendations(session, run.id, wanted, page=asked["page"])
        las = {la.code: la.name for la in figures(session, run.id).authorities}
        return render_template(
            "runs/recommendations.html",
            run=run,
            rows=rows,
            cost=cost,
            count=count,
            page=asked["page"],
            pages=max(1, -(-count // PAGE)),
            form=forms.shown(asked),
            las=las,
            chosen=_tags(asked, las),
            words=vocabulary,
        )


@bp.get("/<int:run_id>/recommendations.xlsx")
def workbook(run_id: int) -> ResponseReturnValue:
    """All recommendations that this person may see, as a workbook."""
    with transaction(actor()) as session:
        run = runs.get_done_run(session, run_id)
        rows, _ = list_recommendations(session, run.id, Wanted(), size=None)
        return attachment(recommendations_workbook(rows), f"run-{run.id}-recommendations.xlsx")


@bp.get("/<int:run_id>/answer.zip")
def answer(run_id: int) -> ResponseReturnValue:
    """The answer as `marketplace match` writes it."""
    with transaction(actor()) as session:
        run = runs.get_done_run(session, run_id)
        if run.result is None or run.result.answer is None:
            raise NotFound
        return attachment(run.result.answer, f"run-{run.id}-answer.zip")


@bp.get("/<int:run_id>/problem.zip")
def problem(run_id: int) -> ResponseReturnValue:
    """The frozen problem as `marketplace match` reads it."""
    with transaction(actor()) as session:
        run = runs.get_run(session, run_id)
        if run.result is None:
            raise NotFound
        return attachment(run.result.problem, f"run-{run.id}-problem.zip")


def _may_start() -> bool:
    person = actor()
    return person.organisation_id is not None and can_start_run(person, person.organisation_id)


def _plans(session: Session, run: MatchingRun) -> dict[str, Any]:
    """The plans of the run that this person may know of, and whether another may be proposed."""
    found = plans.plans_of(session, run.id)
    return {
        "plans": found,
        "may_propose": POLICY["applications.new"].admits(actor())
        and not any(plan.status in LIVE_APPLICATIONS for plan in found),
        "plan_words": application_words,
    }


def _policy(run: MatchingRun) -> dict[str, Any]:
    """What runs/_policy.html shows: the numbers of the run beside the published ones."""
    policy = runs.policy_of(run)
    return {
        "policy": policy,
        "numbers": policy_numbers(asdict(policy)),
        "published": PUBLISHED,
        "changed": changed(policy),
        "words": vocabulary,
    }


def standing(run: MatchingRun) -> dict[str, Any]:
    """What the progress part shows."""
    said = run.progress or {}
    objective, bound = said.get("objective"), said.get("bound")
    return {
        "is_active": run.status in UNDER_WAY,
        "stage": STAGES.get(said.get("stage", ""), "Solving") if run.status is RunStatus.RUNNING else "",
        "seconds": said.get("seconds", 0),
        "gap": (objective - bound) / objective if objective and bound is not None else None,
    }


def _dearest(pools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pools of which one more place or hour is worth most, dearest first."""
    short = [
        {**row, "years": years(row["years"]) if "years" in row else ""} for row in pools if row["shadow_price"] > 0
    ]
    return sorted(short, key=lambda row: (-row["shadow_price"], row["pool"]))[:DEAREST]


def years(group: str) -> str:
    """A vacancy group ("7-11", "-1-6") in words."""
    low, _, high = group.rpartition("-")
    first, last = vocabulary.YEAR_GROUPS[int(low)], vocabulary.YEAR_GROUPS[int(high)]
    return first if low == high else f"{first} to {last[0].lower()}{last[1:]}"


def _tags(asked: dict[str, Any], las: dict[str, str]) -> list[dict[str, str]]:
    words = {"la": las, "kind": vocabulary.KINDS, "reason": vocabulary.UNPLACED}
    return [
        {"text": words[name].get(value, value), "href": here_without(name, value)}
        for name in words
        for value in asked[name]
    ]
