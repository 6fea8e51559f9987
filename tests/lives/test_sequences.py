"""Any order of events, by anybody: what happens is exactly what a small model says, and every rule of the data holds at
the end. SEQUENCES=500 in the environment tries so many."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.errors import MarketplaceError
from marketplace.models import NeedStatus
from marketplace.permissions import SYSTEM
from marketplace.services import needs
from marketplace.services.verify import verify
from tests.conftest import empty
from tests.lives.acts import ACTS
from tests.lives.model import Model
from tests.lives.scene import RUNS_ON, Scene
from tests.lives.table import MOVES
from tests.lives.walk import statuses

SEQUENCES = int(os.environ.get("SEQUENCES", "6"))
PEOPLE = ("commissioner", "approver", "editor", "rival", "system")
EVENTS = (
    "change", "publish", "rule_out", "withdraw_need", "consult_another", "award_ordered", "see", "offer", "say_full",
    "refuse", "withdraw", "approve", "return_it", "take_back", "lapse", "start", "suspend", "resume", "give_notice",
    "end", "end_for_good", "end_due", "undo",
)  # fmt: skip
WORKERS = frozenset({"lapse", "end_due"})
IDLE = frozenset({"see", "rule_out", *WORKERS})  # where there is nothing to do, nobody is told off


class Lives(RuleBasedStateMachine):
    """A scene and its model side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.scene, self.model = Scene(places="20"), Model()

    @rule(pick=st.data())
    def step(self, pick: st.DataObject) -> None:
        """Something that may be done, so that a case goes on."""
        able = [
            (who, event)
            for event in EVENTS
            for who in PEOPLE
            if self._can_try(who, event) and self.model.may(who, event)
        ]
        if able:
            self._try(*pick.draw(st.sampled_from(able)))

    @rule(who=st.sampled_from(PEOPLE), event=st.sampled_from(EVENTS))
    def try_anything(self, who: str, event: str) -> None:
        if self._can_try(who, event):
            self._try(who, event)

    @precondition(lambda self: self.model.may_consult())
    @rule()
    def consult(self) -> None:
        self.scene.do("commissioner", ACTS["consult"])
        self.model.consult()
        self._compare()

    @precondition(lambda self: self.model.may_propose())
    @rule()
    def propose(self) -> None:
        self.scene.do("commissioner", ACTS["propose"])
        self.model.propose()
        self._compare()

    def _can_try(self, who: str, event: str) -> bool:
        """The worker does what is the worker's, and nobody else does."""
        return (who == "system") == (event in WORKERS)

    def _try(self, who: str, event: str) -> None:
        note(f"{event} by {who} in {self.model}")
        is_placed = self.model.placement is not None
        may, before, refused = self.model.may(who, event), self.scene.see(statuses), None
        try:
            self.scene.do(who, ACTS[event])
        except MarketplaceError as error:
            refused = error
        after = self.scene.see(statuses)
        for (life, id_), status in before.items():
            assert after[life, id_] in MOVES[life][status] | {status}
        if may:
            assert refused is None, f"{event} by {who} is refused: {refused!r}"
            self.model.do(who, event)
        else:
            assert after == before, f"{event} by {who} moved something"
            assert refused or event in IDLE, f"{event} by {who} went through"
        if not is_placed and self.model.placement is not None:
            self.scene.on = RUNS_ON
        self._compare()

    def _compare(self) -> None:
        now, seen, model = self.scene.see(statuses), self.scene.seen, self.model
        kept = {
            "need": now["need", self.scene.need],
            "consultation": now.get(("consultation", seen.ash[0])),
            "award": now.get(("award", seen.award[0])),
            "placement": now.get(("placement", seen.placement[0])),
        }
        assert kept == {life: getattr(model, life) for life in kept}

    def teardown(self) -> None:
        with transaction(SYSTEM) as session:
            broken = {each.rule.name: each.rows for each in verify(session) if each.count}
        assert broken == {}


def run(cleaner: Engine, sequences: int, **more: Any) -> None:
    """Try so many sequences, each on an empty database."""

    class Clean(Lives):
        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                empty(cleaner)

    run_state_machine_as_test(
        Clean,
        settings=settings(
            max_examples=sequences, stateful_step_count=25, suppress_health_check=list(HealthCheck), **more
        ),
    )


def test_whatever_is_done_in_whatever_order_the_lives_go_as_the_model_says(
    database: Engine,  # noqa: ARG001
    cleaner: Engine,
) -> None:
    run(cleaner, SEQUENCES)


def test_control_an_illegal_move_that_is_opened_is_found(
    database: Engine,  # noqa: ARG001
    cleaner: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needs, "CHANGEABLE", needs.CHANGEABLE | {NeedStatus.WITHDRAWN})
    with pytest.raises(AssertionError, match="change by commissioner went through"):
        run(cleaner, 20, phases=[Phase.generate])
