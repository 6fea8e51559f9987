"""`marketplace db`: migrations, as the owner of the tables."""

import click

from marketplace import config as configuration
from marketplace import db as database
from marketplace import migrate
from marketplace.cli.session import told


@click.group()
def db() -> None:
    """Keep the database's tables up to date."""


def _revision(ctx: click.Context, parameter: click.Parameter, value: str) -> str:  # noqa: ARG001
    if not value.strip():
        raise click.BadParameter('is empty. Give a migration, like 0003, or "head".')
    return value


@db.command()
@click.argument("revision", default="head", callback=_revision)
@told
def upgrade(revision: str) -> None:
    """Bring the database to REVISION (default: the newest)."""
    migrate.upgrade(_owner(), revision)
    click.echo("The database is up to date." if revision == "head" else f"The database is at {revision}.")


@db.command()
@click.argument("revision", callback=_revision)
@told
def downgrade(revision: str) -> None:
    """Take the database back to REVISION ("base" = no tables). What the later tables held is lost."""
    migrate.downgrade(_owner(), revision)
    click.echo(f"The database is at {revision}.")


@db.command()
@told
def check() -> None:
    """Say whether the database is at the newest migration and agrees with the models."""
    migrate.check(_owner())
    click.echo("The database is at the newest migration and agrees with the models.")


def _owner() -> str:
    return database.addresses(configuration.from_environment()).owner
