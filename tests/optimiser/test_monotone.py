"""More room, more money and more options never worsen an answer; two ways to one relaxation prove the same.

What holds, and of what: a phase's relaxation is a minimum over a set that grows with each pool, each budget and each
option, so its optimum never rises; nor does that of the whole answer, where it is proven to a gap of 0. Both are true
of one phase at a time: a place that lets a duty in may take the money of a choice, since the law puts duties first.
The bound of a phase is that optimum only at exact prices; whatever other prices prove is below it.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimiser import Problem, master, match
from optimiser.clock import Clock
from optimiser.master import Relaxation, relax
from tests.optimiser.problems import programme_of_choices, random_problem, seeded

LONG = 600.0
CLOSE = 1e-9  # of a bound
EITHER_WAY = settings(max_examples=70, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _more_room(source: Problem, rnd: Random) -> Problem:
    """One more place, or hour, in a pool."""
    lucky = rnd.randrange(len(source.pools))
    pools = (replace(row, amount=row.amount + (at == lucky)) for at, row in enumerate(source.pools))
    return replace(source, pools=tuple(pools))


def _more_money(source: Problem, rnd: Random) -> Problem:
    """£1,000 more for an LA."""
    lucky = rnd.randrange(len(source.budgets))
    budgets = (replace(row, budget=row.budget + 1000 * (at == lucky)) for at, row in enumerate(source.budgets))
    return replace(source, budgets=tuple(budgets))


def _nothing_forbidden(source: Problem, _: Random) -> Problem:
    return replace(source, pupils=tuple(replace(row, forbidden=()) for row in source.pupils))


MORE: dict[str, Callable[[Problem, Random], Problem]] = {
    "room": _more_room,
    "money": _more_money,
    "options": _nothing_forbidden,
}
by_what_is_more = pytest.mark.parametrize("more", MORE.values(), ids=MORE.keys())


@st.composite
def somebody_somewhere(draw: st.DrawFn, pupils: int = 40, provisions: int = 12) -> tuple[Problem, Random]:
    """A random problem to be proven to a gap of 0, and the randomness to change it by."""
    rnd = seeded(draw(st.integers(0, 2**32)))
    source = random_problem(rnd, rnd.randint(pupils // 2, pupils), rnd.randint(provisions // 2, provisions))
    return replace(source, policy=replace(source.policy, bound_gap=0.0)), rnd


def without_duties(source: Problem) -> Problem:
    return replace(source, pupils=tuple(replace(row, locked="", request="") for row in source.pupils))


def not_above(after: float, before: float) -> bool:
    return after <= before + CLOSE * max(1.0, before)


def relaxed(source: Problem) -> Relaxation:
    return relax(programme_of_choices(source), Clock(LONG))


@pytest.mark.usefixtures("either_way")
@by_what_is_more
@EITHER_WAY
@given(drawn=somebody_somewhere())
def test_with_more_the_relaxation_never_rises(
    more: Callable[[Problem, Random], Problem], drawn: tuple[Problem, Random]
) -> None:
    source, rnd = drawn
    before, after = relaxed(without_duties(source)), relaxed(without_duties(more(source, rnd)))
    assert not_above(after.bound, before.bound)


@by_what_is_more
@settings(max_examples=70)
@given(drawn=somebody_somewhere())
def test_with_more_no_whole_answer_is_worse(
    more: Callable[[Problem, Random], Problem], drawn: tuple[Problem, Random]
) -> None:
    source, rnd = drawn
    before, after = (match(without_duties(rows), seconds=LONG).summary for rows in (source, more(source, rnd)))
    assert before.status == after.status == "optimal"
    assert not_above(after.objective, before.objective)
    assert not_above(after.bound, before.bound)


@settings(max_examples=70)
@given(drawn=somebody_somewhere())
def test_more_money_and_more_options_leave_duties_as_they_are_and_choices_no_worse(
    drawn: tuple[Problem, Random],
) -> None:
    source, rnd = drawn
    duties, choices = match(source, seconds=LONG).summary.phases
    for more in (_more_money, _nothing_forbidden):
        same, better = match(more(source, rnd), seconds=LONG).summary.phases
        assert same.objective == duties.objective
        assert not_above(better.objective, choices.objective)


@settings(max_examples=70)
@given(drawn=somebody_somewhere())
def test_more_room_never_worsens_the_duties(drawn: tuple[Problem, Random]) -> None:
    source, rnd = drawn
    before, after = (match(rows, seconds=LONG).summary.phases[0] for rows in (source, _more_room(source, rnd)))
    assert not_above(after.objective, before.objective)
    assert not_above(after.relaxation, before.relaxation)


@settings(max_examples=150)
@given(drawn=somebody_somewhere(60, 20))
def test_the_box_around_the_prices_proves_what_the_whole_relaxation_proves(drawn: tuple[Problem, Random]) -> None:
    source, _ = drawn
    whole = relaxed(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "_SMALL", 0)
        boxed = relaxed(source)
    assert whole.is_exact
    assert boxed.is_exact
    assert boxed.bound == pytest.approx(whole.bound, rel=CLOSE)
    assert not_above(boxed.bound, whole.bound)
