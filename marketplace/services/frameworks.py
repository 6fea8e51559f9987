"""Frameworks: which one is in force on a day, and the band that it derives from a needs profile.

A framework is data: the rule itself stands in `pricing`. It must never know a price.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import pricing.framework
from marketplace.errors import Conflict
from marketplace.models import Framework, TariffStatus


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


def rule(framework: Framework) -> pricing.framework.Framework:
    """The framework as `pricing` reads it. Raises `pricing.table.Invalid`, naming every fault, for content that cannot
    be used."""
    return pricing.framework.load_framework(framework.content)
