"""Outreach orders: asked, accepted, agreed or given up, each act by its own actor, under row-level security."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.errors import Invalid, InvalidTransition, NoRoom, NotFound, NotPermitted, Stale
from marketplace.models import (
    HOLDING,
    ORDER_MOVES,
    AuditEvent,
    Authority,
    Claim,
    LedgerLine,
    LedgerTotal,
    Message,
    OrderStatus,
    OutreachOrder,
    Pool,
    Provision,
)
from marketplace.permissions import SYSTEM
from marketplace.services import outreach, outreach_charges
from marketplace.services.outreach_history import WORDS, order_timeline
from marketplace.services.verify import verify
from tests import builders
from tests.ordering import AT, ENDS, ON, PRICE, SHARED, STARTS, TERMS, Ordering, ordering
from tests.running import running


@pytest.fixture
def case(database: Engine) -> Ordering:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return ordering(session)


def give_up(case: Ordering, order_id: int, *, by_provider: bool = False, on: date = ON) -> None:
    actor = case.editor if by_provider else case.commissioner
    with transaction(actor) as session:
        if by_provider:
            outreach.decline_order(session, actor, **case.of(order_id), reason="Staff have left.", at=AT)
        else:
            outreach.withdraw_order(session, actor, **case.of(order_id), reason="Not needed.", on=on, at=AT)


def whole(case: Ordering) -> None:  # noqa: ARG001
    """Every rule of the data holds."""
    with transaction(SYSTEM) as session:
        assert [finding.rule.name for finding in verify(session) if finding.count] == []


def charges(order_id: int) -> list[tuple[int, str, str, int]]:
    with transaction(SYSTEM) as session:
        lines = session.scalars(select(LedgerLine).where(LedgerLine.order_id == order_id).order_by(LedgerLine.id))
        return [(row.year, f"{row.starts_on}", f"{row.ends_on}", row.amount) for row in lines]


def told() -> Counter[str]:
    with transaction(SYSTEM) as session:
        return Counter(session.scalars(select(Message.template)))


def test_an_order_is_asked_accepted_at_a_price_and_agreed_and_each_year_has_its_part(case: Ordering) -> None:
    order_id = case.ask()
    assert case.used() == 0
    case.accept(order_id)
    assert case.used() == 3  # held from here on
    assert charges(order_id) == []  # nothing is owed before the authority agrees
    case.agree(order_id)
    order = case.order(order_id)
    assert (order.status, order.price, order.threshold) == (OrderStatus.RUNNING, PRICE, 1_000_000)
    found = charges(order_id)
    assert [line[:3] for line in found] == [(2026, "2027-01-11", "2027-03-31"), (2027, "2027-04-01", "2027-07-16")]
    assert sum(line[3] for line in found) == PRICE
    assert found[0][3] == round(PRICE * 80 / 187)
    with transaction(SYSTEM) as session:
        assert {row.year: row.amount for row in session.scalars(select(LedgerTotal))} == {
            2026: found[0][3],
            2027: found[1][3],
        }
        assert session.scalars(select(Claim.held_until)).all() == [None]
    assert told() == {"order_asked": 1, "order_accepted": 3, "order_agreed": 1}
    whole(case)


def test_the_guide_counts_half_days_of_the_grade_beside_any_price(case: Ordering) -> None:
    order_id = case.ask(hours=Decimal(20), hours_a_week=Decimal(2))
    with transaction(case.editor) as session:
        guide = outreach.guide_of(session, session.get_one(OutreachOrder, order_id), on=ON)
    assert guide is not None
    assert [f"{line}" for line in guide.lines] == ["10 half-days of a specialist teacher: £2,150 (£215 a half-day)"]
    case.accept(order_id, price=9_000_000)  # it caps nothing


def test_where_no_tariff_holds_there_is_no_guide(case: Ordering) -> None:
    with transaction(SYSTEM) as session:
        assert outreach.guide_of(session, case.order(case.ask()), on=date(2019, 1, 1)) is None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("target", {"target": Decimal(2)}),
        ("ends_on", {"ends_on": STARTS - timedelta(days=1), "next_review_on": None}),
        ("ends_on", {"ends_on": STARTS + timedelta(days=732)}),
        ("hours", {"hours": Decimal(2)}),
        ("next_review_on", {"next_review_on": STARTS - timedelta(days=1)}),
        ("next_review_on", {"next_review_on": ENDS + timedelta(days=1)}),
        ("purpose", {"pupils_with": 0, "pupils_without": 0}),
        ("shares", {"shares": {"Larch Primary School": 60, "Rowan Academy": 30}}),
        ("starts_on", {"starts_on": ON - timedelta(days=1)}),
    ],
)
def test_what_cannot_be_ordered_is_said_by_its_field(case: Ordering, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        case.ask(**changes)
    assert list(refused.value.errors) == [field]


def test_all_that_is_wrong_is_said_at_once(case: Ordering) -> None:
    with pytest.raises(Invalid) as refused:
        case.ask(target=Decimal(2), hours=Decimal(1), pupils_with=0, pupils_without=0)
    assert list(refused.value.errors) == ["target", "hours", "purpose"]


def test_only_outreach_that_is_offered_can_be_ordered(case: Ordering) -> None:
    with transaction(SYSTEM) as session:
        case.provision = builders.provision(session, builders.pool(session, builders.setting(
            session, builders.authority(session), builders.provider(session)))).id  # fmt: skip
    with pytest.raises(Invalid, match="Choose one of the outreach provisions"):
        case.ask()


def test_outreach_for_other_authorities_only_is_not_offered(case: Ordering) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Provision, case.provision).las = ["901"]
    with pytest.raises(Invalid, match="Choose one of the outreach provisions"):
        case.ask()
    with transaction(SYSTEM) as session:
        mine = session.get_one(Authority, case.la).code
        session.get_one(Provision, case.provision).las = ["901", mine]
    case.ask()


def test_a_whole_school_may_be_served_and_schools_may_share_the_hours(case: Ordering) -> None:
    order_id = case.ask(
        pupils_with=0, pupils_without=0, purpose="Train all teaching assistants.", year_group=None, shares=SHARED
    )
    with transaction(case.editor) as session:
        shares = session.get_one(OutreachOrder, order_id).shares
        assert {each.school: each.share for each in shares} == SHARED
    case.accept(order_id)  # of hours that are open to any year group
    assert case.used() == 3


def test_hours_are_taken_for_the_year_group_that_is_served(case: Ordering) -> None:
    order_id = case.ask(year_group=3)
    with pytest.raises(NoRoom):
        case.accept(order_id)
    assert case.order(order_id).status is OrderStatus.ASKED


def test_where_the_hours_are_gone_the_provider_is_told_and_nothing_is_accepted(case: Ordering) -> None:
    first, second = case.ask(hours_a_week=Decimal(8)), case.ask(hours_a_week=Decimal(8))
    case.accept(first)
    with pytest.raises(NoRoom, match="The hours have gone"):
        case.accept(second)
    assert case.order(second).status is OrderStatus.ASKED
    assert case.used() == 8
    whole(case)


def test_a_provider_declines_with_its_reason_and_holds_nothing_any_more(case: Ordering) -> None:
    for is_accepted in (False, True):
        order_id = case.ask()
        if is_accepted:
            case.accept(order_id)
        give_up(case, order_id, by_provider=True)
        order = case.order(order_id)
        assert (order.status, order.reason) == (OrderStatus.DECLINED, "Staff have left.")
        assert case.used() == 0
    whole(case)


def test_an_authority_withdraws_before_the_first_day_and_nothing_is_charged(case: Ordering) -> None:
    order_id = case.run()
    give_up(case, order_id, on=STARTS - timedelta(days=1))
    assert case.used() == 0
    assert sum(line[3] for line in charges(order_id)) == 0
    whole(case)


def test_what_has_begun_is_ended_and_not_withdrawn(case: Ordering) -> None:
    order_id = case.run()
    with pytest.raises(InvalidTransition, match="has begun"):
        give_up(case, order_id, on=STARTS)


def test_over_the_threshold_another_approver_agrees(case: Ordering) -> None:
    order_id = case.ask()
    case.accept(order_id, price=1_000_001)
    with pytest.raises(NotPermitted, match="over your authority's threshold"):
        case.agree(order_id)
    case.agree(order_id, by=case.approver)
    whole(case)


def test_over_the_threshold_who_asked_does_not_agree_even_as_an_approver(case: Ordering) -> None:
    asker = case.commissioner
    case.commissioner = case.colleague  # who is both
    order_id = case.ask()
    case.accept(order_id, price=1_000_001)
    with pytest.raises(NotPermitted, match="another approver agrees"):
        case.agree(order_id)
    case.commissioner = asker
    case.agree(order_id, by=case.approver)


def test_at_the_threshold_who_asked_agrees(case: Ordering) -> None:
    order_id = case.ask()
    case.accept(order_id, price=1_000_000)
    case.agree(order_id)


def test_each_side_does_its_own_part_only(case: Ordering) -> None:
    order_id = case.ask()
    with transaction(SYSTEM) as session:
        rival = ordering(session)
    case.accept(order_id)
    for actor in (case.editor, rival.commissioner, rival.editor):
        with pytest.raises((NotPermitted, NotFound)), transaction(actor) as session:
            outreach.agree_order(session, actor, **case.of(order_id), on=ON)
    for actor in (case.commissioner, case.approver, rival.editor):
        with pytest.raises((NotPermitted, NotFound)), transaction(actor) as session:
            outreach.decline_order(session, actor, **case.of(order_id), reason="x", at=AT)
    for actor in (case.editor, case.approver, rival.commissioner):
        with pytest.raises((NotPermitted, NotFound)), transaction(actor) as session:
            outreach.withdraw_order(session, actor, **case.of(order_id), reason="x", on=ON, at=AT)
    with pytest.raises(NotPermitted), transaction(rival.commissioner) as session:  # in another authority's name
        outreach.ask_order(
            session, rival.commissioner, authority_id=case.la, provision_id=case.provision, terms=TERMS, on=ON, at=AT
        )


def test_a_step_from_a_page_that_is_behind_is_refused(case: Ordering) -> None:
    order_id = case.ask()
    seen = case.of(order_id)
    case.accept(order_id)
    with pytest.raises(Stale), transaction(case.commissioner) as session:
        outreach.withdraw_order(session, case.commissioner, **seen, reason="x", on=ON, at=AT)


def test_every_status_moves_only_as_the_table_says(case: Ordering) -> None:
    acts = {
        OrderStatus.ACCEPTED: case.accept,
        OrderStatus.RUNNING: case.agree,
        OrderStatus.DECLINED: lambda order_id: give_up(case, order_id, by_provider=True),
        OrderStatus.WITHDRAWN: lambda order_id: give_up(case, order_id),
    }
    ways = {
        OrderStatus.ASKED: [],
        OrderStatus.ACCEPTED: [OrderStatus.ACCEPTED],
        OrderStatus.RUNNING: [OrderStatus.ACCEPTED, OrderStatus.RUNNING],
        OrderStatus.DECLINED: [OrderStatus.DECLINED],
        OrderStatus.WITHDRAWN: [OrderStatus.WITHDRAWN],
    }
    for status, way in ways.items():
        for wanted, act in acts.items():
            order_id = case.ask(hours_a_week=Decimal("0.5"))
            for step in way:
                acts[step](order_id)
            if wanted in ORDER_MOVES[status]:
                act(order_id)
                assert case.order(order_id).status is wanted
            else:
                with pytest.raises(InvalidTransition):
                    act(order_id)
                assert case.order(order_id).status is status
    with transaction(SYSTEM) as session:
        live = select(func.count()).where(OutreachOrder.status.in_(HOLDING))
        assert case.used() == Decimal("0.5") * (session.scalar(live) or 0)
    whole(case)


def test_the_outreach_of_a_placement_is_given_an_outcome_and_nothing_is_counted_twice(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        found = running(session, kind="outreach")
        placement_id, la = found.placement.id, found.commissioner
        pool_id = found.placement.provision.pool_id
        used = session.get_one(Pool, pool_id).taken
        lines = session.scalar(select(func.count()).select_from(LedgerLine))
    with transaction(la) as session:
        order = outreach.order_of_placement(session, la, placement_id=placement_id, terms=TERMS, at=AT)
        assert order.status is OrderStatus.RUNNING
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(LedgerLine)) == lines
        assert session.get_one(Pool, pool_id).taken == used
        days = (ENDS - STARTS).days + 1
        assert abs(outreach_charges.charged(session, session.get_one(OutreachOrder, order.id))
                   - round(found.placement.price * days / 365)) <= 1  # fmt: skip
    with pytest.raises(InvalidTransition, match="stated already"), transaction(la) as session:
        outreach.order_of_placement(session, la, placement_id=placement_id, terms=TERMS, at=AT)


def test_an_order_of_a_placement_lies_within_it_and_is_of_outreach(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        day, out = running(session), running(session, kind="outreach")
        out.placement.ends_on = ENDS - timedelta(days=1)
        session.flush()
    with pytest.raises(InvalidTransition), transaction(day.commissioner) as session:
        outreach.order_of_placement(session, day.commissioner, placement_id=day.placement.id, terms=TERMS, at=AT)
    with pytest.raises(Invalid) as refused, transaction(out.commissioner) as session:
        outreach.order_of_placement(session, out.commissioner, placement_id=out.placement.id, terms=TERMS, at=AT)
    assert list(refused.value.errors) == ["ends_on"]


def test_every_event_of_an_order_has_words_and_both_sides_read_them(case: Ordering) -> None:
    order_id = case.run()
    give_up(case, order_id)
    for actor in (case.commissioner, case.editor):
        with transaction(actor) as session:
            said = [entry.words for entry in order_timeline(session, actor, session.get_one(OutreachOrder, order_id))]
        assert said[0] == "Withdrawn"
        assert len(said) == 4
    with transaction(SYSTEM) as session:
        events = set(session.scalars(select(AuditEvent.event).where(AuditEvent.subject_type == "outreach_orders")))
    assert events <= WORDS.keys()
