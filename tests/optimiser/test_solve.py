"""Answers against brute force, another solver and the bound's own formula; their order, their limits."""

import itertools
import math
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pulp
import pytest
from hypothesis import given, settings

from benchmarks.region import generate
from optimiser import Answer, Budget, Policy, Pool, Price, Problem, Progress, SolverError, TimeRanOutError, check, match
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue
from optimiser.highs import solve_whole
from optimiser.master import relax
from optimiser.model import Model
from optimiser.options import find_options
from optimiser.programme import programme_of
from optimiser.search import search
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, provision, pupil, random_problem, reordered, seeded


def rows(answer: Answer) -> object:
    """All of an answer but the seconds and the memory that making it took."""
    return replace(answer, summary=replace(answer.summary, stages=()))


def within(least: float, objective: float, gap: float) -> bool:
    return least - 1e-6 <= objective <= least * (1 + 1.001 * gap) + 1e-6


@settings(max_examples=1500)
@given(problems(pupils=7, provisions=8))
def test_a_tiny_problem_gets_the_best_of_all_answers(tiny: Problem) -> None:
    answer = match(tiny)
    assert check(tiny, answer) == []
    for phase, result in zip(oracle.phases(tiny, answer), answer.summary.phases, strict=True):
        least = oracle.brute_force(phase)
        assert within(least, result.objective, tiny.policy.bound_gap)
        assert result.bound <= least + 1e-6
        assert sum(map(len, phase.options)) >= result.options


@settings(max_examples=300)
@given(problems(pupils=40, provisions=12))
def test_any_policy_and_crowding_gets_an_answer_as_good_as_that_of_another_solver(random_one: Problem) -> None:
    answer = match(random_one, seconds=30)
    assert check(random_one, answer) == []
    assert answer.summary.status == "optimal"
    for phase, result in zip(oracle.phases(random_one, answer), answer.summary.phases, strict=True):
        objective, bound = oracle.by_milp(phase)
        tolerance = 1e-6 * max(1.0, objective)
        assert bound - tolerance <= result.objective <= objective + random_one.policy.bound_gap * objective + tolerance
        assert result.bound <= objective + tolerance


