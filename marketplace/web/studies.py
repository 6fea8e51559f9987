"""Studies of a run: asking for one, watching it, reading where a place would help, who gains and who pays."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.models import UNDER_WAY, MatchingRun, RunStatus, Study
from marketplace.permissions import can_start_run
from marketplace.services.matching import studies
from marketplace.services.matching.study_files import places_csv
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.runs import years

bp = Blueprint("studies", __name__, url_prefix="/runs/<int:run_id>/study")

STAGES = {
    "freeze": "Taken by a worker",
    "again": "Matching again",
    "places": "Matching with one more place",
    "fair": "Finding an answer that leaves no LA worse off than apart",
    "nearest": "Placing nearest first, one by one",
}
# Of the pupils: what a table of them is called, and what its groups are.
GROUPINGS: dict[str, tuple[str, dict[str, str]]] = {
    "need": ("Primary need", vocabulary.PRIMARY_NEEDS),
    "level": ("Level of need", vocabulary.BANDS),
    "phase": ("Phase of education", {}),
    "kind": ("Kind of placement", vocabulary.KINDS),
}


@bp.get("")
def show(run_id: int) -> ResponseReturnValue:
    """The study that was asked for last: where it stands, why it failed, or what it found."""
    with transaction(actor()) as session:
        run, study = studies.latest_study(session, run_id)
        may_start = can_start_run(actor(), run.scope_id)
        if study is None or study.status is not RunStatus.DONE:
            return render_template("studies/active.html", may_start=may_start, **_standing(run, study))
        return render_template(
            "studies/show.html",
            run=run,
            study=study,
            figures=study.figures,
            names=studies.names_in(session, run, study),
            groupings=GROUPINGS,
            years=years,
        )


@bp.post("")
def post_start(run_id: int) -> ResponseReturnValue:
    """Ask for a study."""
    person = actor()
    with transaction(person) as session:
        studies.start_study(session, person, run_id=run_id)
    return redirect(url_for("studies.show", run_id=run_id))


@bp.post("/<int:study_id>/cancel")
def post_cancel(run_id: int, study_id: int) -> ResponseReturnValue:
    """End a study that nobody waits for any more; nothing of it is kept."""
    person = actor()
    with transaction(person) as session:
        studies.cancel_study(session, person, run_id=run_id, study_id=study_id)
    return redirect(url_for("studies.show", run_id=run_id))


@bp.get("/progress")
def progress(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while it is under way; when it has ended the page itself is to be read."""
    with transaction(actor()) as session:
        run, study = studies.latest_study(session, run_id)
        answer = Response(render_template("studies/_progress.html", **_standing(run, study)))
    if study is None or study.status not in UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.get("/places.csv")
def file(run_id: int) -> ResponseReturnValue:
    """Where one more place would help, as CSV."""
    with transaction(actor()) as session:
        run, study = studies.latest_study(session, run_id)
        if study is None or study.figures is None:
            raise Conflict(f"Run {run_id} has no study that is done. Open its study to see where it stands.")
        return attachment(places_csv(study, studies.names_in(session, run, study)), f"run-{run_id}-places.csv")


def _standing(run: MatchingRun, study: Study | None) -> dict[str, Any]:
    said = (study.progress if study else None) or {}
    return {
        "run": run,
        "study": study,
        "is_active": study is not None and study.status in UNDER_WAY,
        "stage": STAGES.get(said.get("stage", ""), "Computing"),
        "done": said.get("done"),
        "of": said.get("of"),
        "seconds": said.get("seconds", 0),
    }
