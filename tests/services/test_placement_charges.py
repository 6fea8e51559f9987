"""Whatever happens to a placement, and in whatever order it is entered: what is charged is the days times the fee, what
is undone nets to nothing, the totals are the sums of the lines, and no later price changes any of it.

The model beside it keeps a fee for each day, and knows neither events nor stretches nor reversals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid
from marketplace.models import (
    AfterEnd,
    Band,
    LedgerLine,
    PlacementEvent,
    PlacementStatus,
)
from marketplace.services import placement_corrections, placement_ends, placements
from marketplace.services.ledger import DAY, horizon, live_lines
from marketplace.services.verify import verify
from tests.commissioning import STARTS_ON
from tests.running import INTENSIVE, ON, PROFOUND, Running, running
from tests.services.test_ledger import by_decimals

FIRST, LAST = date(2026, 9, 1), date(2032, 3, 31)
MADE_UP = {"audit of awards", "audit chain"}  # the award is a builder's; events are linked when a transaction ends
FEES = {Band.INTENSIVE: INTENSIVE, Band.PROFOUND: PROFOUND}


@dataclass
class Model:
    """What should be charged: the fee of each day, whichever day the placement begins and ends."""

    fees: dict[date, int] = field(
        default_factory=lambda: {FIRST + n * DAY: INTENSIVE for n in range((LAST - FIRST).days + 1)}
    )
    starts_on: date = STARTS_ON
    ends_on: date = LAST
    band: Band = Band.INTENSIVE
    is_paid: bool = True
    before: "list[Model]" = field(default_factory=list)

    def change(self, day: date) -> None:
        """From a day on it costs what holds now."""
        fee = FEES[self.band] if self.is_paid else 0
        self.fees |= {each: fee for each in self.fees if each >= day}

    def expected(self, until: date) -> int:
        """Pence for all days up to one: runs of days of one fee in one school year, by decimals."""
        total, start = 0, None
        day = self.starts_on
        last = min(self.ends_on, until)
        while day <= last:
            start = start or day
            following = day + DAY
            is_other_year = (following.month, following.day) == (9, 1)
            if following > last or is_other_year or self.fees[following] != self.fees[day]:
                total += by_decimals(self.fees[day], start, day)
                start = None
            day = following
        return total


def vary(model: Model, day: date, flag: bool) -> dict[str, Any]:
    model.band = Band.PROFOUND if flag else Band.INTENSIVE
    model.change(day)
    return {"day": day, "band": model.band}


def suspend(model: Model, day: date, flag: bool) -> dict[str, Any]:
    model.is_paid = flag
    model.change(day)
    return {"day": day, "is_paid": flag, "reason": "In hospital."}


def resume(model: Model, day: date, _: bool) -> dict[str, Any]:
    model.is_paid = True
    model.change(day)
    return {"day": day}


def start(model: Model, day: date, _: bool) -> dict[str, Any]:
    model.starts_on = day
    return {"day": day}


def notice(model: Model, day: date, flag: bool) -> dict[str, Any]:
    model.ends_on = day
    then = AfterEnd.NOT_NEEDED if flag else AfterEnd.TRANSFER
    return {"last_day": day, "reason": "Moves.", "then": then}


def end(model: Model, day: date, _: bool) -> dict[str, Any]:
    model.ends_on = day
    return {"last_day": day, "reason": "Left.", "then": AfterEnd.NOT_NEEDED}


STEPS: dict[str, tuple[Callable[..., Any], Callable[[Model, date, bool], dict[str, Any]]]] = {
    "start": (placements.start_placement, start),
    "vary": (placements.vary_placement, vary),
    "suspend": (placements.suspend_placement, suspend),
    "resume": (placements.resume_placement, resume),
    "notice": (placement_ends.give_notice, notice),
    "end": (placement_ends.end_placement, end),
}
# What happens, how many days later it is entered, how far from that day it lies (most often it is that day), a choice.
NAMES = ("start", "vary", "vary", "suspend", "suspend", "resume", "resume", "undo", "undo", "notice", "end", "carry")
STEP = st.tuples(
    st.sampled_from(NAMES),
    st.integers(0, 60),
    st.just(0) | st.just(0) | st.integers(-60, 150),
    st.booleans(),
)


def take(session: Session, case: Running, model: Model, name: str, on: date, day: date, flag: bool) -> Model:
    """Take a step in both; a step that is refused leaves both as they were."""
    if name == "carry":
        placement_ends.carry_charges(session, on=on, at=case.of(on)["at"])
        return model
    if name == "undo":
        last = placement_corrections.last_event(session, case.placement, case.commissioner)
        if last is None:
            return model
        placement_corrections.undo_event(
            session, case.commissioner, **case.of(on), event_id=last.id, reason="By mistake."
        )
        return model.before[-1]
    act, foretold = STEPS[name]
    after = Model(dict(model.fees), model.starts_on, model.ends_on, model.band, model.is_paid, [*model.before, model])
    fields = foretold(after, day, flag)
    if name == "vary":
        fields = case.terms(**fields)
    is_agreed = case.placement.status is PlacementStatus.AGREED
    try:
        act(session, case.commissioner, **case.of(on), **fields)
    except (Invalid, Conflict):
        session.expire(case.placement)
        return model
    if name == "end" and is_agreed:
        after.ends_on = model.starts_on - DAY
    return after


def charged(session: Session, case: Running) -> int:
    return session.scalar(
        select(func.coalesce(func.sum(LedgerLine.amount), 0)).where(LedgerLine.placement_id == case.placement.id)
    ) or 0  # fmt: skip


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # made smaller by hand: each example is a case of its own
)
@given(first=st.integers(30, 45), steps=st.lists(STEP, min_size=6, max_size=14))
def test_what_is_charged_is_the_days_times_the_fee_whatever_is_entered_in_whatever_order(
    session: Session, first: int, steps: list[tuple[str, int, int, bool]]
) -> None:
    case, model, on = running(session), Model(), ON
    entered = on  # the last day on which the ledger was brought to what holds
    for name, later, apart, flag in [("start", first, 0, False), *steps]:
        on += timedelta(days=later)
        if on > date(2030, 1, 1):
            break
        before = charged(session, case)
        number = session.scalar(select(func.max(PlacementEvent.number)))
        model = take(session, case, model, name, on, on + timedelta(days=apart), flag)
        if session.scalar(select(func.max(PlacementEvent.number))) != number or charged(session, case) != before:
            entered = on
        assert charged(session, case) == model.expected(horizon(entered)), (name, on)
        lines = live_lines(session, LedgerLine.placement_id == case.placement.id)
        assert all(following.starts_on > line.ends_on for line, following in pairwise(lines))
    assert [finding for finding in verify(session) if finding.count and finding.rule.name not in MADE_UP] == []
