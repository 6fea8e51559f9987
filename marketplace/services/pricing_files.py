"""What calibration, shadow run and corridor are as files: a tariff, and two folders. It decides nothing.

The commands write them and the pages hand them out, the same to the byte.
Same placements, same tariff: the same bytes, whatever the order of the rows.
"""

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.cells import neutralised
from optimiser.files import csv_text, json_text, write_text
from optimiser.result_folder import FolderTakenError, whole_folder
from pricing.calibration import Calibration
from pricing.corridor import QUANTILES, Corridor
from pricing.money import pounds, whole_pounds
from pricing.observed import BANDS, PATTERNS, SETTING_TYPES, Observed
from pricing.shadow import ShadowRun, Total
from pricing.tariff import load_tariff
from pricing.tariff_text import tariff_text

TOTAL_COLUMNS = ("n", "price", "guide", "difference", "gain", "lose")
SHADOW_COLUMNS = ("placement", "price", "guide", "difference")
CORRIDOR_COLUMNS = ("band", "pattern", "setting_type", "n", "low", "median", "high")
PLACE_COLUMNS = ("placement", "price", "price_at_factor_1", "low", "median", "high", "place")


def tariff_file(calibration: Calibration, *, name: str, valid_from: date, multipliers_of: str) -> str:
    """The text of a calibrated tariff, its fit in remarks. Raises pricing.table.Invalid for one that cannot be used."""
    content = _content(calibration, name, valid_from, multipliers_of)
    text = tariff_text(content, _remarks(calibration))
    load_tariff(content)
    return text


def tariff_content(calibration: Calibration, *, name: str, valid_from: date, multipliers_of: str) -> dict[str, Any]:
    """What the file says, as JSON can hold it: what reading the file gives."""
    content = _content(calibration, name, valid_from, multipliers_of)
    pattern = {name: float(multiplier) for name, multiplier in content["pattern"].items()}
    return {**content, "valid_from": valid_from.isoformat(), "pattern": pattern}


def _content(calibration: Calibration, name: str, valid_from: date, multipliers_of: str) -> dict[str, Any]:
    fitted = f", fitted for {', '.join(calibration.fitted)}" if calibration.fitted else ""
    return {
        "name": name,
        "basis": "local",
        "valid_from": valid_from,
        "source": f"Calibrated on {calibration.n:,} observed placements; multipliers of {multipliers_of}{fitted}.",
        "band": {str(band): price for band, price in calibration.band.items()},
        "pattern": {str(pattern): multiplier for pattern, multiplier in calibration.pattern.items()},
    }


def write_new_file(path: Path, text: str) -> None:
    """Write a file that is whole or absent and takes the place of none. Raises FolderTakenError, OSError."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        write_text(partial, text)
        os.link(partial, path)
    except FileExistsError:
        raise FolderTakenError(f"{path} exists; give another name.") from None
    finally:
        partial.unlink(missing_ok=True)


def write_folder(out: Path, files: Mapping[str, str]) -> None:
    """The files by name in a folder, whole or not at all. Raises FolderTakenError, OSError."""
    with whole_folder(out) as folder:
        for name, text in files.items():
            write_text(folder / name, text)


def shadow_files(run: ShadowRun, *, limit: int | None) -> dict[str, str]:
    """The files of a shadow run, by name."""
    observed = run.observed
    years = [f"transition_{year}" for year in range(1, len(run.transition) + 1)]
    figures = [each.tolist() for each in (observed.price, run.guide, run.difference, *run.transition)]
    rows = zip(map(neutralised, observed.placement), *(map(str, each) for each in figures), strict=True)
    return {
        "placements.csv": csv_text((*SHADOW_COLUMNS, *years), rows),
        **{f"by_{noun}.csv": _totals_text(noun, totals) for noun, totals in run.by.items()},
        "summary.json": json_text(shadow_summary(run, limit)),
    }


def _totals_text(noun: str, totals: Iterable[Total]) -> str:
    lines = ([neutralised(each.name), *map(str, _figures(each))] for each in totals)
    return csv_text((noun, *TOTAL_COLUMNS), lines)


def shadow_summary(run: ShadowRun, limit: int | None) -> dict[str, Any]:
    """The content of a shadow run's summary.json."""
    total = run.total
    return {
        "tariff": run.tariff,
        "n": total.n,
        "price": total.price,
        "guide": total.guide,
        "difference": total.difference,
        "share_gain": round(total.gain / total.n, 6),
        "share_lose": round(total.lose / total.n, 6),
        "limit": None if limit is None else limit / 100,
        "transition": [int(paid.sum()) for paid in run.transition],
        "beyond": run.beyond,
    }


def corridor_files(found: Corridor, observed: Observed) -> dict[str, str]:
    """The files of a corridor, by name, in whole £."""
    cells = (
        (*map(str, cell), *map(str, (bounds.n, *map(whole_pounds, (bounds.low, bounds.median, bounds.high)))))
        for cell, bounds in found.bounds.items()
    )
    return {
        "corridor.csv": csv_text(CORRIDOR_COLUMNS, cells),
        "placements.csv": csv_text(PLACE_COLUMNS, _places(found, observed)),
        "summary.json": json_text(corridor_summary(found)),
    }


def corridor_summary(found: Corridor) -> dict[str, Any]:
    """The content of a corridor's summary.json."""
    r2 = zip(QUANTILES, found.pseudo_r2, strict=True)
    return {
        "on": found.on.isoformat(),
        "n": found.n,
        "pseudo_r2": {str(q): share if share is None else round(share, 6) for q, share in r2},
    }


def _places(found: Corridor, observed: Observed) -> Iterable[Sequence[str]]:
    pence = np.floor(100 * observed.price / observed.area_factor + 0.5).astype(np.int64).tolist()
    codes = (observed.band.tolist(), observed.pattern.tolist(), observed.setting_type.tolist())
    for name, price, amount, band, pattern, kind in zip(
        observed.placement, observed.price.tolist(), pence, *codes, strict=True
    ):
        bounds = found.bounds[BANDS[band], PATTERNS[pattern], SETTING_TYPES[kind]]
        figures = map(whole_pounds, (amount, bounds.low, bounds.median, bounds.high))
        yield neutralised(name), str(price), *map(str, figures), bounds.place(amount)


def _remarks(calibration: Calibration) -> Iterable[str]:
    yield f"Calibrated on {calibration.n:,} placements. Whole £ a year, day, 38 weeks, area factor 1."
    yield f"They would cost {change(calibration.cost_difference)}."
    if calibration.fitted:
        settled = "and settled" if calibration.is_settled else "without settling"
        yield f"Multipliers were fitted in {calibration.rounds} rounds {settled}."
    yield "band: placements; quartiles of price less guide price, £; £ paid more, £ paid less"
    for fit in calibration.fit:
        quartiles = ", ".join(f"{each:,}" for each in (fit.lower_quartile, fit.median, fit.upper_quartile))
        yield f"{fit.band}: {fit.n:,}; {quartiles}; {fit.more:,}, {fit.less:,}"


def change(difference: int) -> str:
    """A change of cost in whole £ a year, in words."""
    if difference == 0:
        return "what they cost today, to the pound"
    return f"{pounds(100 * abs(difference))} a year {'more' if difference > 0 else 'less'} than today"


def _figures(total: Total) -> list[int]:
    return [asdict(total)[column] for column in TOTAL_COLUMNS]
