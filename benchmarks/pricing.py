"""Times the price arithmetic at 40,000 placements beside its peers: `python -m benchmarks.pricing`.

The shadow run's peer is the same in plain pandas; the calibration's is one call of scipy's `linprog`, on the programme
as a textbook writes it and on the dual that we solve. All in the same run: read the ratios, not the seconds. It must
never decide how prices are computed.
"""

import importlib.util
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from statistics import median
from typing import Any

import click
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, eye_array, hstack

from benchmarks.page import machine, write_section
from pricing.calibration import calibrate
from pricing.fitting import Dual, dual
from pricing.framework import SettingType
from pricing.observed import BANDS, PATTERNS, SETTING_TYPES, Observed, Placement
from pricing.profile import Band
from pricing.shadow import MOST_YEARS, shadow_run
from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff

PLACEMENTS = 40_000
SEED = 7
ROUNDS = 7
LIMIT = 500  # of the transition, in hundredths of a per cent
STEP = 1_000
TARIFF = load_tariff(DEMONSTRATION_TARIFF)
SHARES = {Band.MODERATE: 0.2, Band.INTENSIVE: 0.4, Band.PROFOUND: 0.3, Band.EXCEPTIONAL: 0.1}
PATTERN_SHARES = (0.8, 0.08, 0.08, 0.04)
NOISE, OUTLIERS = 0.1, 0.1
TEXT = """Written by `python -m benchmarks.pricing`: {placements:,} made-up placements (seed {seed}) at the
demonstration tariff, with noise of 10% and one price in ten half as much again. {machine}, {versions}.
Median of {rounds} for the shadow run, one run of the others.

| what | s | peer | s | peer / ours |
|:--|--:|:--|--:|--:|
{rows}

A shadow run starts from columns in memory and ends with guide prices, transition and totals by LA, provider, band and
pattern; both give the same figures. The textbook programme has a row for each placement, the dual that is solved a row
for each band. `linprog` has its default method and options but where it says `as called`: then it has those with which
we call it, and what is more in ours is the preparation, the search for whole pounds and the fit table.
"""


