"""`marketplace tokens`: tokens of the API, for the people whom the operator keeps accounts for."""

import click
from marshmallow import ValidationError

from marketplace.cli.session import application, told
from marketplace.cli.tables import print_table
from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.models import ApiToken, Scope, now
from marketplace.models.api_tokens import LONGEST_LIFE
from marketplace.permissions import SYSTEM
from marketplace.schemas.api_tokens import TokenSchema
from marketplace.services import api_tokens, people


@click.group()
def tokens() -> None:
    """Keep the tokens by which systems use the API."""


@tokens.command()
@click.argument("email")
@click.option("--name", required=True, help="What the token is for, like the name of the system that uses it.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]),
    help="What it may be used for; may be given several times.",
)  # fmt: skip
@click.option("--days", type=click.IntRange(1, LONGEST_LIFE), default=90, show_default=True)
@told
def create(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token that acts as the person who signs in as EMAIL. It is printed once, alone on standard output."""
    try:
        typed = TokenSchema().load({"name": name, "scopes": list(scopes), "days": days})
    except ValidationError as error:
        raise Invalid(error.messages_dict) from error
    with application(), transaction(SYSTEM) as session:
        owner = people.find_user(session, email=email)
        row, text = api_tokens.create_token(session, SYSTEM, owner=owner, **typed, at=now())
    click.echo(f"Made, until {row.expires_at:%Y-%m-%d}. Nobody can look it up later:", err=True)
    click.echo(text)


@tokens.command("list")
@told
def list_() -> None:
    """List all tokens, newest first, by the characters with which they begin."""
    with application(), transaction(SYSTEM) as session:
        rows = [_row(row) for row in api_tokens.list_tokens(session)]
    headings = ["Begins with", "Whose", "Name", "For", "Last used", "Ends"]
    print_table("Tokens of the API", headings, rows, texts=len(headings))


@tokens.command()
@click.argument("prefix")
@told
def revoke(prefix: str) -> None:
    """End at once the token that begins with PREFIX."""
    with application(), transaction(SYSTEM) as session:
        found = [row for row in api_tokens.list_tokens(session) if row.prefix == prefix]
        if not found:
            raise NotFound(f'No token begins with "{prefix}". `marketplace tokens list` shows how each begins.')
        if len(found) > 1:
            raise Conflict("Several tokens begin so. Their owners revoke them on the page API tokens.")
        api_tokens.revoke_token(session, SYSTEM, token_id=found[0].id, at=now())
    click.echo("Revoked. Whoever uses it is refused from now on.")


def _row(row: ApiToken) -> tuple[str, ...]:
    used = f"{row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never"
    ends = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else f"{row.expires_at:%Y-%m-%d}"
    return row.prefix, row.user.email, row.name, " ".join(row.scopes), used, ends
