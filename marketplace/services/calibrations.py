"""Calibrations: a tariff fitted to a placement set. A proposal with its fit; nothing holds until it is adopted."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid
from marketplace.models import Calibration, Tariff
from marketplace.permissions import Actor
from marketplace.services import price_runs
from marketplace.services.adoption import in_force
from marketplace.services.drafts import version_after
from marketplace.services.price_runs import Result
from marketplace.services.pricing_files import tariff_content, tariff_file
from marketplace.services.tariff_drafts import draft_tariff
from marketplace.services.tariff_files import read_tariff
from marketplace.services.tariffs import find_tariff
from pricing import table
from pricing.calibration import calibrate
from pricing.fitting import NoTariff
from pricing.observed import Observed
from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff

STEP = 1_000  # £ from band to band, unless told otherwise


def start_calibration(
    session: Session,
    actor: Actor,
    *,
    placement_set_id: int,
    name: str,
    valid_from: date,
    multipliers_of: int | None = None,
    step: int = STEP,
    is_neutral: bool = False,
    fits_multipliers: bool = False,
) -> Calibration:
    """Queue the fit of a tariff to a set, from the multipliers of another tariff, of the demonstration's where none is
    named. Raises Invalid where these lack a pattern that is in the set."""
    placements = price_runs.own_set(session, actor, placement_set_id, "calibrate a tariff")
    multipliers = _multipliers(session, multipliers_of)
    known = {str(pattern) for pattern in load_tariff(multipliers).pattern}
    missing = [pattern for pattern in placements.contents["pattern"] if pattern not in known]
    if missing:
        words = f"It states no multiplier for {', '.join(missing)}, which is in the set. Choose another tariff."
        raise Invalid({"multipliers_of": [words]})
    run = Calibration(
        name=name,
        valid_from=valid_from,
        step=step,
        is_neutral=is_neutral,
        fits_multipliers=fits_multipliers,
        multipliers=multipliers,
    )
    price_runs.start(session, actor, run, placements, step=step, neutral=is_neutral, fit_multipliers=fits_multipliers)
    return run


def save_as_draft(session: Session, actor: Actor, *, calibration_id: int, version: str) -> Tariff:
    """Keep the calibrated tariff as a draft of its owner, under a version of its own. Raises Conflict where there is
    nothing to keep, and Invalid, with the version's faults by name and all others as those of the whole form."""
    run = price_runs.get_run(session, Calibration, calibration_id)
    if run.figures is None:
        raise Conflict(f"The calibration {run.id} has no result to keep: it is {run.status.value}.")
    try:
        row = draft_tariff(session, actor, content={**run.figures["content"], "version": version})
    except Invalid as invalid:
        others = [words for field, found in invalid.errors.items() if field != "version" for words in found]
        form = {"_form": [" ".join(others)]} if others else {}
        raise Invalid({key: found for key, found in invalid.errors.items() if key == "version"} | form) from invalid
    audit.record(session, actor, "calibration saved as draft", run, tariff_id=row.id)
    return row


def next_version(session: Session, run: Calibration) -> str:
    """The version to offer for a draft: one more than the highest number that the owner's tariffs of the name have."""
    found = session.scalars(select(Tariff.version).where(Tariff.owner_id == run.owner_id, Tariff.name == run.name))
    return version_after(found, least=1)


def usual_multipliers(session: Session, *, on: date) -> int | None:
    """The tariff in force whose multipliers to offer first: the one that started last; None where there is none."""
    return session.scalar(
        select(Tariff.id).where(*in_force(Tariff, on)).order_by(Tariff.starts_on.desc(), Tariff.id.desc()).limit(1)
    )


def _multipliers(session: Session, tariff_id: int | None) -> dict[str, Any]:
    if tariff_id is None:
        content = read_tariff(DEMONSTRATION_TARIFF, [])
        assert content is not None
        return content
    return find_tariff(session, tariff_id).content


def compute(run: Calibration, observed: Observed) -> Result:
    """The tariff fitted, as the run asks, and how well. Raises Conflict where no tariff fits."""
    start = load_tariff(run.multipliers)
    try:
        found = calibrate(
            observed,
            multipliers=start.pattern,
            step=run.step,
            is_neutral=run.is_neutral,
            fits_multipliers=run.fits_multipliers,
        )
        text = tariff_file(found, name=run.name, valid_from=run.valid_from, multipliers_of=str(start))
    except (NoTariff, table.Invalid) as error:
        raise Conflict(str(error)) from error
    figures = {
        "n": found.n,
        "cost_difference": found.cost_difference,
        "rounds": found.rounds,
        "is_settled": found.is_settled,
        "fitted": [str(pattern) for pattern in found.fitted],
        "fit": [asdict(fit) for fit in found.fit],
        "content": tariff_content(found, name=run.name, valid_from=run.valid_from, multipliers_of=str(start)),
    }
    return Result(figures, text.encode())


STEPS = price_runs.steps(Calibration, compute)
