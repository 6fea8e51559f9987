"""Outreach orders up to their beginning: asked, accepted at a price, agreed; or declined, or withdrawn. An order of a
placement that runs begins at once: its money and hours are the placement's.

The provider names a price, and the LA agrees to it before anything is charged: nobody is bound by what the other side
has typed. The hours are held from the acceptance on. It must never cap a price: the guide stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from marketplace.errors import Invalid, InvalidTransition, NotPermitted
from marketplace.models import (
    HOLDING,
    Authority,
    Grade,
    Kind,
    OrderShare,
    OrderStatus,
    OrderVisit,
    OutreachOrder,
    Placement,
    PlacementStatus,
    Provision,
    Setting,
)
from marketplace.permissions import (
    Actor,
    can_agree_order,
    can_decide_award,
    can_keep_order,
    require,
)
from marketplace.services import capacity, outreach_charges
from marketplace.services.outreach_steps import is_authority, is_provider, lock_order, move, record, tell
from marketplace.services.placement_steps import find_placement
from marketplace.services.tariffs import loaded, tariff_in_force
from marketplace.services.thresholds import threshold_of
from marketplace.vocabulary import in_words
from pricing.guide import GuidePrice, NotStated, guide_price, half_days_in_all
from pricing.profile import Band
from pricing.tariff import Pattern

LONGEST = timedelta(days=731)  # an order: two school years
WHOLE = 100  # per cent


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an order is for and how it is measured, as the LA states it. `shares`: per cent by school, where several
    share the hours."""

    outcome: str
    measure: str
    baseline: Decimal
    target: Decimal
    hours: Decimal
    hours_a_week: Decimal
    grade: Grade
    school: str
    urn: int | None
    year_group: int | None
    pupils_with: int
    pupils_without: int
    purpose: str | None
    starts_on: date
    ends_on: date
    next_review_on: date | None
    shares: Mapping[str, int]


def outreach_offered(session: Session, *, authority_id: int) -> Sequence[Provision]:
    """The outreach that is offered to an LA, by setting and name: what an order may ask for."""
    code = session.scalar(select(Authority.code).where(Authority.id == authority_id))
    return session.scalars(
        select(Provision)
        .join(Provision.setting)
        .where(
            Provision.kind == Kind.OUTREACH,
            Provision.is_offered,
            Setting.provider_id.is_not(None),
            or_(func.cardinality(Provision.las) == 0, Provision.las.contains([code])),
        )
        .options(joinedload(Provision.setting))
        .order_by(Setting.name, Setting.id, Provision.name, Provision.id)
    ).all()


def ask_order(
    session: Session, actor: Actor, *, authority_id: int, provision_id: int, terms: Terms, on: date, at: datetime
) -> OutreachOrder:
    """The LA asks a provider for outreach without a placement. Raises Invalid, by field."""
    require(can_keep_order(actor, authority_id), "order outreach")
    provision = next(
        (row for row in outreach_offered(session, authority_id=authority_id) if row.id == provision_id), None
    )
    if provision is None:
        raise Invalid({"provision_id": ["Choose one of the outreach provisions that are offered."]})
    _require_sound(terms)
    if terms.starts_on < on:
        raise Invalid({"starts_on": ["Enter today or a day to come: the provider has to accept first."]})
    order = _added(session, actor, provision, terms, authority_id=authority_id, at=at)
    record(session, actor, "asked", order)
    tell(session, actor, order, "order_asked")
    return order


