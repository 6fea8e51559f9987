"""What the pages of calibrations, shadow runs and corridors share: where a run stands, and its files. Not a noun."""

from typing import Any

from flask import Response, render_template, url_for
from sqlalchemy.orm import Session

from marketplace.errors import Conflict
from marketplace.models import UNDER_WAY, Calibration, Corridor, PriceRun, ShadowRun, Tariff
from marketplace.services.placement_sets import list_sets
from marketplace.services.price_runs import list_tariffs
from marketplace.web.formats import day

STAGES = {"freeze": "Taken by a worker", "reading": "Reading the placements", "computing": "Computing"}
# Each kind of run: its pages' noun, and what their addresses call its id.
PAGES: dict[type[PriceRun], tuple[str, str]] = {
    Calibration: ("calibrations", "calibration_id"),
    ShadowRun: ("shadow_runs", "shadow_run_id"),
    Corridor: ("corridors", "corridor_id"),
}


def active(run: PriceRun, again: str) -> str:
    """The page of a run that is waiting, under way or has failed; `again` is where another one starts."""
    return render_template("price_runs/active.html", again=again, **_standing(run))


def progress(run: PriceRun) -> Response:
    """The part of that page which changes; when the run has ended the page itself is to be read."""
    answer = Response(render_template("price_runs/_progress.html", **_standing(run)))
    if run.status not in UNDER_WAY:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _standing(run: PriceRun) -> dict[str, Any]:
    said = run.progress or {}
    noun, called = PAGES[type(run)]
    identity: dict[str, Any] = {called: run.id}
    return {
        "run": run,
        "noun": run.NOUN.capitalize(),
        "is_active": run.status in UNDER_WAY,
        "stage": STAGES.get(said.get("stage", ""), "Computing"),
        "seconds": said.get("seconds", 0),
        "renew": url_for(f"{noun}.progress", **identity),
    }


def files(run: PriceRun) -> bytes:
    """What the command writes. Raises Conflict where the run is not done."""
    if run.files is None:
        raise Conflict(f"The {run.NOUN} {run.id} has no result: it is {run.status.value}. Open it to see why.")
    return run.files


def sets(session: Session) -> list[tuple[int, str]]:
    """The placement sets to choose from."""
    return [(row.id, f"{row.name} ({row.placements:,} placements)") for row in list_sets(session)]


def tariffs(session: Session) -> list[tuple[int, str]]:
    """The tariffs to choose from."""
    return [(row.id, words(row)) for row in list_tariffs(session)]


def words(row: Tariff) -> str:
    """A tariff in a list."""
    return f"{row}, from {day(row.starts_on)}, {row.status.value.replace('_', ' ')}"
