"""Calibrations: a tariff fitted to a placement set. A proposal with its fit; nothing holds until it is adopted."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid
from marketplace.models import Calibration
from marketplace.permissions import Actor
from marketplace.services import price_runs
from marketplace.services.price_runs import Result
from marketplace.services.pricing_files import tariff_content, tariff_file
from pricing import table
from pricing.calibration import calibrate
from pricing.fitting import NoTariff
from pricing.observed import Observed
from pricing.tariff import load_tariff

STEP = 1_000  # £ from band to band, unless told otherwise


def start_calibration(
    session: Session,
    actor: Actor,
    *,
    placement_set_id: int,
    name: str,
    valid_from: date,
    multipliers: Mapping[str, Any],
    step: int = STEP,
    is_neutral: bool = False,
    fits_multipliers: bool = False,
) -> Calibration:
    """Queue the fit of a tariff to a set, from the multipliers of a tariff's content. Raises Invalid where these lack a
    pattern that is in the set."""
    placements = price_runs.own_set(session, actor, placement_set_id, "calibrate a tariff")
    known = {str(pattern) for pattern in load_tariff(dict(multipliers)).pattern}
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
        multipliers=dict(multipliers),
    )
    price_runs.start(session, actor, run, placements, step=step, neutral=is_neutral, fit_multipliers=fits_multipliers)
    return run


def _compute(run: Calibration, observed: Observed) -> Result:
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


STEPS = price_runs.steps(Calibration, _compute)
