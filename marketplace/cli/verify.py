"""`marketplace verify`: whether what must hold of the data holds."""

import sys

import click

from marketplace.cli.session import application, told
from marketplace.db import transaction
from marketplace.permissions import SYSTEM
from marketplace.services.verify import MOST_NAMED, verify

BREACH = 1


@click.command("verify")
@told
def verify_data() -> None:
    """Check every rule of the data, one line each; exit 1 when one is broken, with the rows that break it."""
    with application(), transaction(SYSTEM) as session:
        findings = verify(session)
    for finding in findings:
        click.echo(f"{'BROKEN' if finding.count else 'ok':<7}{finding.rule.name}: {finding.rule.words}")
        for row in finding.rows:
            click.echo(f"       {row}")
        if finding.count > MOST_NAMED:
            click.echo(f"       and {finding.count - MOST_NAMED:,} more")
    broken = sum(1 for finding in findings if finding.count)
    click.echo(f"{len(findings)} rules hold." if not broken else f"{broken} of {len(findings)} rules are broken.")
    if broken:
        sys.exit(BREACH)
