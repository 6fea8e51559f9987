"""Organisations: providers, regions and the operator are added by the operator; LAs come with the reference data."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.models import (
    FIRST_UNREGISTERED,
    Authority,
    HomeArea,
    Operator,
    Organisation,
    OrganisationKind,
    Provider,
    Region,
    Setting,
    SettingType,
)
from marketplace.permissions import SYSTEM, Actor, require

LONGEST_NAME = 200

_CLASSES: dict[OrganisationKind, type[Organisation]] = {
    OrganisationKind.PROVIDER: Provider,
    OrganisationKind.REGION: Region,
    OrganisationKind.OPERATOR: Operator,
}


def list_organisations(session: Session, actor: Actor) -> list[Organisation]:  # noqa: ARG001 - every use case has one
    """All organisations, by kind and name."""
    return list(session.scalars(select(Organisation).order_by(Organisation.kind, Organisation.name, Organisation.id)))


def add_organisation(session: Session, actor: Actor, *, kind: OrganisationKind, name: str) -> Organisation:
    """Add a provider, a region or the operator. An LA needs a code and a region: it comes with the reference data."""
    require(actor == SYSTEM, "add organisations")
    if kind not in _CLASSES:
        raise Invalid({"kind": ["LAs come with the reference data: run `marketplace reference load --gias FILE.csv`."]})
    words = " ".join(name.split())  # also a line break or tab would be no part of a name
    if not 0 < len(words) <= LONGEST_NAME:
        raise Invalid({"name": [f"Give a name of 1 to {LONGEST_NAME} characters."]})
    organisation = _CLASSES[kind](name=words)
    session.add(organisation)
    audit.record(session, actor, "organisation added", organisation, kind=kind)
    return organisation


def find_organisation(session: Session, *, name: str) -> Organisation:
    """The organisation of this name or, for an LA, of this code. Raises NotFound, or Conflict when several match."""
    by_name = select(Organisation).where(Organisation.name == name).order_by(Organisation.id)
    authority = session.scalar(select(Authority).where(Authority.code == name))
    found = [authority] if authority else session.scalars(by_name).all()
    if not found:
        raise NotFound(f"No organisation is called {name}. Run `marketplace organisations list` to see them all.")
    if len(found) > 1:
        raise Conflict(f"Several organisations are called {name}. Name the LA by its three-digit code.")
    return found[0]


def assign_settings(session: Session, actor: Actor, *, provider: Organisation, urns: Sequence[int]) -> int:
    """Say that a provider runs these settings, so that its editors keep their provision and prices; returns how many
    changed hands. Raises Invalid that names every unknown URN, and then changes nothing."""
    require(actor == SYSTEM, "assign settings")
    if provider.kind is not OrganisationKind.PROVIDER:
        raise Invalid({"provider": [f"{provider.name} is not a provider."]})
    settings = {setting.urn: setting for setting in session.scalars(select(Setting).where(Setting.urn.in_(urns)))}
    unknown = sorted(set(urns) - set(settings))
    if unknown:
        raise Invalid(
            {"urns": [f"No setting has the URN {', '.join(map(str, unknown))}. Load the reference data first."]}
        )
    changed = [setting for setting in settings.values() if setting.provider_id != provider.id]
    for setting in changed:
        setting.provider_id = provider.id
    audit.record(session, actor, "settings assigned", provider, setting_ids=sorted(setting.id for setting in changed))
    return len(changed)


def add_unregistered_setting(
    session: Session, actor: Actor, *, provider: Organisation, authority: Organisation, name: str, district: str
) -> Setting:
    """Add alternative provision that is not registered as a school, which the register therefore does not list: run by
    a provider, in the middle of a postcode district of an LA, under the next number of the marketplace's own. Raises
    Invalid, by field."""
    require(actor == SYSTEM, "add settings")
    words, area = " ".join(name.split()), session.get(HomeArea, district.upper())
    errors = {}
    if provider.kind is not OrganisationKind.PROVIDER:
        errors["provider"] = [f"{provider.name} is not a provider."]
    if authority.kind is not OrganisationKind.LA:
        errors["authority"] = [f"{authority.name} is not a local authority. Name it by its three-digit code."]
    if not 0 < len(words) <= LONGEST_NAME:
        errors["name"] = [f"Give a name of 1 to {LONGEST_NAME} characters."]
    if area is None:
        errors["district"] = [f"The district {district.upper()} is not known here. Load the reference data first."]
    if errors or area is None:
        raise Invalid(errors)
    last = session.scalar(select(func.max(Setting.urn))) or 0
    setting = Setting(
        urn=max(last + 1, FIRST_UNREGISTERED), name=words, type=SettingType.AP, is_registered=False,
        provider_id=provider.id, authority_id=authority.id, easting=area.easting, northing=area.northing,
    )  # fmt: skip
    session.add(setting)
    audit.record(session, actor, "unregistered setting added", setting, provider_id=provider.id)
    return setting
