"""`marketplace reference`: load the public files that the marketplace stands on, all or none of them."""

from collections.abc import Iterator
from pathlib import Path

import click

from marketplace.cli.reference_files import read
from marketplace.cli.session import FILE, application, told
from marketplace.db import transaction
from marketplace.models import today
from marketplace.permissions import SYSTEM
from marketplace.services.reference import Report, load_reference
from marketplace.services.register import Changes

MOST_NAMED = 20


@click.group()
def reference() -> None:
    """Load reference data: settings, LAs, boundaries, home areas, frameworks, tariffs and indices of costs."""


@reference.command()
@click.option("--gias", type=FILE, help="Bulk file of all establishments, as GIAS publishes it (CSV).")
@click.option("--boundaries", type=FILE, help="Boundaries of LAs for maps (GeoJSON in WGS84).")
@click.option("--home-areas", type=FILE, help="Postcode districts with their centres (CSV).")
@click.option("--framework", type=FILE, help="How a needs profile becomes a band (TOML).")
@click.option("--tariff", type=FILE, help="Guide prices of bands (TOML).")
@click.option("--indices", type=FILE, help="Indices of costs, dated, with their source (TOML).")
@click.option("--skip-bad-rows", is_flag=True, help="Load the good rows; each bad one is still reported.")
@told
def load(
    gias: Path | None,
    boundaries: Path | None,
    home_areas: Path | None,
    framework: Path | None,
    tariff: Path | None,
    indices: Path | None,
    *,
    skip_bad_rows: bool,
) -> None:
    """Load the files that are given, in one go: all of them, or, when a row of any is at fault, nothing.

    Safe to run twice. What a file no longer has is left as it is and reported. Ends with 2 when the input is at fault.
    """
    given = {
        "gias": gias, "boundaries": boundaries, "home_areas": home_areas,
        "framework": framework, "tariff": tariff, "indices": indices,
    }  # fmt: skip
    if not any(given.values()):
        options = [f"--{name.replace('_', '-')}" for name in given]
        raise click.UsageError(f"Give at least one file: {', '.join(options[:-1])} or {options[-1]}.")
    found = read(**given)
    with application(), transaction(SYSTEM) as session:
        report = load_reference(session, SYSTEM, reference=found, on=today(), is_skipping_bad_rows=skip_bad_rows)
    for line in _lines(report):
        click.echo(line)
    for fault in report.faults:
        click.echo(f"Left out: {fault}", err=True)


def _lines(report: Report) -> Iterator[str]:
    """The report, a line for each thing."""
    if report.register:
        yield _line("Regions", report.register.regions)
        yield _line("Local authorities", report.register.authorities)
        yield _line("Settings", report.register.settings)
        yield f"Settings closed: {report.register.closed:,}"
        yield f"Establishments passed over, not special, AP or resourced: {report.register.passed_over:,}"
        if report.register.unplaced:
            yield f"Proposed settings without a grid reference yet, left out: {report.register.unplaced:,}"
        if report.register.absent:
            yield _named("Open settings that the file does not have as such, left as they were", report.register.absent)
    if report.boundaries:
        yield _line("Boundaries", report.boundaries.authorities)
        if report.boundaries.unmatched:
            yield _named("Boundaries of no local authority here, left out", report.boundaries.unmatched)
        if report.boundaries.without:
            yield _named("Local authorities without a boundary", report.boundaries.without)
    for title, changes in (
        ("Home areas", report.home_areas),
        ("Frameworks", report.framework),
        ("Tariffs", report.tariff),
        ("Indices", report.indices),
    ):
        if changes:
            yield _line(title, changes)


def _line(title: str, changes: Changes) -> str:
    columns = ", ".join(f"{column} {count:,}" for column, count in sorted(changes.by_column.items()))
    updated = f"{changes.updated:,} updated" + (f" ({columns})" if columns else "")
    return f"{title}: {changes.created:,} created, {updated}, {changes.unchanged:,} unchanged"


def _named(title: str, names: tuple[object, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"{title}: {len(names):,} ({', '.join(map(str, names[:MOST_NAMED]))}{more})"
