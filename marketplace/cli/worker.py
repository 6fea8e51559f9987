"""`marketplace worker`: work on what is queued: runs, mail, periodic tasks."""

import click

from marketplace import db, jobs, observability
from marketplace.cli.session import application, told


@click.command()
@click.option("--once", is_flag=True, help="Do what is due and work off what is queued, then end.")
@told
def worker(*, once: bool) -> None:
    """Work on queued runs of every kind, send mail, and do what the clock brings, until stopped (Ctrl-C or SIGTERM)."""
    observability.configure_logs()
    with application() as config:
        click.echo("Working off the queue." if once else "Waiting for work (stop with Ctrl-C).", err=True)
        jobs.work(db.addresses(config).application, mail=config.mail, is_waiting=not once)
