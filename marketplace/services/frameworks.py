"""Frameworks: which one is in force on a day, which there are, and the band that it derives from a needs profile.

A framework is data: the rule itself stands in `pricing`. It must never know a price. Drafts are kept by
`framework_drafts`, adopted by `framework_adoption`.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import pricing.framework
from marketplace.errors import Conflict, NotFound
from marketplace.models import Framework, Tariff
from marketplace.permissions import Actor
from marketplace.services.adoption import Stages, in_force, staged
from pricing.tariff_text import framework_content, tariff_text


def framework_in_force(session: Session, *, on: date) -> Framework:
    """The framework that holds on a day: one at most, as adopted frameworks do not overlap. Raises Conflict when there
    is none."""
    row = session.scalar(select(Framework).where(*in_force(Framework, on)))
    if row is None:
        raise Conflict(
            f"No framework is in force on {on:%d/%m/%Y}, so no band can be derived. "
            "Ask the operator of the marketplace to adopt one."
        )
    return row


def list_frameworks(session: Session, actor: Actor, *, on: date) -> Stages[Framework]:
    """All frameworks that the actor of this transaction may know of, those that start last first."""
    rows = session.scalars(select(Framework).order_by(Framework.starts_on.desc(), Framework.id.desc())).all()
    return staged(actor, rows, on=on)


def find_framework(session: Session, framework_id: int) -> Framework:
    """One framework. Raises NotFound also for one that this person may not know of."""
    row = session.get(Framework, framework_id)
    if row is None:
        raise NotFound
    return row


def tariffs_under(session: Session, row: Framework) -> Sequence[Tariff]:
    """The tariffs under a framework that the actor may know of, those that start last first."""
    return session.scalars(
        select(Tariff)
        .where(Tariff.framework_id == row.id)
        .options(joinedload(Tariff.owner))
        .order_by(Tariff.starts_on.desc(), Tariff.id.desc())
    ).all()


def text_of(row: Framework) -> str:
    """The framework as its TOML file."""
    return tariff_text(framework_content(loaded(row)))


def loaded(row: Framework) -> pricing.framework.Framework:
    """The framework as `pricing` reads it, with the status and the end that it has here."""
    content = {**row.content, "status": row.status.value}
    content.pop("ends_on", None)
    if row.ends_on is not None and row.ends_on > row.starts_on:
        content["ends_on"] = row.ends_on
    return pricing.framework.load_framework(content)


def rule(framework: Framework) -> pricing.framework.Framework:
    """The framework as `pricing` reads it. Raises `pricing.table.Invalid`, naming every fault, for content that cannot
    be used."""
    return pricing.framework.load_framework(framework.content)
