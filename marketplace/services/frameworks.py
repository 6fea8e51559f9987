"""Frameworks: which one is in force on a day, and the band that it derives from a needs profile.

A framework is data: the rule itself stands in `pricing`. It must never know a price.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import pricing.framework
from marketplace.errors import Conflict, NotFound
from marketplace.models import Framework, Tariff, TariffStatus
from pricing.tariff_text import framework_content, tariff_text


def framework_in_force(session: Session, *, on: date) -> Framework:
    """The adopted framework that started last, on or before the day. Raises Conflict when there is none."""
    row = session.scalar(
        select(Framework)
        .where(Framework.status == TariffStatus.ADOPTED, Framework.starts_on <= on)
        .order_by(Framework.starts_on.desc(), Framework.id.desc())
        .limit(1)
    )
    if row is None:
        raise Conflict(
            f"No framework is in force on {on:%d/%m/%Y}, so no band can be derived. "
            "Ask the operator of the marketplace to load one."
        )
    return row


def list_frameworks(session: Session) -> Sequence[Framework]:
    """All of them, those that start last first."""
    return session.scalars(select(Framework).order_by(Framework.starts_on.desc(), Framework.id.desc())).all()


def has_started(row: Framework, *, on: date) -> bool:
    """Whether a framework is adopted and has started; the first that has, in the order of the list, is in force."""
    return row.status is TariffStatus.ADOPTED and row.starts_on <= on


def find_framework(session: Session, framework_id: int) -> Framework:
    """One framework. Raises NotFound."""
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
    """The framework as its TOML file, with the status that it has here."""
    return tariff_text(framework_content(rule(row)) | {"status": row.status.value})


def rule(framework: Framework) -> pricing.framework.Framework:
    """The framework as `pricing` reads it. Raises `pricing.table.Invalid`, naming every fault, for content that cannot
    be used."""
    return pricing.framework.load_framework(framework.content)