def order_of_placement(
    session: Session, actor: Actor, *, placement_id: int, terms: Terms, at: datetime
) -> OutreachOrder:
    """The LA says what the outreach of a placement is for. Its hours a week are the placement's. Raises Invalid, by
    field, InvalidTransition."""
    placement = find_placement(session, placement_id)
    require(can_keep_order(actor, placement.authority_id), "order outreach")
    if not may_be_ordered(placement):
        raise InvalidTransition("Only outreach that runs, or is agreed, can be given an outcome to reach.")
    if order_of(session, placement) is not None:
        raise InvalidTransition("What this outreach is for is stated already.")
    _require_sound(terms)
    if terms.starts_on < placement.starts_on:
        words = f"The placement begins on {in_words(placement.starts_on)}. Enter that day or a later one."
        raise Invalid({"starts_on": [words]})
    if placement.ends_on is not None and terms.ends_on > placement.ends_on:
        words = f"The placement ends on {in_words(placement.ends_on)}. Enter that day or an earlier one."
        raise Invalid({"ends_on": [words]})
    order = _added(
        session, actor, placement.provision, terms, authority_id=placement.authority_id, at=at,
        placement=placement, status=OrderStatus.RUNNING,
    )  # fmt: skip
    record(session, actor, "ordered", order, placement_id=placement.id)
    tell(session, actor, order, "order_agreed")
    return order


def may_be_ordered(placement: Placement) -> bool:
    """Whether a placement is outreach that is agreed or runs."""
    return placement.hours_a_week is not None and placement.status is not PlacementStatus.ENDED


def order_of(session: Session, placement: Placement) -> OutreachOrder | None:
    """What the outreach of a placement is for, where that was stated."""
    return session.scalar(
        select(OutreachOrder).where(
            OutreachOrder.placement_id == placement.id, OutreachOrder.status != OrderStatus.WITHDRAWN
        )
    )


def guide_of(session: Session, order: OutreachOrder, *, on: date) -> GuidePrice | None:
    """What the LA's tariff in force would expect for the whole order: its half-days at the rate of the grade. None
    where it states no rate."""
    row = tariff_in_force(session, authority_id=order.authority_id, on=on)
    if row is None:
        return None
    try:
        return guide_price(
            loaded(row), kind=Kind.OUTREACH, band=Band.MILD, pattern=Pattern.DAY, la_code="", grade=order.grade,
            half_days=half_days_in_all(order.hours, a_week=order.hours_a_week),
        )  # fmt: skip
    except NotStated:
        return None


def accept_order(session: Session, actor: Actor, *, order_id: int, version: int, price: int) -> OutreachOrder:
    """The provider accepts at a price for the whole order, and its hours a week are taken. Raises NoRoom."""
    order = lock_order(session, actor, order_id, version, may=is_provider)
    move(order, OrderStatus.ACCEPTED)
    order.price = price
    session.flush()
    capacity.take(
        session, actor, provision=order.provision, year_group=order.year_group, on=order.starts_on,
        amount=order.hours_a_week, authority_id=order.authority_id, subject=order,
    )  # fmt: skip
    record(session, actor, "accepted", order, price=price)
    tell(session, actor, order, "order_accepted")
    return order


def decline_order(
    session: Session, actor: Actor, *, order_id: int, version: int, reason: str, at: datetime
) -> OutreachOrder:
    """The provider declines, or takes back what it has accepted as long as the LA has not agreed."""
    order = lock_order(session, actor, order_id, version, may=is_provider)
    _give_up(session, actor, order, OrderStatus.DECLINED, reason, at=at)
    record(session, actor, "declined", order)
    tell(session, actor, order, "order_declined")
    return order


def agree_order(session: Session, actor: Actor, *, order_id: int, version: int, on: date) -> OutreachOrder:
    """The LA agrees to the price, which is charged from the first day to the last. Over the LA's threshold an approver
    does, who is not who has asked, as of an award."""
    order = lock_order(session, actor, order_id, version, may=_may_agree)
    threshold = threshold_of(session, order.authority_id, on=on)
    move(order, OrderStatus.RUNNING)
    order.threshold, order.agreed_by_id = threshold, actor.user_id
    if needs_second_person(order, threshold):
        require(can_decide_award(actor, order.authority_id), "agree to a price over your authority's threshold")
        if actor.user_id == order.asked_by_id:
            raise NotPermitted(
                "You asked for this order, and it costs more than the threshold: another approver agrees."
            )
    record(session, actor, "agreed", order)
    outreach_charges.charge_order(session, order)
    tell(session, actor, order, "order_agreed")
    return order


