"""`marketplace runs`: start matching runs over the database, list them, show what one recommends."""

import time
from datetime import datetime
from pathlib import Path

import click

from marketplace import vocabulary
from marketplace.cli.policy_file import read_policy
from marketplace.cli.session import FILE, application, told
from marketplace.cli.tables import print_table
from marketplace.db import transaction
from marketplace.models import MatchingRun, RunBudget, RunStatus, today
from marketplace.models.matching import MOST_SECONDS
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.matching import runs as service
from marketplace.services.matching.figures import Figures, figures
from marketplace.services.matching.policy import PUBLISHED, changed, policy_of
from pricing.money import pounds

FAILED = 1
LOOK_EVERY = 0.5  # seconds
SILENCE = 10  # seconds after which a waiting person is told that no worker has come


@click.group()
def runs() -> None:
    """Match the published needs of a region or an LA."""


@runs.command()
@click.option("--scope", required=True, help="Name of a region or LA, or the DfE code of an LA.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Vacancies and prices of this day; default today.")
@click.option("--seconds", type=click.IntRange(1, MOST_SECONDS), default=service.SECONDS, show_default=True)
@click.option("--memory-gb", type=float, help="Refuse to begin what would take more memory; default three quarters.")
@click.option("--policy", type=FILE, help="Policy file (TOML), as `marketplace match --template` writes one.")
@click.option("--wait", is_flag=True, help="Wait until the run has ended, and show it.")
@told
def start(
    scope: str, on: datetime | None, seconds: int, memory_gb: float | None, policy: Path | None, *, wait: bool
) -> None:
    """Start a run; a worker (`marketplace worker`) does it. Ends with 1 when a run that was waited for has failed
    or was cancelled."""
    chosen = policy_of(read_policy(policy) if policy else {})
    with application():
        day = on.date() if on else today()
        with transaction(SYSTEM) as session:
            organisation = service.scope_called(session, scope)
            run = service.start_run(
                session, SYSTEM, scope_id=organisation.id, on=day, seconds=seconds, memory_gb=memory_gb, policy=chosen
            )
        click.echo(f"Run {run.id} over {organisation.name} is queued.")
        if wait:
            _wait(run.id)
            show_run(run.id)


@runs.command("list")
@told
def list_() -> None:
    """List the runs, newest first."""
    with application(), transaction(SYSTEM) as session:
        found = service.list_runs(session)
        rows = [(str(run.id), run.scope.name, run.on.isoformat(), run.status.value, run.error or "") for run in found]
    print_table("Matching runs", ("run", "scope", "on", "status", "error"), rows, texts=5)


@runs.command()
@click.argument("run_id", metavar="ID", type=click.IntRange(0, 2**63 - 1))
@told
def show(run_id: int) -> None:
    """Show what a run recommends. Ends with 1 when the run has failed or was cancelled."""
    with application():
        show_run(run_id)


@runs.command()
@click.argument("run_id", metavar="ID", type=click.IntRange(0, 2**63 - 1))
@told
def cancel(run_id: int) -> None:
    """Cancel a run that waits or is under way; nothing of it is kept."""
    with application(), transaction(SYSTEM) as session:
        service.cancel_run(session, SYSTEM, run_id=run_id)
    click.echo(f"Run {run_id} is cancelled.")


def _wait(run_id: int) -> None:
    """Until the run has ended, saying each stage on standard error."""
    said, started = "", time.monotonic()
    while True:
        with transaction(SYSTEM) as session:
            work.fail_lost(session, SYSTEM, MatchingRun)
            run = service.get_run(session, run_id)
        if run.finished_at is not None:
            return
        stage = (run.progress or {}).get("stage", "")
        if not stage and not said and time.monotonic() - started > SILENCE:
            stage = "No worker has taken the run yet. Start one: `marketplace worker`."
        if stage not in ("", said):
            said = stage
            click.echo(stage, err=True)
        time.sleep(LOOK_EVERY)


def show_run(run_id: int) -> None:
    """Print what a run recommends; a failed one ends the command with 1."""
    with transaction(SYSTEM) as session:
        run = service.get_run(session, run_id)
        click.echo(f"Run {run.id} over {run.scope.name}, vacancies and prices of {run.on:%d/%m/%Y}: {run.status.value}")
        if run.status is RunStatus.FAILED:
            click.echo(f"Error: {run.error}", err=True)
            raise SystemExit(FAILED)
        if run.status is RunStatus.CANCELLED:
            click.echo("It was cancelled before it had ended; nothing of it was kept.", err=True)
            raise SystemExit(FAILED)
        if run.status is RunStatus.DONE:
            _print_result(run, figures(session, run.id))


def _print_result(run: MatchingRun, found: Figures) -> None:
    kinds = [
        (vocabulary.KINDS[kind], f"{count:,}", f"{found.fte_by_kind[kind]:,.1f}")
        for kind, count in found.pupils_by_kind.items()
    ]
    print_table("Placed", ("kind", "pupils", "FTE"), [*kinds, ("All", f"{found.placed:,}", "")], texts=1)
    reasons = [(vocabulary.UNPLACED[reason], f"{count:,}") for reason, count in found.unplaced.items()]
    print_table("Unplaced", ("reason", "pupils"), [*reasons, ("All", f"{found.needs - found.placed:,}")], texts=1)
    assert run.result is not None
    costs = [
        (la.name, f"{la.placed:,} of {la.needs:,}", _rounded(la.cost), *_budget(la.budget)) for la in found.authorities
    ]
    print_table("Cost a year by LA", ("LA", "placed", "cost", "budget", "left"), costs, texts=1)
    short = sorted(
        (row for row in run.result.pools or () if row["shadow_price"] > 0), key=lambda row: -row["shadow_price"]
    )
    shortages = [
        (row["setting_name"], row["pool_name"], row["years"], f"{row['shadow_price']:,.0f}") for row in short[:10]
    ]
    if shortages:
        headings = ("setting", "pool", "years", "worth of one more, km-equivalents")
        print_table("Dearest shortages", headings, shortages, texts=3)
    if found.km:
        km = found.km
        click.echo(f"Child's km, one way: mean {km.mean:.1f}, median {km.median:.1f}, 90th percentile {km.p90:.1f}")
    summary = run.result.summary or {}
    click.echo(f"Proven within {summary['gap']:.3%} ({summary['status']})")
    numbers = [
        f"{name} {value} (published {PUBLISHED[name]})" for name, value in changed(service.policy_of(run)).items()
    ]
    click.echo(f"Policy: {', '.join(numbers) or 'as published'}")
    click.echo("A recommendation says whom to consult. It is never a decision.")


def _budget(row: RunBudget | None) -> tuple[str, str]:
    return ("no limit", "") if row is None else (pounds(row.amount), pounds(row.remaining))


def _rounded(pence: int) -> str:
    return pounds(round(pence, -2))
