"""Keys of what is sealed: when a new one takes over, everything that an older one has sealed is sealed anew.

It must never return what it opens.
"""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marketplace import audit, sealing
from marketplace.models.sealed import sealed_columns
from marketplace.permissions import SYSTEM, Actor, require


def reseal(session: Session, actor: Actor, *, at_most: int) -> int:
    """Seal so many rows anew, with the newest key, that hold anything sealed with an older one; returns how many
    were: 0 once the older keys are needed no more."""
    require(actor == SYSTEM, "change keys")
    newest, count = sealing.labels()[0], 0
    for model, columns in sealed_columns():
        older = [func.substring(getattr(model, each.kept), 1, sealing.LABEL_BYTES) != newest for each in columns]
        key = model.__mapper__.primary_key
        rows = session.scalars(select(model).where(or_(*older)).order_by(*key).limit(at_most - count).with_for_update())
        for row in rows.all():
            for each in columns:
                setattr(row, each.name, getattr(row, each.name))
            audit.record(session, actor, "sealed anew", row)
            count += 1
    return count