@pytest.mark.parametrize(("seed", "pupils"), [(1, 60), (2, 60), (3, 90), (4, 120), (5, 150), (6, 200)])
def test_a_larger_problem_is_as_good_as_the_full_programme_of_another_solver(seed: int, pupils: int) -> None:
    larger = random_problem(seeded(seed), pupils, pupils // 5)
    answer = match(larger, seconds=30)
    assert check(larger, answer) == []
    assert len({row.phase for row in answer.assignments}) == 2
    for phase, result in zip(oracle.phases(larger, answer), answer.summary.phases, strict=True):
        objective, bound = oracle.by_milp(phase)
        assert result.gap <= larger.policy.bound_gap + 1e-9
        assert within(bound, result.objective, larger.policy.bound_gap + (objective - bound) / max(1.0, bound))
        assert result.bound <= objective + 1e-5


@settings(max_examples=300)
@given(problems(pupils=40, provisions=12))
def test_the_relaxation_is_the_optimum_that_its_prices_prove(random_one: Problem) -> None:
    answer = match(random_one)
    for phase, result in zip(oracle.phases(random_one, answer), answer.summary.phases, strict=True):
        optimum, _ = oracle.by_milp(phase, whole=False)
        proven = oracle.bound_at(phase, result.pool_prices, result.budget_prices)
        assert result.relaxation == pytest.approx(proven, abs=1e-5)
        assert result.relaxation == pytest.approx(optimum, abs=1e-4)
        assert result.relaxation <= result.bound <= result.objective
        assert min([*result.pool_prices.values(), *result.budget_prices.values(), 0.0]) == 0.0


@settings(max_examples=120)
@given(problems(pupils=40, provisions=12))
def test_the_order_of_rows_changes_nothing(random_one: Problem) -> None:
    answer = match(random_one)
    for seed in (1, 2):
        assert rows(match(reordered(random_one, seeded(seed)))) == rows(answer)


def test_nobody_to_place_is_an_answer() -> None:
    answer = match(problem(pupils=()))
    assert (answer.assignments, answer.unplaced, answer.summary.status) == ((), (), "optimal")
    assert answer.summary.child_km is None
    assert answer.summary.gap == 0


def test_nowhere_to_place_anybody_is_an_answer() -> None:
    answer = match(problem(provisions=()))
    assert [row.reason for row in answer.unplaced] == ["no_option"]
    assert answer.summary.objective == answer.summary.bound == 4000


def test_without_room_nobody_is_placed() -> None:
    assert match(problem(amount=0.0)).assignments == ()


def test_half_a_place_is_none_for_a_whole_pupil_and_that_is_proven() -> None:
    answer = match(problem(amount=0.5))
    assert (answer.assignments, answer.summary.status) == ((), "optimal")
    assert answer.summary.bound == 4000 > answer.summary.phases[1].relaxation


def test_without_money_nobody_is_placed_by_choice() -> None:
    answer = match(problem(budgets=(Budget(la="901", budget=0),)))
    assert [row.reason for row in answer.unplaced] == ["budget"]


def test_among_equal_pupils_the_same_ones_are_placed_whatever_the_order() -> None:
    twins = tuple(pupil(pupil=f"P{i}") for i in range(6))
    places = {
        tuple(row.pupil for row in match(problem(order, amount=2.0)).assignments) for order in (twins, twins[::-1])
    }
    assert len(places) == 1
    assert len(places.pop()) == 2


def test_the_most_urgent_pupil_gets_the_last_place() -> None:
    rivals = (pupil(pupil="P1", easting=409_000), pupil(pupil="P2", priority=1))
    assert [row.pupil for row in match(problem(rivals)).assignments] == ["P2"]


def test_a_duty_takes_the_place_and_the_money_before_a_more_urgent_choice() -> None:
    rivals = (pupil(pupil="P1", priority=1), pupil(pupil="P2", priority=5, request="100001"))
    answer = match(problem(rivals, budgets=(Budget(la="901", budget=1_000),)))
    assert [(row.pupil, row.phase) for row in answer.assignments] == [("P2", "duties")]
    (budget,) = answer.budgets
    assert budget.duties == answer.assignments[0].cost
    assert budget.overspent == budget.duties - 1_000 == answer.summary.overspent["901"]
    assert (budget.choices, budget.left) == (0, 0)


def test_what_the_duties_of_one_la_overspend_is_not_taken_from_another() -> None:
    pupils = (pupil(pupil="P1", request="100001"), pupil(pupil="P2", la="902"))
    budgets = (Budget(la="901", budget=0), Budget(la="902", budget=60_000))
    answer = match(problem(pupils, amount=2.0, budgets=budgets))
    assert [row.left for row in answer.budgets] == [0, 60_000 - answer.assignments[1].cost]


# In sums of floats the last of 20 tenths, or of 15 times four, no longer fits.
@pytest.mark.parametrize(("sessions", "pupils"), [(3, 10), (1, 20), (4, 15)])
def test_porous_placements_share_a_place_to_the_last_session(sessions: int, pupils: int) -> None:
    porous = provision(kind="porous", sessions=sessions)
    shares = tuple(pupil(pupil=f"P{i}", options=("porous",)) for i in range(pupils + 2))
    answer = match(problem(shares, (porous,), amount=pupils * sessions / 10))
    assert len(answer.assignments) == pupils
    assert answer.pools[0].used == pytest.approx(pupils * sessions / 10)


def test_a_pool_that_lacks_a_hundredth_of_an_hour_is_too_small() -> None:
    outreach = provision(kind="outreach")
    answer = match(problem((pupil(options=("outreach",)),), (outreach,), amount=4.999, hours=5.0))
    assert answer.assignments == ()


def test_outreach_uses_the_hours_of_the_band() -> None:
    outreach = provision(kind="outreach")
    pupils = tuple(pupil(pupil=f"P{i}", options=("outreach",)) for i in range(4))
    answer = match(problem(pupils, (outreach,), amount=12.5, hours=5.0))
    assert len(answer.assignments) == 2
    assert answer.assignments[0].fte == 0.2


def test_the_shadow_price_of_a_full_pool_is_what_the_pupil_left_out_would_gain() -> None:
    rivals = (pupil(pupil="P1"), pupil(pupil="P2", priority=4))
    answer = match(problem(rivals, amount=1.0))
    more = match(problem(rivals, amount=2.0))
    assert answer.pools[0].shadow_price == pytest.approx(answer.summary.objective - more.summary.objective)
    assert more.pools[0].shadow_price == 0


def test_the_shadow_price_of_a_budget_is_for_a_thousand_pounds() -> None:
    cost = match(problem()).assignments[0].cost
    answer = match(problem((pupil(), pupil(pupil="P2")), amount=2.0, budgets=(Budget(la="901", budget=cost),)))
    gain = 4000 - (answer.summary.objective - 4000)
    assert answer.budgets[0].shadow_price == pytest.approx(gain / cost * 1000)


def test_a_cost_beyond_32_bits_is_counted_to_the_pound() -> None:
    policy = Policy(transport_rate=1_000_000.0, cost_weight=0.0)
    answer = match(problem(policy=policy, budgets=(Budget(la="901", budget=10_000_000_000),)))
    assert answer.assignments[0].transport == 1_000_000 * 14 * 380
    assert answer.budgets[0].left == 10_000_000_000 - answer.summary.cost


def test_an_option_worth_less_than_none_is_not_taken() -> None:
    answer = match(problem(policy=Policy(unplaced=(5.0, 5.0, 5.0, 5.0, 5.0))))
    assert answer.assignments == ()


def test_an_option_worth_exactly_as_much_as_none_is_not_taken() -> None:
    policy = Policy(cost_weight=0.0, unplaced=(14.0, 14.0, 14.0, 14.0, 14.0))
    answer = match(problem(policy=policy))
    assert [row.reason for row in answer.unplaced] == ["no_option"]
    assert answer.summary.phases[1].options == 0


def test_when_time_is_short_the_answer_still_holds_and_says_what_is_proven() -> None:
    hard = generate(300, 300, seed=7)  # its last per cents take minutes to prove
    answer = match(hard, seconds=2)
    assert check(hard, answer) == []
    assert answer.summary.status == "feasible"
    assert 0 < answer.summary.bound < answer.summary.objective


def test_without_time_everybody_still_has_the_best_that_is_left_and_prices_prove_a_bound() -> None:
    crowded = generate(300, 300, seed=7).ordered()
    catalogue = Catalogue(crowded)
    options = find_options(crowded, catalogue)
    room = np.array([row.amount for row in crowded.pools])
    programme = programme_of(crowded, catalogue, options, np.arange(300), room, {})
    over = Clock(1e-9)
    relaxation = relax(programme, over)
    assert not relaxation.is_exact
    found = search(programme, relaxation, 0.001, over)
    objective = programme.objective(found.placement.columns)
    assert found.bound <= objective < programme.unplaced.sum()
    assert min(found.placement.room) >= -1e-6


def test_a_run_that_is_stopped_gives_what_it_has() -> None:
    stop = threading.Event()
    hard = generate(300, 300, seed=7)
    answer = match(hard, seconds=600, stop=stop, progress=lambda progress: stop.set() if progress.objective else None)
    assert check(hard, answer) == []
    assert answer.summary.status == "feasible"


def test_no_time_at_all_is_said_by_name() -> None:
    with pytest.raises(TimeRanOutError, match="duties"):
        match(problem(), seconds=1e-9)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_seconds_must_be_above_nothing(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        match(problem(), seconds=seconds)


def test_a_setting_that_the_solver_does_not_know_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.highs._ALWAYS", {"no_such_setting": 1})
    with pytest.raises(SolverError, match="no_such_setting"):
        match(problem())


def test_a_programme_that_the_solver_calls_unsolvable_is_an_error() -> None:
    impossible = pulp.LpProblem("impossible")
    x = impossible.add_variable("x", 0, 1, pulp.LpInteger)
    impossible += x
    impossible += x >= 2
    model = Model(problem=impossible, columns=np.arange(1), variables=[x], pools={}, budgets={}, slacks=[])
    with pytest.raises(SolverError, match="Infeasible"):
        solve_whole(model, Clock(10), gap=0)


def test_progress_hears_of_every_stage_in_order() -> None:
    heard: list[Progress] = []
    answer = match(problem(), progress=heard.append)
    stages = [stage for stage, _ in itertools.groupby(row.stage for row in heard)]
    assert stages == [
        "options",
        "duties: relaxation",
        "duties: whole answer",
        "choices: relaxation",
        "choices: whole answer",
        "explanation",
    ]
    assert heard[-1].objective == answer.summary.phases[1].objective
    assert [row.name for row in answer.summary.stages] == stages


def test_a_run_prints_nothing() -> None:
    # In a process of its own: the solver's banner comes once a process, from C.
    script = "from optimiser import match; from tests.optimiser.problems import problem; match(problem())"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


CONTRADICTIONS: dict[str, Problem] = {
    "pupil P1 is given twice": problem((pupil(), pupil())),
    "provision V1 is given twice": problem(provisions=(provision(), provision()), prices=()),
    "unknown pool K1": problem(pools=()),
    "two types": problem(provisions=(provision(), provision(provision="V2", setting_type="independent"))),
    "unknown provision V9": problem((pupil(locked="V9"),)),
    "requests the unknown setting 100009": problem((pupil(request="100009"),)),
    "price for the unknown provision V8": problem(prices=(Price(provision="V8", band="mild", price=1),)),
    "has no hours": problem(
        provisions=(provision(kind="outreach"),), prices=(Price(provision="V1", band="mild", price=1),)
    ),
    "priority 0": problem((pupil(priority=0),)),
    "not all 0 to 5": problem((pupil(levels=(6, 0, 0, 0)),)),
    "None sessions": problem(provisions=(provision(kind="porous"),)),
    "pattern weekly, which is not day": problem(provisions=(provision(kind="outreach", pattern="weekly"),)),
    "pool K1 is nan": problem(pools=(Pool(pool="K1", setting="100001", unit="places", amount=math.nan),)),
    "budget of 901 is -1": problem(budgets=(Budget(la="901", budget=-1),)),
    "journeys": problem(policy=Policy(journeys={"day": 380})),
    "no better than none": problem(policy=Policy(least_restrictive_weight=500.0)),
}


@pytest.mark.parametrize("words", CONTRADICTIONS)
def test_a_problem_that_contradicts_itself_is_refused_with_what_is_wrong(words: str) -> None:
    with pytest.raises(ValueError, match=words):
        match(CONTRADICTIONS[words])
