"""What the pricing commands tell on the terminal: the figures a person asks for first; the files hold the rest."""

from pathlib import Path

import click

from marketplace.cli.tables import print_table
from marketplace.services.pricing_files import change
from pricing.calibration import Calibration
from pricing.corridor import QUANTILES, Corridor
from pricing.money import pounds, whole_pounds
from pricing.shadow import ShadowRun

FIT_FIGURES = ("price", "lower_quartile", "median", "upper_quartile", "more", "less")


def print_calibration(found: Calibration, out: Path) -> None:
    """The bands with their fit, and the multipliers."""
    rows = [
        (str(fit.band), f"{fit.n:,}", *(_pounds(getattr(fit, figure)) for figure in FIT_FIGURES)) for fit in found.fit
    ]
    headings = (
        "band",
        "placements",
        "band price",
        "lower quartile",
        "median",
        "upper quartile",
        "paid more",
        "paid less",
    )
    print_table("Bands, with quartiles of price less guide price", headings, rows, texts=1)
    print_table("Multipliers", ("pattern", "× day"), [(each, str(m)) for each, m in found.pattern.items()], texts=1)
    if found.fitted:
        settled = "settled" if found.is_settled else "not settled"
        click.echo(f"Multipliers fitted in {found.rounds} rounds: {settled}")
    click.echo(f"The {found.n:,} placements would cost {change(found.cost_difference)}")
    click.echo(f"Tariff: {out}")


def print_shadow(run: ShadowRun, limit: int, out: Path) -> None:
    """The totals, and how long the way there is; `limit` in hundredths of a per cent."""
    for noun in ("la", "band", "pattern"):
        rows = [
            (each.name, f"{each.n:,}", _pounds(each.price), _pounds(each.guide), _pounds(each.difference))
            for each in (*run.by[noun], run.total)
        ]
        headings = (noun, "placements", "price", "guide", "difference")
        print_table(f"By {noun}", headings, rows, texts=1)
    click.echo(f"{run.total.gain:,} placements gain, {run.total.lose:,} lose")
    years = "1 year" if len(run.transition) == 1 else f"{len(run.transition)} years"
    but = f" but {run.beyond:,}" if run.beyond else ""
    click.echo(f"At no more than {limit / 100:g}% a year, all{but} arrive in {years}")
    click.echo(f"Result: {out}")


def print_corridor(found: Corridor, out: Path) -> None:
    """The bounds of every band, pattern and type that was observed."""
    rows = [
        (*map(str, cell), f"{bounds.n:,}", *map(_pounds, map(whole_pounds, (bounds.low, bounds.median, bounds.high))))
        for cell, bounds in found.bounds.items()
    ]
    headings = ("band", "pattern", "setting type", "placements", *(f"quantile {each}" for each in QUANTILES))
    print_table("Corridor, at area factor 1", headings, rows, texts=3)
    r2 = ", ".join("none" if each is None else f"{each:.2f}" for each in found.pseudo_r2)
    click.echo(f"{found.n:,} placements on {found.on}; pseudo-R² {r2}")
    click.echo(f"Result: {out}")


def _pounds(whole: int) -> str:
    return pounds(100 * whole)
