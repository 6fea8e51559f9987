"""Matching runs: started, watched while they run, and what they recommend."""

from io import BytesIO
from typing import Any

from flask import Response, send_file, url_for

from marketplace.api import repeats
from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.pages import page_of, paged
from marketplace.api.run_shapes import (
    MatchingRunsSchema,
    RecommendationSchema,
    RunProgressSchema,
    WholeRunSchema,
    progress_shape,
    recommendation_shape,
    run_shape,
)
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.schemas.runs import RecommendationsSchema, RunSchema
from marketplace.services.matching import runs
from marketplace.services.matching.figures import PAGE, Wanted, list_recommendations
from marketplace.services.matching.policy import policy_of

bp = Blueprint("runs", __name__, url_prefix="/runs", description="Matching runs over needs and vacancies")


@bp.get("")
@bp.shows(MatchingRunsSchema)
def index() -> dict[str, Any]:
    """The runs that this token's owner may know of."""
    with transaction(actor()) as session:
        return {"items": [run_shape(run) for run in runs.list_runs(session)]}


@bp.post("")
@bp.takes(RunSchema)
@bp.does(202)
def post(asked: dict[str, Any]) -> Response:
    """Queue a run over the LA or region of this token's owner. It is done when its status says so."""
    person = actor()
    assert person.organisation_id is not None
    with transaction(person) as session:
        run = runs.start_run(
            session,
            person,
            scope_id=person.organisation_id,
            on=asked.pop("on"),
            seconds=asked.pop("seconds"),
            policy=policy_of(asked),
        )
        return repeats.answer(session, 202, run, url_for("runs.show", run_id=run.id))


@bp.get("/<int:run_id>")
@bp.shows(WholeRunSchema)
def show(run_id: int) -> dict[str, Any]:
    """One run. The result of a region's run is the region's: its LAs read null."""
    with transaction(actor()) as session:
        run = runs.get_run(session, run_id)
        result = run.result
        return run_shape(run) | {
            "policy": run.policy,
            "problem_sha256": result.sha256 if result else None,
            "summary": result.summary if result else None,
        }


@bp.get("/<int:run_id>/progress")
@bp.shows(RunProgressSchema)
def progress(run_id: int) -> dict[str, Any]:
    """Where a run stands: the least that whoever waits for it has to read."""
    with transaction(actor()) as session:
        return progress_shape(runs.get_run(session, run_id))


@bp.get("/<int:run_id>/recommendations")
@bp.asks(RecommendationsSchema)
@bp.shows(paged(RecommendationSchema))
def recommendations(asked: dict[str, Any], run_id: int) -> dict[str, Any]:
    """Whom to consult for each pupil, or why nobody: who has no place first, by reason, then by need."""
    wanted = Wanted(las=tuple(asked["la"]), kinds=tuple(asked["kind"]), reasons=tuple(asked["reason"]))
    with transaction(actor()) as session:
        run = runs.get_done_run(session, run_id)
        rows, count = list_recommendations(session, run.id, wanted, page=asked["page"])
        pages = max(1, -(-count // PAGE))
        return page_of([recommendation_shape(row) for row in rows], page=asked["page"], pages=pages, count=count)


@bp.get("/<int:run_id>/answer.zip")
@bp.sends("application/zip")
def answer(run_id: int) -> Response:
    """The answer as `marketplace match` writes it."""
    with transaction(actor()) as session:
        run = runs.get_done_run(session, run_id)
        if run.result is None or run.result.answer is None:
            raise NotFound("This run has no answer that you may read.")
        content = run.result.answer
    return send_file(BytesIO(content), "application/zip", as_attachment=True, download_name=f"run-{run_id}-answer.zip")
