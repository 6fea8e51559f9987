"""What a placement costs, from which day on: by its events, whatever the order in which they were entered.

It must never reprice by itself: each fee is that of an event, by the schedule that held for it.
"""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from marketplace.db import as_system
from marketplace.errors import Invalid
from marketplace.models import Band, EventKind, Kind, Placement, PlacementEvent, PriceSchedule, Provision
from marketplace.permissions import Actor
from marketplace.services import ledger
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.ledger import DAY, Stretch
from marketplace.services.published_prices import price_in
from pricing.money import half_up
from pricing.quote import marginal_price

# What changes the fee, from the day of the event on; the award from the first day, whichever that turns out to be.
CHANGING = frozenset({EventKind.AWARDED, EventKind.VARIED, EventKind.REPRICED, EventKind.SUSPENDED, EventKind.RESUMED})


def recharge(session: Session, actor: Actor, event: PlacementEvent, *, on: date) -> int:
    """Bring the ledger to what holds of the event's placement now; returns by how many pence it changed."""
    with as_system(session, actor):  # the ledger is the LA's, also where the provider gives notice
        return ledger.settle(session, event, charges(session, event.placement, on=on))


def charges(session: Session, placement: Placement, *, on: date) -> list[Stretch]:
    """What is to be charged for a placement by its events, from its first day to its last, or to the ledger's horizon
    on a day. Nothing while it is suspended without pay."""
    last = min(ledger.horizon(on), placement.ends_on or date.max)
    found: list[Stretch] = []
    is_paid = True
    for event in effective_events(session, placement):
        if event.kind not in CHANGING:
            continue
        if event.kind in {EventKind.SUSPENDED, EventKind.RESUMED}:
            is_paid = event.kind is EventKind.RESUMED or event.after["is_paid"]
        day = placement.starts_on if event.kind is EventKind.AWARDED else max(event.on, placement.starts_on)
        found = [Stretch(each.first, min(each.last, day - DAY), each.fee, each.band) for each in found]
        found.append(Stretch(day, last, event.after["price"] if is_paid else 0, Band(event.after["band"])))
    return [each for each in found if each.first <= each.last and each.fee]


def effective_events(session: Session, placement: Placement) -> list[PlacementEvent]:
    """The events of a placement that hold: those that were not undone, in the order in which they were entered."""
    return events_that_hold(session, [placement.id])[placement.id]


def events_that_hold(session: Session, placement_ids: Collection[int]) -> dict[int, list[PlacementEvent]]:
    """The same of several placements, by placement."""
    undoing = aliased(PlacementEvent)
    found: dict[int, list[PlacementEvent]] = {placement_id: [] for placement_id in placement_ids}
    for event in session.scalars(
        select(PlacementEvent)
        .outerjoin(undoing, undoing.undoes_id == PlacementEvent.id)
        .where(
            PlacementEvent.placement_id.in_(placement_ids),
            PlacementEvent.kind != EventKind.UNDONE,
            undoing.id.is_(None),
        )
        .order_by(PlacementEvent.placement_id, PlacementEvent.number)
    ):
        found[event.placement_id].append(event)
    return found


def price_of(
    session: Session,
    placement: Placement,
    *,
    schedule: PriceSchedule,
    provision: Provision,
    band: Band,
    sessions: int | None,
    hours_a_week: Decimal | None,
    on: date,
) -> int:
    """What the LA would pay a school year on these terms, at the prices of a schedule and with the variation that was
    agreed with the award: by the share of the sessions, or of the hours, to those that the schedule prices. Raises
    Invalid, by field."""
    found = price_in(schedule, provision.id, band)
    if found is None:
        words = f"The agreed prices state none for this band of {provision.name}. Agree a new award instead."
        raise Invalid({"band": [words]})
    fee: Fraction | int = found.fee
    if provision.kind is Kind.POROUS:
        assert sessions is not None
        assert provision.sessions is not None
        fee = Fraction(found.fee * sessions, provision.sessions)
    if provision.kind is Kind.OUTREACH:
        assert hours_a_week is not None
        if found.hours_a_week is None:
            raise Invalid({"hours_a_week": ["The agreed prices do not say for how many hours they are."]})
        fee = found.fee * Fraction(hours_a_week) / Fraction(found.hours_a_week)
    whole = half_up(fee) + placement.award.variation
    if whole < 0:
        raise Invalid({"band": ["The variation that was agreed takes more off than this costs. Agree a new award."]})
    return marginal_price(
        whole,
        kind=provision.kind,
        setting_type=placement.setting.type,
        framework=rule(framework_in_force(session, on=on)),
    )
