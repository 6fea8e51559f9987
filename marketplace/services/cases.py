"""A case: what the last run proposes for a need.

It must never change anything.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from marketplace.models import MatchingRun, Need, Provision, Recommendation


def latest_recommendation(session: Session, need: Need) -> Recommendation | None:
    """What the newest run that looked at a need proposes for it. A scenario proposes nothing: it asks what if."""
    return session.scalar(
        select(Recommendation)
        .join(Recommendation.run)
        .where(Recommendation.need_id == need.id, MatchingRun.base_id.is_(None))
        .options(
            contains_eager(Recommendation.run),
            joinedload(Recommendation.provision).joinedload(Provision.setting),
        )
        .order_by(Recommendation.id.desc())
        .limit(1)
    )
