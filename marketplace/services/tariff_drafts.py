"""Drafts of tariffs: from a file or a calculation, as a copy, saved, removed. Only a draft is ever changed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

import pricing.table
import pricing.tariff
from marketplace.errors import Conflict, Invalid
from marketplace.models import Framework, Organisation, Tariff, TariffStatus
from marketplace.permissions import BUYERS, Actor, can_draft_tariff, require
from marketplace.services import drafts
from marketplace.services.frameworks import framework_in_force
from marketplace.services.tariffs import find_tariff
from pricing.tariff_text import tariff_content


def draft_tariff(session: Session, actor: Actor, *, content: Mapping[str, Any]) -> Tariff:
    """Keep a tariff as a draft of the actor's organisation (the operator's are national), under the framework in force
    when it starts. `content` is that of a tariff's file; whatever status it had, it starts as a draft.

    Raises Invalid with every fault at once, by the place in the file: "valid_from", "[band] intensive"."""
    row = _blank(session, actor)
    require(can_draft_tariff(actor, row.owner_id), "draft a tariff")
    return _keep(session, actor, row, content, event="tariff drafted")


def copy_tariff(session: Session, actor: Actor, *, tariff_id: int) -> Tariff:
    """Start a draft of the actor's organisation as a copy of a tariff that the actor may see: one version on, and from
    a year after the other's start. Raises NotFound, or Invalid as `draft_tariff` does."""
    row = find_tariff(session, tariff_id)
    blank = _blank(session, actor)
    content = {
        **row.content,
        "version": drafts.next_version(session, blank, like=row),
        "valid_from": drafts.year_later(row.starts_on),
    }
    content.pop("valid_until", None)
    if row.owner_id != blank.owner_id:
        content.pop("owner", None)
    return draft_tariff(session, actor, content=content)


def save_tariff(session: Session, actor: Actor, *, tariff_id: int, version: int, content: Mapping[str, Any]) -> Tariff:
    """Put this content in the place of a draft's. `version` is the save that the page was opened on.

    Raises Invalid with every fault, InvalidTransition once it is in consultation, Stale when it was saved since."""
    return _keep(session, actor, own_draft(session, actor, tariff_id, version), content, event="tariff saved")


def remove_tariff(session: Session, actor: Actor, *, tariff_id: int, version: int) -> None:
    """Remove a draft. Raises as `save_tariff` does."""
    drafts.remove(session, actor, own_draft(session, actor, tariff_id, version))


def find_own(session: Session, actor: Actor, tariff_id: int) -> Tariff:
    """A tariff that the actor may change as long as it is a draft. Raises NotFound, NotPermitted."""
    row = find_tariff(session, tariff_id)
    require(can_draft_tariff(actor, row.owner_id), "change a tariff")
    return row


def own_draft(session: Session, actor: Actor, tariff_id: int, version: int) -> Tariff:
    """The draft, as long as it is one and as it was when the page was opened; else InvalidTransition or Stale."""
    row = find_own(session, actor, tariff_id)
    drafts.require_draft(row, version)
    return row


def _blank(session: Session, actor: Actor) -> Tariff:
    """A tariff of the actor's organisation that says nothing yet, not kept."""
    owner = session.get_one(Organisation, actor.organisation_id) if actor.kind in BUYERS else None
    return Tariff(owner=owner, owner_id=owner.id if owner else None, makers=[])


def _keep(session: Session, actor: Actor, row: Tariff, content: Mapping[str, Any], *, event: str) -> Tariff:
    try:
        tariff = pricing.tariff.load_tariff({**content, "status": TariffStatus.DRAFT.value})
    except pricing.table.Invalid as error:
        raise drafts.as_invalid(error) from error
    owner = row.owner.name if row.owner else ""
    row.framework = _framework(session, row, tariff, owner)
    row.name, row.version = tariff.name, tariff.version
    row.starts_on, row.ends_on, row.is_illustrative = tariff.valid_from, tariff.valid_until, tariff.is_illustrative
    row.content = drafts.as_json(tariff_content(tariff) | ({"owner": owner} if owner else {}))
    drafts.keep(session, actor, row, event)
    return row


def _framework(session: Session, row: Tariff, tariff: pricing.tariff.Tariff, owner: str) -> Framework:
    """The framework under which a tariff would stand. Raises Invalid for all that only the marketplace can tell."""
    faults = drafts.label_faults(session, row, name=tariff.name, version=tariff.version)
    if tariff.owner not in ("", owner):
        whose = f"yours is {owner}" if owner else "the national tariff has none"
        faults["owner"] = [f'"{tariff.owner}" is not who keeps it: {whose}. Take the line out.']
    try:
        framework = framework_in_force(session, on=tariff.valid_from)
    except Conflict as error:
        faults["valid_from"] = [str(error)]
    if faults:
        raise Invalid(faults)
    return framework
