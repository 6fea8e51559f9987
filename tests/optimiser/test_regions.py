"""A problem solved region by region: the bound of the whole, an answer that holds, nothing but numbers exchanged."""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchmarks.region import side_by_side
from optimiser import Answer, Budget, Pool, Problem, WorkerLostError, check, match, match_regions
from optimiser.crew import Call, Hand
from optimiser.regions import allotted
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, provision, pupil

LONG = 600.0
REGION_OF = {"901": "North", "902": "South", "903": "South"}
Row = tuple[Problem, dict[str, str]]


@pytest.fixture(scope="module")
def row_of_regions() -> Row:
    """Three regions whose border settings serve both sides; it is proven good enough in no time."""
    source, region_of = side_by_side(3, 900, 90, seed=7)
    return replace(source, policy=replace(source.policy, bound_gap=0.2)), region_of


@pytest.fixture(scope="module")
def alone(row_of_regions: Row) -> Answer:
    """The answer of one process."""
    source, region_of = row_of_regions
    return match_regions(source, region_of, workers=1, seconds=LONG)


def timeless(answer: Answer) -> Answer:
    """The answer without how long it took."""
    return replace(answer, summary=replace(answer.summary, stages=()))


def test_the_bound_is_that_of_the_undivided_problem_within_a_twentieth_of_a_percent(
    row_of_regions: Row, alone: Answer
) -> None:
    source, _ = row_of_regions
    undivided = match(source, seconds=LONG)
    assert check(source, alone) == []
    for whole, parts in zip(undivided.summary.phases, alone.summary.phases, strict=True):
        assert parts.relaxation == pytest.approx(whole.relaxation, rel=5e-4)
        assert parts.relaxation <= whole.relaxation + 1e-6 * abs(whole.relaxation)


def test_regions_share_the_settings_near_their_border(row_of_regions: Row, alone: Answer) -> None:
    _, region_of = row_of_regions
    home = {la: name.removeprefix("Region ") for la, name in region_of.items()}
    assert any(row.setting.split("-")[0] != home[row.la] for row in alone.assignments)


@pytest.mark.parametrize("workers", [2, 3])
def test_the_answer_is_the_same_whatever_the_number_of_workers(
    row_of_regions: Row, alone: Answer, workers: int
) -> None:
    source, region_of = row_of_regions
    shared = match_regions(source, region_of, workers=workers, seconds=LONG)
    assert timeless(shared) == timeless(alone)
    assert multiprocessing.active_children() == []