def made_up(n: int) -> Observed:
    """Placements at the demonstration tariff with noise and gross prices."""
    random = np.random.default_rng(SEED)
    band = random.choice(len(SHARES), n, p=list(SHARES.values()))
    pattern = random.choice(len(PATTERNS), n, p=PATTERN_SHARES)
    setting = random.integers(0, n // 16, n)
    area = np.round(random.uniform(1, 1.18, n), 3)
    price = np.array([TARIFF.band[each] / 100 for each in SHARES])[band] * area
    price *= np.array([float(TARIFF.pattern[each]) for each in PATTERNS])[pattern]
    price *= np.exp(NOISE * random.standard_normal(n)) * np.where(random.random(n) < OUTLIERS, 1.5, 1)
    bands = list(SHARES)
    return Observed.of(
        Placement(
            placement=f"P{row:06}",
            la=f"{200 + setting[row] % 150}",
            setting=f"S{setting[row]}",
            provider=f"Fictional Trust {setting[row] // 3}",
            setting_type=SETTING_TYPES[setting[row] % 3] if row else SettingType.NMSS,
            pattern=PATTERNS[pattern[row]],
            band=bands[band[row]],
            area_factor=float(area[row]),
            price=round(float(price[row])),
        )
        for row in range(n)
    )


def in_pandas(frame: Any) -> tuple[Any, list[Any], list[Any]]:
    """The shadow run as one would write it in pandas: guide, years of transition, totals."""
    band = {str(each): pence / 100 for each, pence in TARIFF.band.items()}
    pattern = {str(each): float(multiplier) for each, multiplier in TARIFF.pattern.items()}
    price = frame["price"]
    guide = np.floor(frame["band"].map(band) * frame["pattern"].map(pattern) * frame["area_factor"] + 0.5).astype(
        "int64"
    )
    years: list[Any] = []
    paid = price
    while not years or ((paid != guide).any() and len(years) < MOST_YEARS):
        step = (paid * LIMIT // 10_000).clip(lower=1)
        paid = paid + (guide - paid).clip(-step, step)
        years.append(paid)
    table = frame.assign(guide=guide, difference=guide - price, gain=guide > price, lose=guide < price, n=1)
    figures = ["n", "price", "guide", "difference", "gain", "lose"]
    return guide, years, [table.groupby(noun)[figures].sum() for noun in ("la", "provider", "band", "pattern")]


def textbook(observed: Observed) -> "partial[Any]":
    """One call of `linprog` on the programme with a row for each placement."""
    n = len(observed)
    multiplier = np.array([float(TARIFF.pattern[each]) for each in PATTERNS])[observed.pattern]
    levels, band = np.unique(observed.band, return_inverse=True)
    prices = coo_array((multiplier, (np.arange(n), band)), shape=(n, len(levels)))
    matrix: Any = csr_array(hstack([prices, eye_array(n), -eye_array(n)]))
    costs = np.concatenate([np.zeros(len(levels)), np.ones(2 * n)])
    low = np.concatenate([np.full(len(levels), -np.inf), np.zeros(2 * n)])
    bounds = np.column_stack([low, np.full(len(low), np.inf)])
    return partial(optimum, costs, A_eq=matrix, b_eq=observed.price / observed.area_factor, bounds=bounds)


def shadow_rows(observed: Observed) -> list[str]:
    """The shadow run, and pandas if it is there; they must agree."""
    ours = median(seconds(lambda: shadow_run(observed, TARIFF, limit=LIMIT))[0] for _ in range(ROUNDS))
    if not importlib.util.find_spec("pandas"):
        return [f"| shadow run | {ours:.3f} | pandas is not installed | – | – |"]
    import pandas as pd  # noqa: PLC0415 - a peer need not be installed

    frame = pd.DataFrame(
        {
            "la": list(observed.la),
            "provider": list(observed.provider),
            "band": [str(BANDS[code]) for code in observed.band],
            "pattern": [str(PATTERNS[code]) for code in observed.pattern],
            "area_factor": observed.area_factor,
            "price": observed.price,
        }
    )
    run, (guide, years, totals) = shadow_run(observed, TARIFF, limit=LIMIT), in_pandas(frame)
    off = np.abs(run.guide - guide.to_numpy())
    if off.max() > 1 or (off > 0).mean() > 0.01 or len(years) != len(run.transition):
        raise AssertionError("pandas does not give the same figures")  # floats may miss a half by a pound
    if [len(total) for total in totals] != [len(run.by[noun]) for noun in ("la", "provider", "band", "pattern")]:
        raise AssertionError("pandas does not give the same groups")
    peer = median(seconds(lambda: in_pandas(frame))[0] for _ in range(ROUNDS))
    return [f"| shadow run | {ours:.3f} | plain pandas {version('pandas')} | {peer:.3f} | {peer / ours:.1f} |"]


def calibration_rows(observed: Observed) -> list[str]:
    """Calibration, plain and cost-neutral, beside one `linprog` on the textbook's matrix and on its own."""
    rows = []
    for is_neutral, name in ((False, "calibration"), (True, "calibration, cost-neutral")):
        work = partial(calibrate, observed, multipliers=TARIFF.pattern, step=STEP, is_neutral=is_neutral)
        ours, found = seconds(work)
        if is_neutral and found.cost_difference:
            raise AssertionError("the calibration is not neutral")
        own = own_matrix(observed, is_neutral=is_neutral)
        bounds = np.column_stack([own.low, own.high])
        solve = partial(optimum, -own.gain, A_eq=own.matrix, b_eq=np.zeros(own.matrix.shape[0]), bounds=bounds)
        peers = {
            "linprog on its own matrix, as called": partial(solve, method="highs-ipm", options={"presolve": False}),
            "linprog on its own matrix": solve,
        }
        if not is_neutral:
            peers["linprog on the textbook programme"] = textbook(observed)
        for peer, call in peers.items():
            took, _ = seconds(call)
            rows.append(f"| {name} | {ours:.2f} | {peer} | {took:.2f} | {took / ours:.1f} |")
    return rows


def own_matrix(observed: Observed, *, is_neutral: bool) -> Dual:
    """The dual that the calibration solves."""
    multiplier = np.array([float(TARIFF.pattern[each]) for each in PATTERNS])[observed.pattern]
    band = np.unique(observed.band, return_inverse=True)[1]
    weight = np.bincount(band, multiplier * observed.area_factor).astype(np.float64) if is_neutral else None
    rise = np.array([1.0, *[STEP] * int(band.max())])
    return dual(observed.price / observed.area_factor, multiplier, band, rise, weight, float(observed.price.sum()))


def optimum(*arguments: Any, **options: Any) -> Any:
    """`linprog`, whose stubs know no sparse matrix; it must find an optimum."""
    solve: Any = linprog
    answer = solve(*arguments, **options)
    if answer.status:
        raise AssertionError(answer.message)
    return answer


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long the work took, and what came of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


@click.command()
@click.option("--placements", type=click.IntRange(1_000), default=PLACEMENTS, show_default=True)
@click.option("--write/--no-write", default=True, show_default=True, help="Write the section of docs/performance.md.")
def main(placements: int, *, write: bool) -> None:
    """Measure, print the table, and write the section Prices of docs/performance.md."""
    observed = made_up(placements)
    rows = [*shadow_rows(observed), *calibration_rows(observed)]
    text = TEXT.format(
        placements=placements,
        seed=SEED,
        machine=machine(),
        versions=", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy")),
        rounds=ROUNDS,
        rows="\n".join(rows),
    )
    print(text)
    if write:
        write_section("Prices", text)


if __name__ == "__main__":
    main()
