"""`marketplace users`: the first administrator of an organisation, who then keeps the others on the pages."""

import click
from marshmallow import ValidationError

from marketplace.cli.session import application, told
from marketplace.db import transaction
from marketplace.errors import Invalid
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from marketplace.schemas.people import NewUserSchema
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
    typed = {"email": email, "name": name, "password": password, "roles": list(roles)}
    try:
        person = NewUserSchema().load(typed)
    except ValidationError as error:
        raise Invalid(error.messages_dict) from error
    with application(), transaction(SYSTEM) as session:
        found = organisations.find_organisation(session, name=organisation)
        people.add_user(session, SYSTEM, organisation=found, **{**person, "roles": frozenset(person["roles"])})
    click.echo(f"Added. {email.strip().lower()} can sign in.")
