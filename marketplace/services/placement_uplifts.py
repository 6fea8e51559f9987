"""Uplifts that an LA has accepted, applied to its placements: the new prices from a day on, by a named person.

A published uplift changes no placement by itself, nor does an answer: agreements keep their price until this.
"""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition
from marketplace.models import EventKind, Placement, PriceSchedule, Uplift, UpliftAnswer, UpliftStatus
from marketplace.permissions import Actor
from marketplace.services.placement_charges import price_of, recharge
from marketplace.services.placement_steps import keep, lock, require_day, terms
from marketplace.vocabulary import in_words


def accepted_uplift(session: Session, placement: Placement) -> tuple[Uplift, PriceSchedule] | None:
    """The newest uplift of a placement's setting that its LA has accepted, with the published prices; None where the
    placement has these prices, or later ones, already."""
    found = session.execute(
        select(Uplift, PriceSchedule)
        .join(PriceSchedule, PriceSchedule.id == Uplift.published_id)
        .join(UpliftAnswer, UpliftAnswer.uplift_id == Uplift.id)
        .where(
            Uplift.setting_id == placement.setting_id,
            Uplift.status == UpliftStatus.PUBLISHED,
            UpliftAnswer.authority_id == placement.authority_id,
            UpliftAnswer.is_accepted.is_(True),
            PriceSchedule.starts_on > placement.schedule.starts_on,
        )
        .order_by(PriceSchedule.starts_on.desc(), Uplift.id.desc())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else None


def reprice_placement(
    session: Session, actor: Actor, *, placement_id: int, version: int, day: date, on: date, at: datetime
) -> Placement:
    """From a day on the placement has the prices of the uplift that its LA has accepted, on the terms that hold; not
    before these prices start. Raises Invalid, by field; InvalidTransition where no accepted uplift waits."""
    placement = lock(session, actor, placement_id, version)
    found = accepted_uplift(session, placement)
    if found is None:
        raise InvalidTransition("No uplift that your authority has accepted waits to be applied to this placement.")
    uplift, schedule = found
    require_day(session, placement, day, "day", on=on)
    if day < schedule.starts_on:
        words = f"The new prices start on {in_words(schedule.starts_on)}. Enter that day or a later one."
        raise Invalid({"day": [words]})
    before = terms(placement)
    placement.price = price_of(
        session,
        placement,
        schedule=schedule,
        provision=placement.provision,
        band=placement.band,
        sessions=placement.sessions,
        hours_a_week=placement.hours_a_week,
        on=on,
    )
    placement.schedule = schedule
    session.flush()
    event = keep(session, actor, placement, EventKind.REPRICED, on=day, at=at, before=before, uplift_id=uplift.id)
    recharge(session, actor, event, on=on)
    return placement
