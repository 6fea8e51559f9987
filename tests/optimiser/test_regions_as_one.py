"""What regions do together is what one programme of all their pupils does; and who holds which region."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.region import side_by_side
from optimiser import Problem, TimeRanOutError, Travel, check, crew, match, match_regions, regions
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue, Floats
from optimiser.options import find_options
from optimiser.prices import Demand, Pupils, climb
from optimiser.programme import phase_programme
from optimiser.regions import _Demand, _Regions, allotted, divided
from optimiser.solve import money_left
from tests.optimiser.problems import problem, pupil

LONG = 600.0
SOURCE, REGION_OF = side_by_side(2, 120, 40, seed=7)


@pytest.fixture(scope="module")
def apart() -> Problem:
    """Every setting serves the LAs of its own region only."""
    las = {name[-1]: tuple(la for la in REGION_OF if REGION_OF[la] == name) for name in set(REGION_OF.values())}
    return replace(
        SOURCE,
        provisions=tuple(replace(row, las=las[row.setting[0]]) for row in SOURCE.provisions),
        policy=replace(SOURCE.policy, bound_gap=0.0),
    )


def test_regions_that_share_nothing_answer_as_one(apart: Problem) -> None:
    one, several = match(apart, seconds=LONG), match_regions(apart, REGION_OF, seconds=LONG)
    assert check(apart, several) == []
    assert several.assignments == one.assignments
    assert [(row.pupil, row.reason) for row in several.unplaced] == [(row.pupil, row.reason) for row in one.unplaced]
    for whole_row, row in zip(one.budgets, several.budgets, strict=True):
        assert row.shadow_price == pytest.approx(whole_row.shadow_price, rel=1e-3)
        assert replace(row, shadow_price=whole_row.shadow_price) == whole_row
    assert [(row.pool, row.used) for row in several.pools] == [
        (row.pool, pytest.approx(row.used, abs=1e-9)) for row in one.pools
    ]
    for whole, parts in zip(one.summary.phases, several.summary.phases, strict=True):
        assert (parts.phase, parts.pupils, parts.options, parts.placed) == (
            whole.phase, whole.pupils, whole.options, whole.placed,
        )  # fmt: skip
        assert parts.objective == pytest.approx(whole.objective)
        assert parts.relaxation <= parts.bound <= parts.objective
        assert parts.relaxation == pytest.approx(whole.relaxation, rel=2e-3)
        assert parts.pool_prices.keys() == whole.pool_prices.keys()
        assert parts.budget_prices.keys() == whole.budget_prices.keys()


def test_the_demand_of_all_regions_is_that_of_one_programme() -> None:
    source = SOURCE.ordered()
    catalogue = Catalogue(source)
    room = np.array([row.amount for row in source.pools], dtype=np.float64)
    options = find_options(source, catalogue)
    whole = Pupils(phase_programme(source, catalogue, options, "choices", room, money_left(source, [])))
    parts = divided(source, REGION_OF)
    with crew.hired(parts, 1, Clock(LONG)) as alone:
        together = _Regions(alone, len(parts), Clock(LONG))
        assert sum(together.every("find")) == len(options)
        demand = _Demand(together, [scale for scale, _ in together.every("begin", "choices", room)])
        one, several = whole.scale(), demand.scale()
        assert (several.largest, several.columns) == (one.largest, one.columns)
        assert (several.gain, several.distance) == (pytest.approx(one.gain), pytest.approx(one.distance))
        assert (several.use, several.count.tolist()) == (pytest.approx(one.use), one.count.tolist())
        assert demand.claims.sum(axis=0).tolist() == one.count.tolist()
        pools = np.random.default_rng(1).uniform(0, 90, len(room))
        for heat in (300.0, 300.0, 100.0):
            use, bend = whole.sweep(pools, heat, 0.8)
            uses, bends = demand.sweep(pools, heat, 0.8)
            assert (uses, bends) == (pytest.approx(use), pytest.approx(bend))
            assert demand.claims.sum(axis=0) == pytest.approx(use)
        assert demand.bound(pools) == pytest.approx(whole.bound(pools))


def test_an_allotment_rounds_up_the_largest_remainders_and_of_equal_ones_the_first() -> None:
    room = np.array([10.0, 3.0, 5.0, 1.5])
    claims = np.array([[1.0, 0.0, 0.0, 0.2], [1.0, 0.0, 1.0, 0.3], [1.0, 0.0, 3.0, 0.5]])
    assert allotted(room, claims) == pytest.approx(np.array([[4, 3, 0, 0], [3, 0, 1, 0.5], [3, 0, 4, 1]]))


def test_each_region_has_its_own_pupils_budgets_and_ways() -> None:
    setting = SOURCE.provisions[0].setting
    ways = tuple(Travel(pupil=row.pupil, setting=setting, km=9.0) for row in SOURCE.pupils)
    first, second = divided(replace(SOURCE, travel=ways), REGION_OF)
    for part, name in ((first, "Region 1"), (second, "Region 2")):
        assert {row.la for row in part.pupils} | {row.la for row in part.budgets} == {
            la for la in REGION_OF if REGION_OF[la] == name
        }
        assert [row.pupil for row in part.travel] == [row.pupil for row in part.pupils]
        assert (part.provisions, part.pools, part.prices) == (SOURCE.provisions, SOURCE.pools, SOURCE.prices)


def test_prices_and_whole_answer_of_each_phase_are_stages_and_prices_take_at_most_half_of_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[float] = []

    def timed(demand: Demand, room: Floats, clock: Clock) -> Floats:
        left.append(clock.left())
        return climb(demand, room, clock)

    monkeypatch.setattr(regions, "climb", timed)
    answer = match_regions(problem(), {"901": "North"}, seconds=1_000)
    phases = [f"{phase}: {part}" for phase in ("duties", "choices") for part in ("prices", "whole answer")]
    assert [row.name for row in answer.summary.stages] == ["options", *phases, "explanation"]
    assert left == pytest.approx([250, 500], rel=0.02)


def test_without_time_for_the_options_of_all_regions_there_is_no_answer() -> None:
    with pytest.raises(TimeRanOutError):
        match_regions(SOURCE, REGION_OF, seconds=1e-6)


def test_the_largest_regions_are_given_out_first_each_to_whom_has_the_fewest_pupils(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[list[list[int]]] = []

    class Noted:
        def __init__(self, shares: list[dict[int, Problem]], _: Clock) -> None:
            given.append([list(share) for share in shares])

        def close(self) -> None:
            given.append([])

    monkeypatch.setattr(crew, "Processes", Noted)
    problems = [Problem(pupils=tuple(pupil(pupil=f"P{at}") for at in range(size))) for size in (3, 5, 5, 2, 4)]
    for workers in (2, 9):
        with crew.hired(problems, workers, Clock(LONG)):
            assert len(given) % 2 == 1
    assert given == [[[1, 4], [2, 0, 3]], [], [[1], [2], [4], [0], [3]], []]


def test_the_calls_to_one_process_share_its_time_fairly_and_each_has_its_own_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Idle:
        def __init__(self, source: Problem, clock: Clock) -> None:
            self.size, self.clock = len(source.pupils), clock

        def find(self) -> int:
            return self.size

        def left(self, factor: float) -> tuple[float, int]:
            return factor * self.clock.left(), self.size

    monkeypatch.setattr(crew, "Region", Idle)
    problems = [Problem(pupils=tuple(pupil(pupil=f"P{at}") for at in range(size))) for size in (3, 5)]
    hand = crew.Hand(dict(enumerate(problems)), Clock(0.0))
    assert hand.ask([(1, "find", ()), (0, "find", ())], 100) == [5, 3]
    found = hand.ask([(0, "left", (2,)), (1, "left", (1,))], 100)
    assert found == [(pytest.approx(100, rel=0.01), 3), (pytest.approx(100, rel=0.01), 5)]


def test_in_processes_of_their_own_errors_are_raised_where_it_was_asked() -> None:
    with crew.hired(divided(SOURCE, REGION_OF), 2, Clock(LONG)) as two:
        assert min(two.ask([(1, "find", ()), (0, "find", ())], LONG)) > 0
        with pytest.raises(AttributeError, match="unheard"):
            two.ask([(0, "unheard", ())], LONG)
