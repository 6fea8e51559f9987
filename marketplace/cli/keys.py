"""`marketplace keys`: the keys that seal who pupils are."""

import click

from marketplace.cli.session import application, told
from marketplace.config import new_encryption_key
from marketplace.db import transaction
from marketplace.permissions import SYSTEM
from marketplace.services import keys as service

AT_ONCE = 20  # rows of one transaction: a document may have 10 MB


@click.group()
def keys() -> None:
    """Make and change the keys that seal who pupils are."""


@keys.command()
def new() -> None:
    """Print a new key, for MARKETPLACE_ENCRYPTION_KEYS or encryption.key in the data folder."""
    click.echo(new_encryption_key())


@keys.command()
@told
def reseal() -> None:
    """Seal everything with the newest key; then the older ones are needed no more."""
    total = 0
    with application():
        while True:
            with transaction(SYSTEM) as session:
                count = service.reseal(session, SYSTEM, at_most=AT_ONCE)
            if not count:
                break
            total += count
    click.echo(f"Sealed anew: {total:,} {'row' if total == 1 else 'rows'}. Every other key can be taken out.")
