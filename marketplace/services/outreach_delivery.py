"""What is delivered of an outreach order and how it goes: visits, reviews, the result.

A visit counts as a half-day at least. More hours than were ordered may be given: they are charged nothing. It must
never decide whether an outcome is met by itself: a person of the LA says so, and the target must be reached.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from marketplace.errors import Invalid, InvalidTransition, NotFound
from marketplace.models import (
    OrderResult,
    OrderReview,
    OrderStatus,
    OrderVisit,
    OutreachOrder,
)
from marketplace.permissions import Actor, can_review_order
from marketplace.services import capacity, outreach_charges
from marketplace.services.outreach_steps import (
    is_authority,
    is_provider,
    lock_order,
    move,
    record,
    require_running,
    tell,
)
from marketplace.vocabulary import in_words
from pricing.guide import half_days, half_days_in_all


@dataclass(frozen=True, slots=True)
class Had:
    """What one school of a partnership has had of the hours, beside its share of those delivered and ordered."""

    school: str
    share: int
    hours: Decimal
    ordered: Decimal

    def part_of(self, delivered: Decimal) -> Decimal:
        """Per cent of the hours delivered, to one decimal; 0 where there are none."""
        return round(100 * self.hours / delivered, 1) if delivered else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Hours and half-days of the visits that stand, beside what was ordered, and by school where they are shared."""

    hours: Decimal
    half_days: int
    ordered_hours: Decimal
    ordered_half_days: int
    schools: tuple[Had, ...]

    @property
    def left(self) -> Decimal:
        """The hours still to come; less than nothing where more were given than ordered."""
        return self.ordered_hours - self.hours


def delivered(order: OutreachOrder) -> Delivered:
    """What was delivered of an order."""
    visits = [visit for visit in order.visits if visit.undone_at is None]
    return Delivered(
        hours=_hours(visits),
        half_days=sum(half_days(visit.hours) for visit in visits),
        ordered_hours=order.hours,
        ordered_half_days=half_days_in_all(order.hours, a_week=order.hours_a_week),
        schools=tuple(
            Had(
                each.school,
                each.share,
                _hours(visit for visit in visits if visit.share_id == each.id),
                order.hours * each.share / 100,
            )
            for each in order.shares
        ),
    )


def log_visit(
    session: Session,
    actor: Actor,
    *,
    order_id: int,
    day: date,
    hours: Decimal,
    share_id: int | None,
    words: str | None,
    on: date,
    at: datetime,
) -> OrderVisit:
    """The provider has delivered hours on a day, today or earlier, to which school where they are shared. Raises
    Invalid, by field."""
    order = lock_order(session, actor, order_id, None, may=is_provider)
    require_running(order)
    _require_day(order, day, on=on)
    if not 0 < hours <= 24:
        raise Invalid({"hours": ["Enter the hours of this visit, like 1.5: more than 0, and 24 at most."]})
    share = next((each for each in order.shares if each.id == share_id), None)
    if order.shares and share is None:
        raise Invalid({"share_id": ["Choose the school that was visited."]})
    visit = OrderVisit(
        order_id=order.id, share=share, on=day, hours=hours, words=words, logged_at=at, logged_by_id=actor.user_id
    )
    session.add(visit)
    session.flush()
    session.expire(order, ["visits"])
    record(session, actor, "visit logged", order, visit_id=visit.id)
    return visit


def undo_visit(session: Session, actor: Actor, *, order_id: int, visit_id: int, at: datetime) -> OrderVisit:
    """A visit was entered by mistake, and counts no more. Raises NotFound, InvalidTransition."""
    order = lock_order(session, actor, order_id, None, may=is_provider)
    require_running(order)
    visit = session.get(OrderVisit, visit_id)
    if visit is None or visit.order_id != order.id:
        raise NotFound("There is no such visit.")
    if visit.undone_at is not None:
        raise InvalidTransition("This visit is undone already.")
    visit.undone_at = at
    record(session, actor, "visit undone", order, visit_id=visit.id)
    return visit


def review_order(
    session: Session,
    actor: Actor,
    *,
    order_id: int,
    version: int,
    day: date,
    value: Decimal,
    words: str,
    next_review_on: date | None,
    on: date,
    at: datetime,
) -> OrderReview:
    """Either side says where the order stands on its measure on a day, and when it is reviewed next. Raises Invalid, by
    field."""
    order = lock_order(
        session, actor, order_id, version,
        may=lambda actor, row: can_review_order(actor, row.authority_id, row.provider_id),
    )  # fmt: skip
    require_running(order)
    _require_day(order, day, on=on)
    if next_review_on is not None and not on < next_review_on <= order.ends_on:
        last = in_words(order.ends_on)
        raise Invalid({"next_review_on": [f"Enter a day to come, to {last} at the latest, or leave it empty."]})
    order.next_review_on = next_review_on
    flag_modified(order, "next_review_on")  # the page of who reviews at the same time is stale, also where it stays
    assert actor.organisation_id is not None
    review = OrderReview(
        order_id=order.id, on=day, value=value, words=words, reviewed_at=at, organisation_id=actor.organisation_id,
        officer=actor.name,
    )  # fmt: skip
    session.add(review)
    record(session, actor, "reviewed", order, day=day.isoformat())
    tell(session, actor, order, "order_reviewed")
    return review


def end_order(
    session: Session,
    actor: Actor,
    *,
    order_id: int,
    version: int,
    last_day: date,
    result: OrderResult,
    value: Decimal,
    words: str,
    on: date,
    at: datetime,
) -> OutreachOrder:
    """The LA says what came of an order, by its last day. The hours are free again, and nothing is charged after that
    day. Raises Invalid, by field."""
    order = lock_order(session, actor, order_id, version, may=is_authority)
    require_running(order)
    _require_day(order, last_day, on=on, field="last_day")
    last_visit = max((visit.on for visit in order.visits if visit.undone_at is None), default=order.starts_on)
    if last_day < last_visit:
        raise Invalid({"last_day": [f"There was a visit on {in_words(last_visit)}. Enter that day or a later one."]})
    if result is OrderResult.MET and not order.reaches(value):
        raise Invalid({"result": [f"The target is {order.target.normalize():f}, which this value does not reach."]})
    move(order, OrderStatus.ENDED)
    order.result, order.last_value, order.result_words, order.ended_on = result, value, words, last_day
    order.next_review_on = None
    session.flush()
    if order.placement_id is None:
        capacity.free(session, actor, subject=order, at=at)
        outreach_charges.reverse_order(session, order, last_day=last_day)
    record(session, actor, "ended", order, result=result.value)
    tell(session, actor, order, "order_ended")
    return order


def _require_day(order: OutreachOrder, day: date, *, on: date, field: str = "day") -> None:
    if not order.starts_on <= day <= min(order.ends_on, on):
        span = f"from {in_words(order.starts_on)} to {in_words(min(order.ends_on, on))}"
        if order.starts_on > on:
            raise Invalid({field: [f"The order begins on {in_words(order.starts_on)}, which is to come."]})
        raise Invalid({field: [f"Enter a day of the order that has come: {span}."]})


def _hours(visits: Iterable[OrderVisit]) -> Decimal:
    return sum((visit.hours for visit in visits), Decimal(0))
