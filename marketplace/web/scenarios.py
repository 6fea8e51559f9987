"""Scenarios: what-ifs on one frozen base. Setting one, watching them, reading them side by side, who moved and why."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.models import UNDER_WAY, MatchingRun, RunStatus, ScenarioChanges
from marketplace.permissions import can_start_run
from marketplace.schemas.scenarios import MovesSchema, ScenarioSchema, StandingSchema
from marketplace.services.matching import scenarios
from marketplace.services.matching.changes import Asked, Line
from marketplace.services.matching.figures import PAGE, cost
from marketplace.services.matching.runs import policy_of
from marketplace.services.matching.scenario_figures import list_moves, totals
from marketplace.services.matching.scenario_files import WEIGHTS, moves_csv, scenario_workbook
from marketplace.web import forms, price_runs, scenario_tables
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.formats import exact
from marketplace.web.runs import standing

bp = Blueprint("scenarios", __name__, url_prefix="/runs/<int:run_id>/scenarios")


@bp.get("")
def index(run_id: int) -> ResponseReturnValue:
    """The scenarios of a base: which are under way, and those that are done beside the base."""
    with transaction(actor()) as session:
        found = scenarios.list_scenarios(session, run_id)
        done = [run for run in found.scenarios if run.status is RunStatus.DONE]
        sums = totals(session, run_id, [run.id for run in done])
        return render_template(
            "scenarios/index.html",
            **_standing(found),
            words=found.words,
            failed=[run for run in found.scenarios if run.status is RunStatus.FAILED],
            done=done,
            tables=scenario_tables.tables([found.base, *done], sums),
            charts=scenario_tables.charts([found.base, *done], sums),
            may_start=_may_start(found.base) and len(found.scenarios) < scenarios.MOST,
            most=scenarios.MOST,
        )


@bp.get("/progress")
def progress(run_id: int) -> ResponseReturnValue:
    """The part of the list that changes; when one has ended since the page was drawn the page itself is to be read."""
    waiting = forms.read(StandingSchema, forms.asked())["waiting"]
    with transaction(actor()) as session:
        shown = _standing(scenarios.list_scenarios(session, run_id))
        answer = Response(render_template("scenarios/_progress.html", **shown))
    if len(shown["active"]) < waiting:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/new")
def new(run_id: int) -> ResponseReturnValue:
    """What may be made otherwise, with what holds in the base."""
    with transaction(actor()) as session:
        base = scenarios.base_of(session, run_id)
        policy = policy_of(base)
        numbers = {name: exact(getattr(policy, name)) for name in WEIGHTS}
        budgets = scenarios.budgets_of(session, base)
        shares = {f"budgets-{authority.id}-percent": "100" for authority, _ in budgets}
        return render_template(
            "scenarios/new.html",
            base=base,
            budgets=budgets,
            form=forms.shown({"kinds": list(vocabulary.KINDS), **numbers, **shares}),
            numbers=numbers,
            tariffs=price_runs.tariffs(session),
            words=vocabulary,
        )


@bp.post("/new")
@forms.redisplay(new)
def post_new(run_id: int) -> ResponseReturnValue:
    """Queue it."""
    form = forms.read(ScenarioSchema, forms.nested(forms.typed()))
    person = actor()
    with transaction(person) as session:
        base = scenarios.base_of(session, run_id)
        codes = {authority.id: authority.code for authority, _ in scenarios.budgets_of(session, base)}
        asked = Asked(
            budgets={codes.get(at, str(at)): row["percent"] for at, row in form["budgets"].items()},
            kinds=form["kinds"],
            policy={name: form[name] for name in WEIGHTS if name in form},
            places=_lines(form["places"]),
            closed=_lines(form["closed"]),
            locked=_lines(form["locked"]),
            forbidden=_lines(form["forbidden"]),
        )
        scenarios.start_scenario(
            session, person, base_id=run_id, name=form["name"], asked=asked, tariff_id=form["tariff_id"]
        )
    return redirect(url_for("scenarios.index", run_id=run_id))


@bp.get("/<int:scenario_id>")
def show(run_id: int, scenario_id: int) -> ResponseReturnValue:
    """One scenario: what it changes, how it differs from the base, who moved and why."""
    page = forms.read(MovesSchema, forms.asked())["page"]
    with transaction(actor()) as session:
        base, run = _both(session, run_id, scenario_id)
        changes = session.get(ScenarioChanges, run.id)
        sums = totals(session, base.id, [run.id])
        moves, count = list_moves(session, base.id, run.id, page=page)
        return render_template(
            "scenarios/show.html",
            base=base,
            run=run,
            sentences=changes.words if changes else None,
            tables=scenario_tables.tables([base, run], sums),
            moves=moves,
            count=count,
            page=page,
            pages=max(1, -(-count // PAGE)),
            cost=cost,
            words=vocabulary,
        )


@bp.get("/<int:scenario_id>/moves.csv")
def file(run_id: int, scenario_id: int) -> ResponseReturnValue:
    """Who moved and why, as CSV."""
    with transaction(actor()) as session:
        _, run = _both(session, run_id, scenario_id)
        moves, _ = list_moves(session, run_id, run.id, size=None)
        return attachment(moves_csv(moves), f"run-{run_id}-scenario-{run.id}-moved.csv")


@bp.get("/<int:scenario_id>/difference.xlsx")
def workbook(run_id: int, scenario_id: int) -> ResponseReturnValue:
    """The base and the scenario side by side, and who moved, as a workbook."""
    with transaction(actor()) as session:
        base, run = _both(session, run_id, scenario_id)
        moves, _ = list_moves(session, run_id, run.id, size=None)
        content = scenario_workbook([base, run], totals(session, base.id, [run.id]), moves)
        return attachment(content, f"run-{run_id}-scenario-{run.id}.xlsx")


def _lines(rows: list[dict[str, Any]]) -> list[Line]:
    return [Line(**row) for row in rows]


def _both(session: Session, run_id: int, scenario_id: int) -> tuple[MatchingRun, MatchingRun]:
    """The base and a scenario of it that is done. Raises NotFound, and Conflict where it is not."""
    base, run = scenarios.base_of(session, run_id), scenarios.get_scenario(session, run_id, scenario_id)
    if run.status is not RunStatus.DONE:
        raise Conflict(
            f"The scenario {run.name} is {run.status.value}. Open the scenarios of run {base.id} to see why."
        )
    return base, run


def _may_start(base: MatchingRun) -> bool:
    return can_start_run(actor(), base.scope_id)


def _standing(found: scenarios.ScenarioList) -> dict[str, Any]:
    """What the progress part shows: each scenario that is under way, with its stage."""
    active = [run for run in found.scenarios if run.status in UNDER_WAY]
    return {"base": found.base, "active": [{"run": run, **standing(run)} for run in active]}
