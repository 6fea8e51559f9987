"""Corridors: between which prices eight placements in ten of a set lie. They say what is paid, never what should be."""

from datetime import date

from sqlalchemy.orm import Session

from marketplace.errors import Conflict
from marketplace.models import Corridor
from marketplace.permissions import Actor
from marketplace.services import price_runs
from marketplace.services.archives import zip_of
from marketplace.services.price_runs import Result
from marketplace.services.pricing_files import corridor_files, corridor_summary
from pricing.corridor import FEWEST, corridor
from pricing.observed import Observed


def start_corridor(session: Session, actor: Actor, *, placement_set_id: int, today: date) -> Corridor:
    """Queue the corridor of a set, of the last day of its period, or of today where that is to come. Raises Conflict
    where the set has too few placements for one."""
    placements = price_runs.own_set(session, actor, placement_set_id, "draw a corridor")
    if placements.placements < FEWEST:
        raise Conflict(f"The set has {placements.placements} placements; a corridor needs at least {FEWEST}.")
    run = Corridor(on=min(placements.ends_on, today))
    price_runs.start(session, actor, run, placements, on=run.on.isoformat())
    return run


def compute(run: Corridor, observed: Observed) -> Result:
    """The corridor of the placements, on the day of the run."""
    found = corridor(observed, on=run.on)
    cells = [
        {"band": str(band), "pattern": str(pattern), "setting_type": str(kind)}
        | {"n": bounds.n, "low": bounds.low, "median": bounds.median, "high": bounds.high}
        for (band, pattern, kind), bounds in found.bounds.items()
    ]
    files = corridor_files(found, observed)
    figures = {**corridor_summary(found), "cells": cells}
    return Result(figures, zip_of((name, text.encode()) for name, text in files.items()))


STEPS = price_runs.steps(Corridor, compute)
