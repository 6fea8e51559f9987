"""The models of `optimiser.model` with a row (5) for each LA: what its pupils lose, at most what it loses alone.

PuLP holds the rows and HiGHS solves, as everywhere; the weights are the duals of the rows. It must know no pupil.
"""

from dataclasses import dataclass

import numpy as np
import pulp

from optimiser.clock import Clock
from optimiser.eligibility import Floats, Ints
from optimiser.highs import solve_relaxation, solve_whole
from optimiser.model import Model, relaxation, whole
from optimiser.programme import POUNDS, TOLERANCE, Prices, Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPrices:
    """The weight of each LA, 0 or more, and the prices of pools and budgets beside them."""

    weights: Floats
    prices: Prices


def fair_relaxation(
    programme: Programme, columns: Ints, la_of: Ints, limits: Floats, clock: Clock
) -> FairPrices | None:
    """The duals of the relaxation of these columns with (5); None when time runs out first.

    `la_of` is the LA of each pupil, `limits` what each LA loses alone, in km-equivalents.
    """
    if not clock.has_time_for(2 * len(columns)):
        return None
    model = relaxation(programme, columns, programme.room, programme.money / POUNDS)
    rows = _limit(model, programme, la_of, limits)
    found = solve_relaxation(model, Prices.none(programme), clock)
    if found is None:
        return None
    weights = np.zeros(len(limits))
    for la, row in rows.items():
        weights[la] = max(0.0, -row.pi)
    return FairPrices(weights=weights, prices=found.prices)


def fair_whole(programme: Programme, columns: Ints, la_of: Ints, limits: Floats, clock: Clock) -> Ints | None:
    """The best whole choice of these columns with (5) that is found in time; None where none is."""
    if not clock.has_time_for(2 * len(columns)):
        return None
    model = whole(programme, columns, programme.whole_room, programme.money)
    _limit(model, programme, la_of, limits)
    found = solve_whole(model, clock, gap=TOLERANCE)
    return None if found.values is None else columns[found.values > 0.5]


def _limit(model: Model, programme: Programme, la_of: Ints, limits: Floats) -> dict[int, pulp.LpConstraint]:
    """Constraint (5), by LA; an LA whose pupils have no column cannot be made better off by any row."""
    base = np.bincount(la_of, programme.unplaced, minlength=len(limits))
    las = la_of[programme.pupil(model.columns)].tolist()
    terms: dict[int, list[tuple[pulp.LpVariable, float]]] = {}
    for x, la, gain in zip(model.variables, las, programme.gain[model.columns].tolist(), strict=True):
        terms.setdefault(la, []).append((x, gain))
    rows = {
        la: pulp.LpConstraint(
            pulp.LpAffineExpression(terms[la]), pulp.LpConstraintLE, f"fair{la}", float(limits[la] - base[la])
        )
        for la in sorted(terms)
    }
    for row in rows.values():
        model.problem.addConstraint(row)
    return rows
