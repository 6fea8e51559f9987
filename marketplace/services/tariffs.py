"""Tariffs: which one is in force on a day for an LA, which there are, and a tariff as the text of its file.

It must never write: drafts are kept by `tariff_drafts`, adopted by `tariff_adoption`.
"""

from datetime import date

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session, joinedload

import pricing.tariff
from marketplace.errors import NotFound
from marketplace.models import Authority, Tariff
from marketplace.permissions import Actor
from marketplace.services.adoption import Stages, in_force, staged
from pricing.tariff_text import tariff_content, tariff_text


def tariff_in_force(session: Session, *, authority_id: int, on: date) -> Tariff | None:
    """The tariff that holds on a day for an LA: its own before that of its region, before the national one; or none.

    Of one owner there is one at most: adopted tariffs do not overlap.
    """
    region_id = select(Authority.region_id).where(Authority.id == authority_id).scalar_subquery()
    nearness = case((Tariff.owner_id == authority_id, 0), (Tariff.owner_id == region_id, 1), else_=2)
    return session.scalar(
        select(Tariff)
        .where(
            *in_force(Tariff, on),
            or_(Tariff.owner_id == authority_id, Tariff.owner_id == region_id, Tariff.owner_id.is_(None)),
        )
        .order_by(nearness)
        .limit(1)
    )


def find_tariff(session: Session, tariff_id: int) -> Tariff:
    """A tariff with its owner and framework. Raises NotFound also for one that this person may not know of."""
    row = session.get(Tariff, tariff_id, options=[joinedload(Tariff.owner), joinedload(Tariff.framework)])
    if row is None:
        raise NotFound
    return row


def loaded(row: Tariff) -> pricing.tariff.Tariff:
    """The tariff as `pricing` reads it, with the status and the end that it has here."""
    content = {**row.content, "status": row.status.value}
    content.pop("valid_until", None)
    if row.ends_on is not None and row.ends_on > row.starts_on:
        content["valid_until"] = row.ends_on
    return pricing.tariff.load_tariff(content)


def text_of(row: Tariff) -> str:
    """The tariff as its TOML file."""
    remarks = [f"Guide prices under {row.framework.name}, version {row.framework.version}. They cap nothing."]
    if row.is_illustrative:
        remarks.append("Illustrative: every page and file that shows a figure of it says so.")
    return tariff_text(tariff_content(loaded(row)), remarks)


def list_tariffs(session: Session, actor: Actor, *, on: date) -> Stages[Tariff]:
    """All tariffs that the actor of this transaction may know of, those that start last first."""
    rows = session.scalars(
        select(Tariff).options(joinedload(Tariff.owner)).order_by(Tariff.starts_on.desc(), Tariff.id.desc())
    ).all()
    return staged(actor, rows, on=on)
