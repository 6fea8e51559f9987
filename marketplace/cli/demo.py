"""`marketplace demo`: build the fictional region, match it, show the result, serve it on this machine until stopped.

It must never touch a database of somebody's own: its passwords are known to everybody.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select

from marketplace import config as configuration
from marketplace import db, jobs, migrate, observability
from marketplace.cli.runs import show_run
from marketplace.cli.serve import Server, refuse_taken
from marketplace.cli.session import application, told
from marketplace.cli.tables import print_table
from marketplace.db import transaction
from marketplace.errors import BadSetting
from marketplace.models import MatchingRun, Organisation, OrganisationKind, Role, RunStatus, User, today
from marketplace.models.matching import MOST_SECONDS
from marketplace.permissions import SYSTEM
from marketplace.services.demonstration import PASSWORD, SEED, build_demonstration
from marketplace.services.matching import runs
from marketplace.services.people import actor_of

BANNER = "Demonstration data; illustrative tariff"
STOPPING = 30  # seconds that the worker has to end in good order


@click.command()
@click.option("--serve/--no-serve", default=True, help="Serve the pages after the table, or end.")
@click.option("--seed", type=int, help=f"What everything is drawn from; default {SEED}.")
@click.option("--seconds", type=click.IntRange(1, MOST_SECONDS), default=60, show_default=True, help="To match.")
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port.")
@told
def demo(*, serve: bool, seed: int | None, seconds: int, bind: str) -> None:
    """Build the fictional region, match it, print the result, and serve it until stopped.

    It lives on the embedded database in MARKETPLACE_DATA. Run again, it is matched and served as it stands.
    """
    if configuration.from_environment().database_url is not None:
        raise BadSetting(
            "DATABASE_URL",
            "is set, but the demonstration's passwords are known to everybody",
            "unset it; the demonstration keeps a database of its own in MARKETPLACE_DATA",
        )
    if serve:
        refuse_taken(bind, command="demo")  # now, not after the match
    os.environ["MARKETPLACE_PLAIN_HTTP"] = "1"  # for this process and those that it starts; loopback only
    os.environ.pop("MARKETPLACE_SMTP", None)  # nobody reads mail at the invented addresses
    observability.configure_logs()
    migrate.upgrade(db.addresses(configuration.from_environment()).owner)
    with application() as config:
        click.echo(f"{BANNER}. Every place, school and person is invented.")
        region_id = _build(seed)
        run_id, took = _match(region_id, seconds, db.addresses(config).application)
        show_run(run_id)
        click.echo(f"Matched in {took:.1f} s")
        _print_accounts()
    if serve:
        _serve(bind)


def _build(seed: int | None) -> int:
    started = time.monotonic()
    with transaction(SYSTEM) as session:
        region = build_demonstration(session, SYSTEM, on=today(), seed=seed)
        click.echo(f"The region of {region.name} stands ({time.monotonic() - started:.1f} s).")
        return region.id


def _match(region_id: int, seconds: int, address: str) -> tuple[int, float]:
    """Start a run as the region's procurement would, and work it off here; a run that is queued already is that one."""
    with transaction(SYSTEM) as session:
        buyer = session.scalars(
            select(User).where(User.organisation_id == region_id, User.role_rows.any(role=Role.PROCUREMENT))
        ).one()
        queued = session.scalar(
            select(MatchingRun.id).where(
                MatchingRun.scope_id == region_id,
                MatchingRun.status == RunStatus.QUEUED,
                MatchingRun.base_id.is_(None),
            )
        )
        started = time.monotonic()
        run_id = queued or runs.start_run(session, actor_of(buyer), scope_id=region_id, on=today(), seconds=seconds).id
    click.echo(f"Matching; at most {seconds} s of solving.")
    jobs.work(address, is_waiting=False)
    return run_id, time.monotonic() - started


def _print_accounts() -> None:
    """One organisation of each kind; the others have the same accounts."""
    with transaction(SYSTEM) as session:
        users = session.scalars(select(User).join(User.organisation).order_by(Organisation.kind, User.id)).all()
        shown: dict[OrganisationKind, int] = {}
        rows = []
        for user in users:
            kind = user.organisation.kind
            if shown.setdefault(kind, user.organisation_id) == user.organisation_id:
                roles = ", ".join(sorted(role.value.replace("_", " ") for role in user.roles))
                rows.append((user.organisation.name, roles, user.email))
    print_table("Accounts", ("organisation", "role", "e-mail"), rows, texts=3)
    click.echo("Each other organisation has the same, such as commissioner@fallowby.example.")
    click.echo(f"Password of every account: {PASSWORD}")


def _serve(bind: str) -> None:
    """The pages, with a worker beside them, until stopped; then the worker, and with the last process the database."""
    click.echo(f"Serving on http://{bind} (stop with Ctrl-C)")
    with _worker():
        Server(bind, 2).run()


@contextmanager
def _worker() -> Iterator[None]:
    """A worker in a process of its own, for as long as the pages are served."""
    command = [sys.executable, "-c", "from marketplace.cli import main; main(['worker'])"]
    process = subprocess.Popen(command)  # noqa: S603 - this very program
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
