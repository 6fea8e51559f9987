"""What an answer uses, recounted from who has what: by phase, pool and LA."""

import pytest

from optimiser import Budget, match
from optimiser.eligibility import Catalogue
from optimiser.ledger import Ledger, ledger
from optimiser.standing import standing_of
from tests.optimiser.problems import problem, provision, pupil

OFFERS = (provision(), provision(provision="V2", kind="porous", sessions=4))


def book(budget: int = 100_000) -> Ledger:
    """P1 is a duty; P2 has a place and P3 and P4 shares of one, all from one pool of four and one budget."""
    porous = {"options": ("porous",)}
    children = (pupil(request="100001"), pupil(pupil="P2"), pupil(pupil="P3", **porous), pupil(pupil="P4", **porous))
    source = problem(children, OFFERS, amount=4.0, budgets=(Budget(la="901", budget=budget),)).ordered()
    placed = problem(children, OFFERS, amount=4.0).ordered()
    return ledger(source, Catalogue(source), standing_of(match(placed)))


def test_uses_and_costs_are_summed_by_phase() -> None:
    assert book().uses == {"duties": {"K1": 1.0}, "choices": {"K1": pytest.approx(1.8)}}
    assert book().costs == {"duties": {"901": 47_980}, "choices": {"901": 47_980 + 2 * 43_192}}


def test_the_duties_leave_room_before_the_choices_take_theirs() -> None:
    assert book().room("K1", 4.0, "duties") == 3.0
    assert book().room("K1", 4.0, "choices") == pytest.approx(1.2)
    assert book().room("K9", 4.0, "choices") == 4.0


def test_the_choices_may_spend_what_the_duties_leave_and_never_less_than_nothing() -> None:
    assert book().money("901", 50_000) == 2_020
    assert book().money("901", 40_000) == 0
    assert book().money("909", 40_000) == 40_000
