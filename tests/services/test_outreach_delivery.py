"""What is delivered of outreach: visits, reviews, results, shares; what an outcome has cost, by provider."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import Authority, LedgerLine, Message, OrderResult, OrderStatus, OutreachOrder
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import outreach, outreach_delivery
from marketplace.services.outreach_charges import charged
from marketplace.services.outreach_delivery import delivered
from marketplace.services.outreach_lists import OrderStanding, list_orders
from marketplace.services.outreach_outcomes import cost_of_outcome, outcomes_by_provider
from marketplace.services.verify import verify
from tests import builders
from tests.ordering import ENDS, ON, PRICE, SHARED, STARTS, Ordering, order, ordering, outreach_provision

FEBRUARY = date(2027, 2, 1)


@pytest.fixture
def case(database: Engine) -> Ordering:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return ordering(session)


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def visit(case: Ordering, order_id: int, hours: str = "3", *, by: Actor | None = None, **fields: Any) -> int:
    actor, on = by or case.editor, fields.pop("on", FEBRUARY)
    fields = {"day": on, "share_id": None, "words": None, **fields}
    with transaction(actor) as session:
        return outreach_delivery.log_visit(
            session, actor, order_id=order_id, hours=Decimal(hours), on=on, at=noon(on), **fields
        ).id


def review(
    case: Ordering, order_id: int, *, by: Actor | None = None, seen: dict[str, int] | None = None, **fields: Any
) -> None:
    actor, on = by or case.commissioner, fields.pop("on", FEBRUARY)
    fields = {"day": on, "value": Decimal(5), "words": "Seen in class.", "next_review_on": None, **fields}
    with transaction(actor) as session:
        outreach_delivery.review_order(session, actor, **(seen or case.of(order_id)), on=on, at=noon(on), **fields)


def end(case: Ordering, order_id: int, result: str = "met", value: str = "10", **fields: Any) -> None:
    on = fields.pop("on", ENDS)
    fields = {"last_day": on, "words": "All four join in.", **fields}
    with transaction(case.commissioner) as session:
        outreach_delivery.end_order(
            session, case.commissioner, **case.of(order_id), result=OrderResult(result), value=Decimal(value), on=on,
            at=noon(on), **fields,
        )  # fmt: skip


def whole() -> None:
    with transaction(SYSTEM) as session:
        assert [finding.rule.name for finding in verify(session) if finding.count] == []


def test_visits_add_up_beside_what_was_ordered_and_count_as_half_days_at_least(case: Ordering) -> None:
    order_id = case.run()
    for hours in ("1", "3", "4.5"):
        visit(case, order_id, hours)
    with transaction(case.commissioner) as session:
        found = delivered(session.get_one(OutreachOrder, order_id))
    assert (found.hours, found.half_days, found.left) == (Decimal("8.5"), 4, Decimal("51.5"))
    assert (found.ordered_hours, found.ordered_half_days) == (60, 20)
    whole()


def test_a_visit_that_was_entered_by_mistake_counts_no_more_and_stays_to_be_seen(case: Ordering) -> None:
    order_id = case.run()
    of: Any = {"order_id": order_id, "visit_id": visit(case, order_id, "6"), "at": noon(FEBRUARY)}
    visit(case, order_id, "2")
    with transaction(case.editor) as session:
        outreach_delivery.undo_visit(session, case.editor, **of)
    with pytest.raises(InvalidTransition, match="undone already"), transaction(case.editor) as session:
        outreach_delivery.undo_visit(session, case.editor, **of)
    with transaction(case.editor) as session:
        row = session.get_one(OutreachOrder, order_id)
        assert (delivered(row).hours, len(row.visits)) == (2, 2)


def test_a_visit_of_another_order_is_not_undone(case: Ordering) -> None:
    first, second = case.run(), case.run()
    other = visit(case, second)
    with pytest.raises(NotFound), transaction(case.editor) as session:
        outreach_delivery.undo_visit(session, case.editor, order_id=first, visit_id=other, at=noon(FEBRUARY))


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("day", {"day": FEBRUARY + timedelta(days=1)}),
        ("day", {"day": STARTS - timedelta(days=1)}),
        ("day", {"on": STARTS - timedelta(days=1)}),
        ("day", {"on": ENDS + timedelta(days=3)}),
        ("hours", {"hours": "0"}),
        ("hours", {"hours": "24.5"}),
    ],
)
def test_what_cannot_be_logged_is_said_by_its_field(case: Ordering, field: str, fields: dict[str, Any]) -> None:
    order_id = case.run()
    with pytest.raises(Invalid) as refused:
        visit(case, order_id, **fields)
    assert list(refused.value.errors) == [field]


def test_nothing_is_logged_for_an_order_that_does_not_run_or_by_the_other_side(case: Ordering) -> None:
    with pytest.raises(InvalidTransition):
        visit(case, case.ask())
    order_id = case.run()
    with pytest.raises(NotPermitted):
        visit(case, order_id, by=case.commissioner)
    with transaction(SYSTEM) as session:
        rival = ordering(session).editor
    with pytest.raises(NotFound):
        visit(case, order_id, by=rival)


def test_shared_hours_are_logged_by_school_and_stand_beside_the_shares(case: Ordering) -> None:
    order_id = case.run(shares=SHARED)
    with pytest.raises(Invalid, match="Choose the school"):
        visit(case, order_id)
    with transaction(case.editor) as session:
        ids = {each.school: each.id for each in session.get_one(OutreachOrder, order_id).shares}
    for school, hours in (("Larch Primary School", "6"), ("Rowan Academy", "2"), ("Larch Primary School", "4")):
        visit(case, order_id, hours, share_id=ids[school])
    with transaction(case.commissioner) as session:
        found = delivered(session.get_one(OutreachOrder, order_id))
    assert [(each.school, each.share, each.hours, each.ordered) for each in found.schools] == [
        ("Larch Primary School", 50, 10, 30),
        ("Maple Primary School", 30, 0, 18),
        ("Rowan Academy", 20, 2, 12),
    ]
    assert sum(each.hours for each in found.schools) == found.hours
    assert found.schools[0].part_of(found.hours) == Decimal("83.3")
    whole()


def test_either_side_reviews_and_the_other_is_told_each_time(case: Ordering) -> None:
    order_id = case.run()
    review(case, order_id, next_review_on=date(2027, 4, 1))
    review(case, order_id, by=case.editor, value=Decimal(6), next_review_on=date(2027, 4, 1))
    row = case.order(order_id)
    assert row.next_review_on == date(2027, 4, 1)
    with transaction(case.editor) as session:
        values = [each.value for each in session.get_one(OutreachOrder, order_id).reviews]
        assert values == [5, 6]
    with transaction(SYSTEM) as session:
        told = select(func.count()).where(Message.template == "order_reviewed")
        assert session.scalar(told) == 1 + 2  # the provider's editor; the commissioner, and who is both


def test_a_review_from_a_page_that_is_behind_is_refused_also_where_no_date_has_changed(case: Ordering) -> None:
    order_id = case.run(next_review_on=None)
    seen = case.of(order_id)
    review(case, order_id)
    with pytest.raises(Stale):
        review(case, order_id, seen=seen, by=case.editor)


@pytest.mark.parametrize("day", [FEBRUARY, ENDS + timedelta(days=1)])
def test_the_next_review_is_to_come_within_the_order(case: Ordering, day: date) -> None:
    order_id = case.run()
    with pytest.raises(Invalid, match="Enter a day to come"):
        review(case, order_id, next_review_on=day)


def test_an_order_ends_with_its_result_and_its_hours_are_free_again(case: Ordering) -> None:
    order_id = case.run()
    visit(case, order_id)
    end(case, order_id)
    row = case.order(order_id)
    assert (row.status, row.result, row.last_value, row.ended_on) == (OrderStatus.ENDED, "met", 10, ENDS)
    assert case.used() == 0
    with transaction(case.commissioner) as session:
        kept = session.get_one(OutreachOrder, order_id)
        assert charged(session, kept) == cost_of_outcome(session, kept) == PRICE
    with pytest.raises(InvalidTransition):
        end(case, order_id)
    whole()


def test_what_ends_early_is_charged_to_its_last_day(case: Ordering) -> None:
    order_id = case.run()
    last = date(2027, 3, 21)
    end(case, order_id, "not_met", "2", on=last)
    with transaction(case.commissioner) as session:
        row = session.get_one(OutreachOrder, order_id)
        assert charged(session, row) == round(PRICE * 70 / 187)
        assert cost_of_outcome(session, row) is None
        lines = session.scalars(select(LedgerLine).order_by(LedgerLine.id)).all()
        assert {line.ends_on for line in lines if line.reverses_id} == {date(2027, 3, 31), ENDS}
    whole()


def test_nothing_ends_before_its_last_visit(case: Ordering) -> None:
    order_id = case.run()
    visit(case, order_id)
    with pytest.raises(Invalid, match="There was a visit on 1 February 2027"):
        end(case, order_id, on=FEBRUARY, last_day=FEBRUARY - timedelta(days=1))


@pytest.mark.parametrize(
    ("baseline", "target", "value", "is_met"),
    [("2", "10", "10", True), ("2", "10", "9.99", False), ("8", "1", "1", True), ("8", "1", "1.01", False)],
)
def test_an_outcome_is_met_only_where_the_target_is_reached_whichever_way_is_better(
    case: Ordering, baseline: str, target: str, value: str, is_met: bool
) -> None:
    order_id = case.run(baseline=Decimal(baseline), target=Decimal(target))
    if is_met:
        end(case, order_id, "met", value)
    else:
        with pytest.raises(Invalid, match="does not reach"):
            end(case, order_id, "met", value)
        end(case, order_id, "partly", value)


def ended(session: Session, of: Ordering, provider: str, results: str, price: int = 1_000_00) -> None:
    """Orders of a provider that have ended: a letter for each, m(et), p(artly) or n(ot met), charged their price."""
    la = session.get_one(Authority, of.la)
    setting = builders.setting(session, la, builders.provider(session, provider))
    provision = outreach_provision(session, builders.provision(session, builders.pool(session, setting)))
    for letter in results:
        row = order(
            session, provision, la, status=OrderStatus.ENDED, price=price, threshold=price, ended_on=ENDS,
            result={"m": "met", "p": "partly", "n": "not_met"}[letter], last_value=Decimal(10), result_words="x",
            next_review_on=None,
        )  # fmt: skip
        session.add(
            LedgerLine(authority_id=la.id, order_id=row.id, year=2026, starts_on=STARTS, ends_on=date(2027, 3, 31),
                       fee=price, amount=price)
        )  # fmt: skip
    session.flush()


def test_the_cost_of_an_outcome_counts_also_the_orders_that_met_nothing(case: Ordering) -> None:
    with transaction(SYSTEM) as session:
        ended(session, case, "Ash Trust", "mmpnnn")
        ended(session, case, "Birch Trust", "nnnnn")
    with transaction(case.commissioner) as session:
        rows = outcomes_by_provider(session)
    assert [(row.name, row.n, row.met, row.partly, row.not_met, row.charged, row.cost) for row in rows] == [
        ("Ash Trust", 6, 2, 1, 3, 6_000_00, 3_000_00),
        ("Birch Trust", 5, 0, 0, 5, 5_000_00, None),
    ]


def test_providers_of_few_orders_are_shown_together_and_with_as_many_others_as_hide_them(case: Ordering) -> None:
    with transaction(SYSTEM) as session:
        ended(session, case, "Ash Trust", "mmmmmmmm")
        ended(session, case, "Birch Trust", "mm")
        ended(session, case, "Cedar Trust", "n")
    with transaction(case.commissioner) as session:
        rows = outcomes_by_provider(session)
    assert [(row.name, row.n, row.is_shown) for row in rows] == [("3 other providers", 11, True)]


def test_where_all_are_too_few_no_figure_is_shown(case: Ordering) -> None:
    with transaction(SYSTEM) as session:
        ended(session, case, "Birch Trust", "mm")
    with transaction(case.commissioner) as session:
        assert [(row.name, row.is_shown) for row in outcomes_by_provider(session)] == [("1 other provider", False)]
    with transaction(SYSTEM) as session:
        other = ordering(session).commissioner
    with transaction(other) as session:
        assert outcomes_by_provider(session) == []


def test_the_list_says_what_needs_doing_first(case: Ordering) -> None:
    asked, accepted = case.ask(), case.ask()
    case.accept(accepted)
    early, late, soon, running = (
        case.run(hours_a_week=Decimal("0.5"), **fields)
        for fields in (
            {"ends_on": date(2027, 1, 20), "next_review_on": None},
            {"next_review_on": date(2027, 1, 25)},
            {"starts_on": date(2027, 3, 1), "next_review_on": None},
            {"next_review_on": date(2027, 5, 1)},
        )
    )
    over = case.run(hours_a_week=Decimal("0.5"))
    end(case, over, on=date(2027, 1, 15))
    declined = case.ask()
    with transaction(case.editor) as session:
        outreach.decline_order(session, case.editor, **case.of(declined), reason="x", at=noon(ON))
    with transaction(case.editor) as session:
        listed = list_orders(session, on=FEBRUARY)
        assert [(group.value, [row.id for row in rows]) for group, rows in listed.groups.items()] == [
            ("accept", [asked]),
            ("agree", [accepted]),
            ("overdue", [early]),
            ("review", [late]),
            ("starting", [soon]),
            ("running", [running]),
            ("ended", [over]),
            ("given_up", [declined]),
        ]
        assert list_orders(session, on=FEBRUARY, standings=[OrderStanding.REVIEW], page=9).count == 1
