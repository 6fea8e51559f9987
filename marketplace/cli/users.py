"""`marketplace users`: the first administrator of an organisation, who then keeps the others on the pages."""

import click

from marketplace.cli.session import application, told
from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from marketplace.services import organisations, people


@click.group()
def users() -> None:
    """Keep the people who sign in."""


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--organisation", required=True, help="The organisation's name, or an LA's three-digit code.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]),
    help="A role; may be given several times.",
)  # fmt: skip
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
@told
def add(email: str, name: str, organisation: str, roles: tuple[str, ...], password: str) -> None:
    """Add the person who signs in as EMAIL. They change the initial password when they first sign in."""
    with application(), transaction(SYSTEM) as session:
        people.add_user(
            session,
            SYSTEM,
            organisation=organisations.find_organisation(session, name=organisation),
            email=email,
            name=name,
            password=password,
            roles=frozenset(Role(role) for role in roles),
        )
    click.echo(f"Added. {email.strip().lower()} can sign in.")