def needs_second_person(order: OutreachOrder, threshold: int) -> bool:
    """Whether who has asked for an order may not agree to its price."""
    assert order.price is not None
    return order.price > threshold


def withdraw_order(
    session: Session, actor: Actor, *, order_id: int, version: int, reason: str, on: date, at: datetime
) -> OutreachOrder:
    """The LA takes an order back: one that is not agreed yet; else as long as nothing was delivered and, where it has a
    price of its own, its first day is to come. Nothing is charged."""
    order = lock_order(session, actor, order_id, version, may=is_authority)
    if not may_withdraw(session, order, on=on):
        raise InvalidTransition("This order has begun. End it, and say what came of it.")
    _give_up(session, actor, order, OrderStatus.WITHDRAWN, reason, at=at)
    record(session, actor, "withdrawn", order)
    outreach_charges.reverse_order(session, order, last_day=None)
    tell(session, actor, order, "order_withdrawn")
    return order


def may_withdraw(session: Session, order: OutreachOrder, *, on: date) -> bool:
    """Whether an order has not begun, so that it can still be withdrawn."""
    if order.status is not OrderStatus.RUNNING:
        return order.status in {OrderStatus.ASKED, OrderStatus.ACCEPTED}
    visits = select(func.count()).where(OrderVisit.order_id == order.id, OrderVisit.undone_at.is_(None))
    return not session.scalar(visits) and (order.placement_id is not None or on < order.starts_on)


def _may_agree(actor: Actor, order: OutreachOrder) -> bool:
    return can_agree_order(actor, order.authority_id)


def _give_up(
    session: Session, actor: Actor, order: OutreachOrder, status: OrderStatus, reason: str, *, at: datetime
) -> None:
    has_hours = order.status in HOLDING and order.placement_id is None
    move(order, status)
    order.reason = reason
    session.flush()
    if has_hours:
        capacity.free(session, actor, subject=order, at=at)


def _require_sound(terms: Terms) -> None:
    """Raise Invalid, by field, unless the terms can hold together: all that is wrong at once."""
    errors: dict[str, list[str]] = {}
    if terms.target == terms.baseline:
        errors["target"] = ["The target is what the measure shows today. Enter what it is to become."]
    if terms.ends_on < terms.starts_on:
        errors["ends_on"] = ["The last day is before the first. Enter a later one."]
    elif terms.ends_on - terms.starts_on > LONGEST:
        errors["ends_on"] = ["An order runs for two years at most. Enter an earlier day, and order again then."]
    if terms.hours < terms.hours_a_week:
        errors["hours"] = ["These are fewer hours in all than in a week. Enter all hours of the whole order."]
    if terms.next_review_on and not terms.starts_on <= terms.next_review_on <= terms.ends_on:
        errors["next_review_on"] = ["Enter a day between the first and the last of the order."]
    if not terms.purpose and not terms.pupils_with + terms.pupils_without:
        errors["purpose"] = ["Say how many pupils are served, or what it is for in the whole school."]
    if terms.shares and sum(terms.shares.values()) != WHOLE:
        errors["shares"] = [f"The shares come to {sum(terms.shares.values())}. Let them come to 100."]
    if errors:
        raise Invalid(errors)


def _added(
    session: Session,
    actor: Actor,
    provision: Provision,
    terms: Terms,
    *,
    authority_id: int,
    at: datetime,
    **fields: Any,
) -> OutreachOrder:
    kept = {name: getattr(terms, name) for name in Terms.__slots__ if name != "shares"}
    order = OutreachOrder(
        authority_id=authority_id,
        setting_id=provision.setting_id,
        provider_id=provision.setting.provider_id,
        provision=provision,
        asked_at=at,
        asked_by_id=actor.user_id,
        **kept,
        **fields,
    )
    order.shares = [OrderShare(school=school, share=share) for school, share in terms.shares.items()]
    session.add(order)
    session.flush()
    return order
