"""`marketplace worker`: work on queued runs."""

import click

from marketplace import db, jobs, observability
from marketplace.cli.session import application, told


@click.command()
@click.option("--once", is_flag=True, help="Work off what is queued, then end.")
@told
def worker(*, once: bool) -> None:
    """Work on queued runs of every kind until stopped (Ctrl-C or SIGTERM)."""
    observability.configure_logs()
    with application() as config:
        click.echo("Working off the queue." if once else "Waiting for runs (stop with Ctrl-C).", err=True)
        jobs.work(db.addresses(config).application, is_waiting=not once)
