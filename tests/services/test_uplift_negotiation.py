"""Any order of steps by anybody: what is allowed is exactly what a small model allows, and amounts are conserved."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.errors import MarketplaceError
from marketplace.models import PriceSchedule, UpliftStatus, UpliftStep
from marketplace.permissions import SYSTEM
from marketplace.services import uplift_negotiation
from tests.conftest import empty
from tests.uplifts import AT, Round

PROVIDER = 0  # of the people: the provider, then the officers of three LAs
PEOPLE = st.integers(0, 3)
PERCENTS = st.sampled_from(["0", "2.5", "3", "4.25", "-1"])


class Negotiation(RuleBasedStateMachine):
    """The model: status, whose turn, who the link LA is and whether it has acted, who has answered."""

    def __init__(self) -> None:
        super().__init__()
        self.trust = Round()
        self.trust.send()
        self.people = [self.trust.provider, *self.trust.officers]
        self.status, self.link, self.successor = UpliftStatus.NEGOTIATING, 1, 0
        self.turn, self.percent, self.has_acted = 1, Decimal("6.5"), False
        self.answered: set[int] = set()

    def tried(self, is_allowed: bool, act: Callable[[], Any]) -> bool:
        """Take the step; it goes through exactly where the model allows it."""
        done = False
        with suppress(MarketplaceError):
            act()
            done = True
        assert done == is_allowed
        return done

    @rule(who=PEOPLE, percent=PERCENTS)
    def counter(self, who: int, percent: str) -> None:
        is_allowed = self.is_open and who == self.turn and Decimal(percent) != self.percent
        if self.tried(is_allowed, lambda: self.trust.counter(self.people[who], percent)):
            self.percent, self.has_acted = Decimal(percent), self.has_acted or who == self.link
            self.turn = self.link if who == PROVIDER else PROVIDER

    @rule(who=PEOPLE)
    def agree(self, who: int) -> None:
        if self.tried(self.is_open and who == self.turn, lambda: self.trust.agree(self.people[who])):
            self.status, self.successor = UpliftStatus.AGREED, 0

    @rule(who=PEOPLE)
    def take_over(self, who: int) -> None:
        is_allowed = self.is_open and who not in (PROVIDER, self.link) and not self.successor
        act = uplift_negotiation.take_over
        if self.tried(is_allowed, lambda: self.trust.step(self.people[who], act, at=AT)):
            if self.has_acted:
                self.successor = who
            else:
                self.turn = who if self.turn == self.link else self.turn
                self.link, self.has_acted = who, True  # by its own consent

    @rule(who=PEOPLE, is_handed_over=st.booleans())
    def hand_over(self, who: int, is_handed_over: bool) -> None:
        is_allowed = self.is_open and who == self.link and bool(self.successor)
        act = uplift_negotiation.hand_over
        if self.tried(is_allowed, lambda: self.trust.step(self.people[who], act, is_handed_over=is_handed_over, at=AT)):
            if is_handed_over:
                self.turn = self.successor if self.turn == self.link else self.turn
                self.link = self.successor
            self.successor = 0

    @rule(who=PEOPLE)
    def withdraw(self, who: int) -> None:
        is_allowed = who == PROVIDER and self.status in (UpliftStatus.NEGOTIATING, UpliftStatus.AGREED)
        act = uplift_negotiation.withdraw
        if self.tried(is_allowed, lambda: self.trust.step(self.people[who], act, reasons="No.", at=AT)):
            self.status, self.successor = UpliftStatus.WITHDRAWN, 0

    @rule(number=st.integers(0, 2), is_accepted=st.booleans(), count=st.integers(0, 9))
    def answer(self, number: int, is_accepted: bool, count: int) -> None:
        is_allowed = self.status in (UpliftStatus.AGREED, UpliftStatus.PUBLISHED) and number not in self.answered
        counts = {"moderate": count, "intensive": count}
        if self.tried(is_allowed, lambda: self.trust.answer(number, is_accepted=is_accepted, **counts)):
            self.answered.add(number)

    @rule()
    def publish(self) -> None:
        if self.tried(self.status is UpliftStatus.AGREED, self.trust.publish):
            self.status = UpliftStatus.PUBLISHED

    @property
    def is_open(self) -> bool:
        return self.status is UpliftStatus.NEGOTIATING

    @invariant()
    def the_state_is_that_of_the_model(self) -> None:
        kept = self.trust.kept()
        assert (kept.status, kept.link_id) == (self.status, self.trust.las[self.link - 1])
        assert kept.successor_id == (self.trust.las[self.successor - 1] if self.successor else None)
        assert {number for number, row in enumerate(kept.answers) if row.is_accepted is not None} == self.answered
        open_ = [step for step in kept.steps if step.is_open]
        assert len(open_) == self.is_open
        if self.is_open:
            assert kept.turn_id == self.people[self.turn].organisation_id
            assert open_[0].percent == self.percent

    @invariant()
    def amounts_are_conserved(self) -> None:
        with transaction(SYSTEM) as session:
            assert (
                session.scalar(select(func.count()).select_from(UpliftStep).where(UpliftStep.is_open)) == self.is_open
            )
            count = session.scalar(select(func.count()).select_from(PriceSchedule))
        assert count == 1 + (self.status is UpliftStatus.PUBLISHED)
        if self.status is not UpliftStatus.WITHDRAWN:
            found = self.trust.assessed()
            for name in ("placements", "now", "asked", "current"):
                sums = {sum(getattr(each, name) for each in rows) for rows in (found.by_authority, found.by_band)}
                assert sums == {getattr(found.total, name)}


def test_no_step_out_of_turn_gets_through_and_no_amount_is_lost(database: Engine, cleaner: Engine) -> None:
    class Clean(Negotiation):
        def teardown(self) -> None:
            empty(cleaner)

    assert database
    run_state_machine_as_test(
        Clean, settings=settings(max_examples=25, stateful_step_count=14, suppress_health_check=list(HealthCheck))
    )
