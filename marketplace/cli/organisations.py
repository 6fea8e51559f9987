"""`marketplace organisations`: who takes part, and which settings a provider runs."""

import click

from marketplace.cli.session import application, told
from marketplace.db import transaction
from marketplace.models import OrganisationKind
from marketplace.permissions import SYSTEM
from marketplace.services import organisations as service


@click.group()
def organisations() -> None:
    """Keep the organisations that take part."""


@organisations.command("list")
@told
def list_() -> None:
    """List all organisations, by kind and name."""
    with application(), transaction(SYSTEM) as session:
        for organisation in service.list_organisations(session, SYSTEM):
            click.echo(f"{organisation.kind:10} {organisation.name}")


@organisations.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(["provider", "region", "operator"]), required=True, help="What it is.")
@told
def add(name: str, kind: str) -> None:
    """Add the organisation NAME. LAs come with the reference data instead."""
    with application(), transaction(SYSTEM) as session:
        service.add_organisation(session, SYSTEM, kind=OrganisationKind(kind), name=name)
    click.echo(f"Added {name}.")


@organisations.command()
@click.argument("provider")
@click.argument("urns", nargs=-1, required=True, type=click.IntRange(100000, 999999))
@told
def assign(provider: str, urns: tuple[int, ...]) -> None:
    """Say that PROVIDER runs the settings with these URNs."""
    with application(), transaction(SYSTEM) as session:
        organisation = service.find_organisation(session, name=provider)
        changed = service.assign_settings(session, SYSTEM, provider=organisation, urns=urns)
    click.echo(f"{changed} of {len(set(urns))} settings changed hands.")


@organisations.command("add-unregistered")
@click.argument("provider")
@click.argument("name")
@click.option("--authority", required=True, help="The three-digit code of the LA in which it lies.")
@click.option("--district", required=True, help="Its postcode district, like QX4.")
@told
def add_unregistered(provider: str, name: str, authority: str, district: str) -> None:
    """Add NAME, alternative provision that PROVIDER runs and that is not registered as a school."""
    with application(), transaction(SYSTEM) as session:
        setting = service.add_unregistered_setting(
            session,
            SYSTEM,
            provider=service.find_organisation(session, name=provider),
            authority=service.find_organisation(session, name=authority),
            name=name,
            district=district,
        )
        number = setting.urn
    click.echo(f"Added {name} under the number {number}. It takes nobody full-time.")