def test_no_pupil_leaves_a_region_before_the_answer(row_of_regions: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    source, region_of = row_of_regions
    exchanged: list[Any] = []
    ask = Hand.ask

    def overheard(hand: Hand, calls: Sequence[Call], seconds: float) -> list[Any]:
        found = ask(hand, calls, seconds)
        exchanged.extend(
            (arguments, result) for (_, name, arguments), result in zip(calls, found, strict=True) if name != "answer"
        )
        return found

    monkeypatch.setattr(Hand, "ask", overheard)
    match_regions(source, region_of, seconds=LONG)
    assert exchanged
    assert max(map(_numbers, exchanged)) <= 20 * len(source.pools) < len(source.pupils) * 20


def _numbers(thing: Any) -> int:
    """How many numbers an exchange holds; anything else than numbers and names of phases is refused."""
    if isinstance(thing, np.ndarray):
        return thing.size
    if isinstance(thing, tuple):
        return sum(map(_numbers, thing))
    if hasattr(thing, "__dataclass_fields__"):
        return sum(_numbers(getattr(thing, name)) for name in thing.__dataclass_fields__)
    assert isinstance(thing, int | float) or thing in ("duties", "choices"), thing
    return 1


@settings(max_examples=150)
@given(problems(pupils=12, provisions=8))
def test_divided_answers_hold_and_their_bound_is_below_every_answer(random_one: Problem) -> None:
    answer = match_regions(random_one, REGION_OF, seconds=LONG)
    assert check(random_one, answer) == []
    for phase, result in zip(oracle.phases(random_one, answer), answer.summary.phases, strict=True):
        objective, least = oracle.by_milp(phase)
        assert result.bound <= objective + 1e-6 * max(1.0, objective)
        assert result.objective >= least - 1e-6 * max(1.0, least)


def test_what_one_region_leaves_of_a_place_another_takes() -> None:
    """Six sessions of ten in the South and four in the North: the one place is allotted to the South, whose claim is
    the larger, and the North takes what the South leaves of it."""
    six = provision(kind="porous", sessions=6, las=("902",))
    four = provision(provision="V2", kind="porous", sessions=4, las=("901",))
    children = (pupil(pupil="P1", la="901", options=("porous",)), pupil(pupil="P2", la="902", options=("porous",)))
    answer = match_regions(problem(children, (six, four)), REGION_OF)
    assert {row.pupil: row.provision for row in answer.assignments} == {"P1": "V2", "P2": "V1"}
    assert [(row.pool, row.amount, row.used) for row in answer.pools] == [("K1", 1.0, 1.0)]


def test_duties_of_one_region_come_before_choices_of_another() -> None:
    free, bound = pupil(pupil="P1", la="901", priority=1), pupil(pupil="P2", la="902", locked="V1", priority=5)
    answer = match_regions(problem((free, bound)), REGION_OF)
    assert [(row.pupil, row.phase) for row in answer.assignments] == [("P2", "duties")]
    assert [(row.pupil, row.reason) for row in answer.unplaced] == [("P1", "capacity")]


def test_each_region_keeps_to_the_budgets_of_its_las() -> None:
    children = tuple(pupil(pupil=f"P{i}", la=la) for i, la in enumerate(("901", "901", "902")))
    budgets = (Budget(la="901", budget=50_000), Budget(la="902", budget=10_000))
    answer = match_regions(problem(children, amount=3.0, budgets=budgets), REGION_OF)
    assert [(row.la, row.choices > 0) for row in answer.budgets] == [("901", True), ("902", False)]
    assert sorted(row.reason for row in answer.unplaced) == ["budget", "budget"]


@given(
    st.integers(1, 5).flatmap(
        lambda size: st.tuples(
            arrays.arrays(np.float64, (4,), elements=st.integers(0, 300).map(lambda tenths: tenths / 10)),
            arrays.arrays(np.float64, (size, 4), elements=st.floats(0, 50)),
        )
    )
)
def test_an_allotment_gives_out_all_room_and_splits_no_place_that_it_need_not(both: tuple[Any, Any]) -> None:
    room, claims = both
    shares = allotted(room, claims)
    assert shares.min() >= 0
    assert shares.sum(axis=0) == pytest.approx(room)
    assert ((np.abs(shares - np.round(shares)) > 1e-6).sum(axis=0) <= 1).all()
    fair = room * claims / np.where(claims.sum(axis=0) > 0, claims.sum(axis=0), 1.0)
    assert (np.abs(shares - fair)[:, claims.sum(axis=0) > 0] <= 1 + 1e-6).all()


def test_las_without_a_region_are_refused_by_name_and_in_order() -> None:
    children = tuple(pupil(pupil=f"P{la}", la=str(la)) for la in range(909, 900, -1))
    with pytest.raises(ValueError, match="no region is named for the LAs 902, 903, 904, 905, 906, 907, 908, 909"):
        match_regions(problem(children), {"901": "North"})


def test_nobody_anywhere_has_an_answer() -> None:
    pools = (Pool(pool="K1", setting="100001", unit="places", amount=2.0),)
    answer = match_regions(Problem(pools=pools), {})
    assert (answer.summary.placed, answer.summary.unplaced, answer.summary.objective) == (0, 0, 0.0)
    assert [row.used for row in answer.pools] == [0.0]


@pytest.mark.parametrize("workers", [1, 2])
def test_who_asks_to_stop_gets_the_best_answer_so_far(row_of_regions: Row, workers: int) -> None:
    source, region_of = row_of_regions
    exact = replace(source, policy=replace(source.policy, bound_gap=0.0))
    stop = threading.Event()
    stop.set()
    answer = match_regions(exact, region_of, workers=workers, seconds=LONG, stop=stop)
    assert answer.summary.status == "feasible"
    assert check(exact, answer) == []


def test_a_process_that_is_lost_is_reported_and_leaves_nothing_behind(row_of_regions: Row) -> None:
    source, region_of = row_of_regions
    exact = replace(source, policy=replace(source.policy, bound_gap=0.0))

    def kill() -> None:
        while not (children := multiprocessing.active_children()):
            time.sleep(0.01)
        children[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(WorkerLostError, match="has ended"):
        match_regions(exact, region_of, workers=2, seconds=LONG)
    killer.join()
    assert multiprocessing.active_children() == []
