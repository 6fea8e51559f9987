"""The hours of outreach orders are conserved against their pool, whatever happens and in whatever order, and also where
several reach for the last of them at the same moment."""

import contextlib
from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text

from marketplace.db import repeated, transaction
from marketplace.errors import InvalidTransition, NoRoom, Stale
from marketplace.models import HOLDING, OrderResult, OrderStatus, OutreachOrder, Pool
from marketplace.permissions import SYSTEM
from marketplace.services import outreach, outreach_delivery
from marketplace.services.verify import RULES
from tests.conftest import empty
from tests.contention import at_once, require_sums
from tests.ordering import AT, ENDS, ON, PRICE, Ordering, ordering

TRIALS = 10
OPEN = Decimal(12)


def begin() -> Ordering:
    with transaction(SYSTEM) as session:
        return ordering(session, f"{OPEN}")


def require_whole(case: Ordering) -> None:
    """What live orders hold is what is taken of the pool, and nothing was opened or lost."""
    require_sums()
    with transaction(SYSTEM) as session:
        for rule in RULES:
            if rule.name.startswith("order ") or rule.name == "holds":
                assert session.execute(text(rule.breaches)).all() == [], rule.name
        pool = session.get_one(Pool, case.pool)
        live = select(func.coalesce(func.sum(OutreachOrder.hours_a_week), 0)).where(OutreachOrder.status.in_(HOLDING))
        assert pool.taken == session.scalar(live)
        assert sum(row.amount for row in pool.vacancies) == OPEN


def accept(case: Ordering, order_id: int) -> None:
    of = {"order_id": order_id, "version": 1, "price": PRICE}
    repeated(case.editor, lambda session: outreach.accept_order(session, case.editor, **of))


def test_of_two_orders_for_the_last_hours_one_gets_them_and_the_other_is_told(database: Engine) -> None:  # noqa: ARG001
    case = begin()
    for _ in range(TRIALS):
        orders = [case.ask(hours_a_week=Decimal(12)) for _ in range(2)]
        found = at_once([lambda order_id=order_id: accept(case, order_id) for order_id in orders])  # type: ignore[misc]
        assert sorted(type(each) for each in found if each is not None) == [NoRoom]
        statuses = Counter(case.order(order_id).status for order_id in orders)
        assert statuses == {OrderStatus.ACCEPTED: 1, OrderStatus.ASKED: 1}
        require_whole(case)
        for order_id in orders:
            decline(case, order_id)
    require_whole(case)


def test_of_eight_for_four_shares_of_the_hours_four_have_theirs(database: Engine) -> None:  # noqa: ARG001
    case = begin()
    orders = [case.ask(hours_a_week=Decimal(3)) for _ in range(8)]
    found = at_once([lambda order_id=order_id: accept(case, order_id) for order_id in orders])  # type: ignore[misc]
    assert Counter(type(each).__name__ for each in found) == {"NoneType": 4, "NoRoom": 4}
    require_whole(case)


def test_of_a_provider_who_takes_back_and_an_la_that_agrees_one_is_first_and_the_other_is_told(
    database: Engine,  # noqa: ARG001
) -> None:
    case = begin()
    for _ in range(TRIALS):
        order_id = case.ask(hours_a_week=Decimal(2))
        case.accept(order_id)
        of = case.of(order_id)

        def agree() -> None:
            repeated(case.commissioner, lambda s: outreach.agree_order(s, case.commissioner, **of, on=ON))  # noqa: B023

        def take_back() -> None:
            repeated(case.editor, lambda s: outreach.decline_order(s, case.editor, **of, reason="x", at=AT))  # noqa: B023

        found = at_once([agree, take_back])
        assert [isinstance(each, Stale | InvalidTransition) for each in found if each is not None] == [True]
        require_whole(case)
        if case.order(order_id).status is OrderStatus.RUNNING:
            end(case, order_id)
        require_whole(case)


def decline(case: Ordering, order_id: int) -> None:
    with transaction(case.editor) as session:
        outreach.decline_order(session, case.editor, **case.of(order_id), reason="No staff.", at=AT)


def withdraw(case: Ordering, order_id: int) -> None:
    with transaction(case.commissioner) as session:
        outreach.withdraw_order(session, case.commissioner, **case.of(order_id), reason="No need.", on=ON, at=AT)


def end(case: Ordering, order_id: int) -> None:
    with transaction(case.commissioner) as session:
        outreach_delivery.end_order(
            session, case.commissioner, **case.of(order_id), last_day=ENDS, result=OrderResult.PARTLY,
            value=Decimal(5), words="x", on=ENDS, at=AT,
        )  # fmt: skip


ACTS = {
    "accept": lambda case, order_id: case.accept(order_id),
    "agree": lambda case, order_id: case.agree(order_id),
    "decline": decline,
    "withdraw": withdraw,
    "end": end,
}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.lists(st.integers(1, 40).map(lambda quarters: Decimal(quarters) / 4), min_size=2, max_size=4),
    steps=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 3)), max_size=14),
)
def test_whatever_happens_to_orders_their_hours_are_conserved(
    database: Engine,  # noqa: ARG001
    cleaner: Engine,
    hours: list[Decimal],
    steps: list[tuple[str, int]],
) -> None:
    case = begin()
    orders = [case.ask(hours_a_week=each) for each in hours]
    for name, number in steps:
        with contextlib.suppress(NoRoom, InvalidTransition):
            ACTS[name](case, orders[number % len(orders)])
        require_whole(case)
    empty(cleaner)
