"""Outreach orders of the demonstration: one that runs, and one whose outcome was met."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.models import Authority, OrderResult, OutreachOrder, Provision, Role, User
from marketplace.services import outreach, outreach_delivery
from marketplace.services.capacity import room
from marketplace.services.demonstration.acts import act, morning
from marketplace.services.demonstration.people import People
from marketplace.services.outreach import Terms
from pricing.tariff import Grade

AUTHORITY = "991"
HOURS = Decimal(3)  # a week
HALF_DAY = 21_500  # pence, as the demonstration tariff has it
TALK = Terms(
    outcome="Four pupils join in whole-class talk without an adult beside them.",
    measure="Lessons a week joined in without an adult", baseline=Decimal(2), target=Decimal(10),
    hours=Decimal(60), hours_a_week=HOURS, grade=Grade.SPECIALIST_TEACHER, school="Little Elms School", urn=None,
    year_group=None, pupils_with=1, pupils_without=3, purpose=None, starts_on=date.min, ends_on=date.min,
    next_review_on=None, shares={},
)  # fmt: skip
CALM = replace(
    TALK,
    outcome="Staff of the school run its quiet room without help.",
    measure="Days a week on which the quiet room is open", baseline=Decimal(0), target=Decimal(5),
    hours=Decimal(12), pupils_with=0, pupils_without=0, purpose="A quiet room for the whole school.",
)  # fmt: skip


def add_orders(session: Session, people: People, *, on: date) -> None:
    """What an authority has ordered, where a provider has had the hours since; where none has, nothing."""
    authority = next(row for row in people.authorities if row.code == AUTHORITY)
    began = on - timedelta(days=35)
    running = _running(session, people, authority, replace(TALK, starts_on=began, ends_on=on + timedelta(days=120)))
    if running is not None:
        for days, value in ((28, None), (21, None), (14, 4)):
            _deliver(session, people, running, on - timedelta(days=days), value)
    met = _running(session, people, authority, replace(CALM, starts_on=began, ends_on=on - timedelta(days=2)))
    if met is not None:
        for days in (30, 23, 16, 9):
            _deliver(session, people, met, on - timedelta(days=days), None)
        day = on - timedelta(days=2)
        act(
            session, people.who(authority, Role.COMMISSIONER), day, outreach_delivery.end_order, order_id=met.id,
            version=met.version, last_day=day, result=OrderResult.MET, value=Decimal(5),
            words="The room is open each day, run by two of the school’s own staff.", on=day, at=morning(day),
        )  # fmt: skip


def _running(session: Session, people: People, authority: Authority, terms: Terms) -> OutreachOrder | None:
    """An order that was asked, accepted and agreed in the week before its first day."""
    offered = outreach.outreach_offered(session, authority_id=authority.id)
    provision = next((row for row in offered if _has_room(session, row, terms.starts_on)), None)
    if provision is None:
        return None
    day = terms.starts_on - timedelta(days=5)
    order = act(
        session, people.who(authority, Role.COMMISSIONER), day, outreach.ask_order, authority_id=authority.id,
        provision_id=provision.id, terms=terms, on=day, at=morning(day),
    )  # fmt: skip
    price = int(terms.hours / HOURS) * HALF_DAY
    act(
        session, _editor(people, provision), day + timedelta(days=1), outreach.accept_order, order_id=order.id,
        version=order.version, price=price,
    )  # fmt: skip
    agreed_on = day + timedelta(days=2)
    act(
        session, people.who(authority, Role.APPROVER), agreed_on, outreach.agree_order, order_id=order.id,
        version=order.version, on=agreed_on,
    )  # fmt: skip
    return order


def _has_room(session: Session, provision: Provision, on: date) -> bool:
    years = range(provision.low_year, provision.high_year + 1)
    return any(room(session, pool_id=provision.pool_id, year_group=year, on=on) >= HOURS for year in years)


def _editor(people: People, provision: Provision) -> User:
    assert provision.setting.provider is not None
    return people.who(provision.setting.provider, Role.PROVIDER_EDITOR)


def _deliver(session: Session, people: People, order: OutreachOrder, day: date, value: int | None) -> None:
    """A visit of a day, and a review that found a value."""
    editor = _editor(people, order.provision)
    act(
        session, editor, day, outreach_delivery.log_visit, order_id=order.id, day=day, hours=HOURS, share_id=None,
        words="Worked beside the class teacher, then planned the week.", on=day, at=morning(day),
    )  # fmt: skip
    if value is not None:
        act(
            session, editor, day, outreach_delivery.review_order, order_id=order.id, version=order.version, day=day,
            value=Decimal(value), words="Two of the four now answer when asked.", next_review_on=None, on=day,
            at=morning(day),
        )  # fmt: skip
