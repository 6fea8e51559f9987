"""`marketplace mail`: how the outbox stands, what was given up sent again, and a mail to try the settings."""

import sys

import click

from marketplace import config as configuration
from marketplace.cli.session import application, told
from marketplace.cli.tables import print_table
from marketplace.db import transaction
from marketplace.errors import BadSetting
from marketplace.mail import NotSent, compose, send
from marketplace.models import MessageStatus, now
from marketplace.permissions import SYSTEM
from marketplace.services import messages
from marketplace.vocabulary import moment_in_words

FAILED = 1
NO_SERVER = "No mail server is set (MARKETPLACE_SMTP), so mail stays queued."


@click.group()
def mail() -> None:
    """Look after the mail that the marketplace sends."""


@mail.command()
@told
def status() -> None:
    """Show how many messages stand where, and why those were given up that were. Ends with 1 when there are any."""
    with application() as config:
        with transaction(SYSTEM) as session:
            found = messages.outstanding(session, SYSTEM)
        print_table(
            "Mail", ("status", "messages"), [(each.value, f"{found.counts[each]:,}") for each in MessageStatus], texts=1
        )
        if found.waiting_since is not None:
            click.echo(f"The oldest that is queued waits since {moment_in_words(found.waiting_since)}.")
        if config.mail is None:
            click.echo(NO_SERVER, err=True)
        if found.errors:
            rows = [(error, f"{count:,}") for error, count in sorted(found.errors.items())]
            print_table("Given up", ("reason", "messages"), rows, texts=1)
            click.echo("Put right what the reasons say, then: `marketplace mail resend`.")
            sys.exit(FAILED)


@mail.command()
@told
def resend() -> None:
    """Queue again the messages that were given up; a worker sends them."""
    with application() as config:
        with transaction(SYSTEM) as session:
            count = messages.resend_failed(session, SYSTEM)
        click.echo(f"{count:,} queued again." if count else "No message was given up.")
        if config.mail is None:
            click.echo(NO_SERVER, err=True)


@mail.command()
@click.argument("address")
@told
def test(address: str) -> None:
    """Send a mail to ADDRESS at once, to try the settings. Ends with 1 when it is not taken."""
    server = configuration.from_environment().mail
    if server is None:
        raise BadSetting("MARKETPLACE_SMTP", "is not set", "write starttls://user:password@host:587")
    at = now()
    try:
        message = compose(
            server,
            to=address,
            name="",
            subject="Test of the marketplace's mail",
            body=f"The mail settings of the marketplace work. Its pages are at {server.pages}\n",
            key=f"test.{int(at.timestamp() * 1_000_000)}",
            at=at,
        )
        send(server, message)
    except NotSent as error:
        click.echo(f"Error: the mail was not taken: {error}.", err=True)
        sys.exit(FAILED)
    click.echo(f"{server.host} has taken the mail.")
