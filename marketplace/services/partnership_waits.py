"""How long pupils of a partnership wait, and waited: each with the days, as the rows say, before anything is told."""

from datetime import date, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import Consultation, Kind, Need, Placement, PlacementStatus, london_day, school_year
from marketplace.services.consultation_steps import OPEN_NEEDS
from marketplace.services.partnership_figures import Scope, placed, pupil_of
from marketplace.services.party_groups import Counted

DAY = timedelta(days=1)


def waiting(session: Session, scope: Scope, *, on: date) -> list[tuple[int, Counted]]:
    """The open needs with the days that they have waited: since they were posted or, where a placement has ended since,
    from the day after it. A provider that was consulted knows the pupil."""
    consulted = select(func.array_agg(Consultation.provider_id)).where(Consultation.need_id == Need.id)
    ended = select(func.max(Placement.ends_on)).where(Placement.need_id == Need.id)
    found = []
    for need_id, authority_id, published_at, providers, ended_on in session.execute(
        select(
            Need.id, Need.authority_id, Need.published_at, consulted.scalar_subquery(), ended.scalar_subquery()
        ).where(Need.status.in_(OPEN_NEEDS), Need.authority_id.in_(scope.authorities))
        .order_by(Need.id)
    ):  # fmt: skip
        assert published_at is not None  # it is posted
        since = london_day(published_at)
        if ended_on is not None:
            since = max(since, ended_on + DAY)
        found.append((max((on - since).days, 0), Counted(need_id, scope.known_to(authority_id, *(providers or ())))))
    return found


def waited(session: Session, scope: Scope, *, on: date) -> list[tuple[Kind, int, Counted]]:
    """The kind and the days from posting to the first day, of each pupil's first placement that has begun in the school
    year of a day."""
    first = (
        select(Placement.need_id, func.min(Placement.starts_on).label("starts_on"))
        .where(Placement.status != PlacementStatus.AGREED)
        .group_by(Placement.need_id)
        .subquery()
    )
    begins = date(school_year(on), 9, 1)
    rows = session.execute(
        select(Placement, Need.published_at)
        .join(Need, Need.id == Placement.need_id)
        .join(first, and_(first.c.need_id == Placement.need_id, first.c.starts_on == Placement.starts_on))
        .where(
            Placement.status != PlacementStatus.AGREED, Placement.starts_on.between(begins, on), *placed(scope)
        )
        .options(joinedload(Placement.provision))
        .order_by(Placement.id)
    )  # fmt: skip
    return [
        (row.provision.kind, max((row.starts_on - london_day(published_at)).days, 0), pupil_of(scope, row))
        for row, published_at in rows
        if published_at is not None
    ]
