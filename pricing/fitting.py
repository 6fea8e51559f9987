"""The linear programme that fits band prices to observed prices. Arrays in, prices in £ out; it rounds nothing.

Sets: i placements, b bands that are observed, in their order. Given: r_i = price_i / area factor_i and m_i, the
multiplier of its pattern; s_b, the least rise from the band before (or the least price, for the first); W_b = Σ m_i ×
area factor_i over the placements of b; C = Σ price_i. Variables: p_b.

    minimise   Σ_i |r_i − m_i p_b(i)|                                                        (1)
    subject to p_b − p_(b−1) ≥ s_b                           for each band                    (2)
               Σ_b W_b p_b = C                               when asked to be cost-neutral    (3)

What is solved is its dual, which has a row for each band instead of one for each placement, and so takes a hundredth of
the time (docs/performance.md). Variables: −1 ≤ u_i ≤ 1, v_b ≥ 0, t free. The prices are the multipliers of (5).

    maximise   Σ_i r_i u_i + Σ_b s_b v_b + C t                                               (4)
    subject to Σ_(i of b) m_i u_i + v_b − v_(b+1) + W_b t = 0   for each band                (5)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csc_array

from pricing.observed import Ints, Numbers

SCALE = 1_000.0  # £; keeps the solver's figures near 1
UNBOUNDED = (2, 3, 4)  # what HiGHS says of a dual whose primal nothing satisfies


class NoTariff(ValueError):
    """No tariff does what is asked; the message says why, for people to read."""


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """The programme as arrays: maximise gain · x, matrix x = 0, low ≤ x ≤ high."""

    gain: Numbers
    matrix: csc_array
    low: Numbers
    high: Numbers


def dual(target: Numbers, multiplier: Numbers, band: Ints, rise: Numbers, weight: Numbers | None, cost: float) -> Dual:
    """The dual of the programme above; bands are numbered from 0, `weight` (W) is None when (3) is not asked for."""
    n, bands = len(target), len(rise)
    upper = np.arange(bands)
    row = [band, upper, upper[:-1]]
    column = [np.arange(n), n + upper, n + upper[1:]]
    value = [multiplier, np.ones(bands), -np.ones(bands - 1)]
    gain = [target / SCALE, rise / SCALE]
    if weight is not None:
        size = weight.sum()  # so that the row is near 1, whatever the number of placements
        row.append(upper)
        column.append(np.full(bands, n + bands))
        value.append(weight / size)
        gain.append(np.array([cost / size / SCALE]))
    columns = n + bands + (weight is not None)
    matrix = coo_array((np.concatenate(value), (np.concatenate(row), np.concatenate(column))), shape=(bands, columns))
    low, high = np.full(columns, -np.inf), np.full(columns, np.inf)
    low[:n], high[:n] = -1, 1
    low[n : n + bands] = 0
    return Dual(np.concatenate(gain), csc_array(matrix), low, high)


def fit_bands(
    target: Numbers, multiplier: Numbers, band: Ints, rise: Numbers, weight: Numbers | None, cost: float
) -> Numbers:
    """The band prices that solve the programme. Raises NoTariff when no prices satisfy (2) and (3).

    >>> target, ones = np.array([30_000.0, 31_000.0, 39_000.0, 50_000.0, 52_000.0]), np.ones(5)
    >>> band, rise = np.array([0, 0, 0, 1, 1]), np.array([1.0, 1_000.0])
    >>> fit_bands(target, ones, band, rise, None, 0).round().tolist()[0]  # the median
    31000.0
    >>> fit_bands(target, ones, band, rise, np.array([3.0, 2.0]), 202_000.0).round().tolist()  # 3 p + 2 q = 202,000
    [32667.0, 52000.0]
    """
    problem = dual(target, multiplier, band, rise, weight, cost)
    found: Any = linprog(  # type: ignore[call-overload]  # whose stubs know no sparse matrix
        -problem.gain,
        A_eq=problem.matrix,
        b_eq=np.zeros(len(rise)),
        bounds=np.column_stack([problem.low, problem.high]).tolist(),
        method="highs-ipm",
        options={"presolve": False},
    )
    if weight is not None and found.status in UNBOUNDED:
        raise NoTariff("No tariff with so large a step costs the same as today. Give a smaller step.")
    if found.status != 0:
        raise RuntimeError(f"The solver stopped: {found.message}")
    prices: Numbers = -SCALE * found.eqlin.marginals
    return prices
