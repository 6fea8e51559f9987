"""Drafts of frameworks: from a file, as a copy, saved, removed. They are the operator's."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

import pricing.framework
import pricing.table
from marketplace.errors import Invalid
from marketplace.models import Framework, TariffStatus
from marketplace.permissions import Actor, can_draft_tariff, require
from marketplace.services import drafts
from marketplace.services.frameworks import find_framework
from pricing.tariff_text import framework_content


def draft_framework(session: Session, actor: Actor, *, content: Mapping[str, Any]) -> Framework:
    """Keep a framework as a draft. `content` is that of its file; whatever status it had, it starts as a draft.

    Raises Invalid with every fault at once, by the place in the file: "starts_on", "[rates] therapy"."""
    row = Framework(makers=[])
    require(can_draft_tariff(actor, row.owner_id), "draft a framework")
    return _keep(session, actor, row, content, event="framework drafted")


def copy_framework(session: Session, actor: Actor, *, framework_id: int) -> Framework:
    """Start a draft as a copy: one version on, and from a year after the other's start. Raises NotFound, or Invalid as
    `draft_framework` does."""
    row = find_framework(session, framework_id)
    content = {
        **row.content,
        "version": drafts.next_version(session, Framework(), like=row),
        "starts_on": drafts.year_later(row.starts_on),
    }
    content.pop("ends_on", None)
    return draft_framework(session, actor, content=content)


def save_framework(
    session: Session, actor: Actor, *, framework_id: int, version: int, content: Mapping[str, Any]
) -> Framework:
    """Put this content in the place of a draft's. `version` is the save that the page was opened on.

    Raises Invalid with every fault, InvalidTransition once it is in consultation, Stale when it was saved since."""
    row = own_draft(session, actor, framework_id, version)
    return _keep(session, actor, row, content, event="framework saved")


def remove_framework(session: Session, actor: Actor, *, framework_id: int, version: int) -> None:
    """Remove a draft. Raises as `save_framework` does."""
    drafts.remove(session, actor, own_draft(session, actor, framework_id, version))


def find_own(session: Session, actor: Actor, framework_id: int) -> Framework:
    """A framework that the actor may change as long as it is a draft. Raises NotFound, NotPermitted."""
    row = find_framework(session, framework_id)
    require(can_draft_tariff(actor, row.owner_id), "change a framework")
    return row


def own_draft(session: Session, actor: Actor, framework_id: int, version: int) -> Framework:
    """The draft, as long as it is one and as it was when the page was opened; else InvalidTransition or Stale."""
    row = find_own(session, actor, framework_id)
    drafts.require_draft(row, version)
    return row


def _keep(session: Session, actor: Actor, row: Framework, content: Mapping[str, Any], *, event: str) -> Framework:
    try:
        framework = pricing.framework.load_framework({**content, "status": TariffStatus.DRAFT.value})
    except pricing.table.Invalid as error:
        raise drafts.as_invalid(error) from error
    if faults := drafts.label_faults(session, row, name=framework.name, version=framework.version):
        raise Invalid(faults)
    row.name, row.version = framework.name, framework.version
    row.starts_on, row.ends_on = framework.starts_on, framework.ends_on
    row.content = drafts.as_json(framework_content(framework))
    drafts.keep(session, actor, row, event)
    return row
