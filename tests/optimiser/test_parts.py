"""Where parts grow, whom they hold, and that a part placed anew improves the answer or leaves it as it was."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.region import generate
from optimiser import parts
from optimiser.clock import Clock, Progress
from optimiser.eligibility import Floats, Ints
from optimiser.exchange import losses
from optimiser.master import relax
from optimiser.model import Model, whole
from optimiser.placement import UNPLACED, Placement, rounded
from optimiser.programme import Programme
from optimiser.scale import scale_of
from optimiser.search import _dearer
from tests.optimiser.problems import programme_of_choices

CROWDED = programme_of_choices(generate(80, 60, seed=7))
RELAXATION = relax(CROWDED, Clock(60))
PRICES, DEARER = RELAXATION.prices, _dearer(CROWDED, RELAXATION)
NEAR = 0.3 * scale_of(CROWDED).difference
CHAIN = replace(  # each pupil by the pools within reach: 0, 0 and 1, 1 and 2, 2, 2
    programme_of_choices(generate(5, 3, seed=7)),
    start=np.array([0, 1, 3, 5, 6, 7]),
    pool=np.array([0, 0, 1, 1, 2, 2, 2], dtype=np.int32),
)


@pytest.fixture
def placement() -> Placement:
    """What rounding alone gives."""
    return rounded(CROWDED, RELAXATION.columns, RELAXATION.shares)


def state(placement: Placement) -> list[list[float]]:
    return [placement.chosen.tolist(), placement.room.round(9).tolist(), placement.money.tolist()]


def improved(placement: Placement, enough: float = 0.0, clock: Clock | None = None) -> bool:
    return parts.improve_in_parts(CROWDED, placement, PRICES, DEARER, enough, clock or Clock(60))


def test_the_columns_near_a_pupils_best_and_those_chosen_are_charted_by_pool_nearest_first(
    placement: Placement,
) -> None:
    far = int(np.argmax(np.where(np.isfinite(DEARER), DEARER, 0.0)))
    parts.put(placement, int(CROWDED.pupil(np.array([far]))[0]), far)
    chosen = set(placement.columns.tolist())
    chart = parts._chart(CROWDED, placement, PRICES, DEARER)
    for k in range(len(CROWDED.room)):
        near = [o for o in range(len(CROWDED)) if CROWDED.pool[o] == k and (DEARER[o] <= NEAR or o in chosen)]
        assert chart.of_pool[chart.edges[k] : chart.edges[k + 1]].tolist() == sorted(near, key=DEARER.__getitem__)
        assert chart.near[near].all()
    assert np.count_nonzero(chart.near) == len(chart.of_pool) == chart.edges[-1]


def test_parts_begin_at_the_pools_where_most_is_lost_and_nowhere_else(placement: Placement) -> None:
    lost = losses(CROWDED, placement, PRICES)
    placement.room[np.argmax(PRICES.pools)] = -5.0
    at_pool = PRICES.pools * placement.room.clip(0)
    for o in np.nonzero(DEARER <= 1e-6)[0]:
        at_pool[CROWDED.pool[o]] += lost[CROWDED.pupil(o)]
    seeds = parts._seeds(CROWDED, placement, PRICES, DEARER, lost)
    assert seeds == sorted(np.nonzero(at_pool > 1e-6)[0].tolist(), key=lambda k: -at_pool[k])
    assert 2 < len(seeds) < len(at_pool)


@pytest.mark.parametrize(
    ("seed", "size", "neighbours", "far", "members", "visited"),
    [
        (0, 40, 12, None, {0, 1, 2, 3, 4}, {0, 1, 2}),
        (0, 40, 12, 2, {0, 1}, {0}),  # the second pupil's way to pool 1 is not near
        (0, 2, 12, None, {0, 1}, {0}),
        (0, 3, 12, None, {0, 1, 2}, {0, 1}),
        (0, 40, 1, None, {0}, {0}),
        (2, 1, 12, None, {3}, {2}),  # who loses comes first
        (2, 40, 1, None, {0, 1, 2, 3}, {0, 1, 2}),  # and one more who does not, of each pool
    ],
)
def test_a_part_grows_from_pool_to_pool_until_it_is_full(
    monkeypatch: pytest.MonkeyPatch,
    *,
    seed: int,
    size: int,
    neighbours: int,
    far: int | None,
    members: set[int],
    visited: set[int],
) -> None:
    monkeypatch.setattr(parts, "_SIZE", size)
    monkeypatch.setattr(parts, "_NEIGHBOURS", neighbours)
    near = np.arange(7) != far
    of_pool = np.nonzero(near)[0]
    edges = np.searchsorted(CHAIN.pool[of_pool], np.arange(4))
    chart = parts._Map(near=near, of_pool=of_pool, edges=edges, lost=np.array([0.0, 0.0, 0.0, 1.0, 0.0]))
    seen: set[int] = set()
    assert parts._part(CHAIN, chart, seed, seen) == members
    assert seen == visited


def test_a_part_is_improved_as_often_as_it_is_said_to_be_and_then_left_as_it_is(placement: Placement) -> None:
    everybody = np.arange(80)
    for p in everybody[:40]:
        parts.put(placement, p, UNPLACED)
    objectives = [CROWDED.objective(placement.columns)]
    states = [state(placement)]
    while parts._place_anew(CROWDED, placement, parts._chart(CROWDED, placement, PRICES, DEARER), everybody, Clock(60)):
        objectives.append(CROWDED.objective(placement.columns))
        states.append(state(placement))
    assert len(objectives) > 1
    assert objectives == sorted(set(objectives), reverse=True)
    assert state(placement) == states[-1]


def test_a_part_that_does_not_fit_after_all_is_put_back(placement: Placement, monkeypatch: pytest.MonkeyPatch) -> None:
    for p in range(40):
        parts.put(placement, p, UNPLACED)
    before, tried = state(placement), iter([True, True, False])
    monkeypatch.setattr(parts, "fits", lambda *_: next(tried))
    chart = parts._chart(CROWDED, placement, PRICES, DEARER)
    assert not parts._place_anew(CROWDED, placement, chart, np.arange(80), Clock(60))
    assert state(placement) == before


def test_who_loses_may_have_any_column_and_the_others_those_near_within_what_all_others_leave(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[list[int], Floats, Ints]] = []

    def heard(programme: Programme, columns: Ints, room: Floats, money: Ints) -> Model:
        given.append((columns.tolist(), room.copy(), money.copy()))
        return whole(programme, columns, room, money)

    monkeypatch.setattr(parts, "whole", heard)
    chart = parts._chart(CROWDED, placement, PRICES, DEARER)
    members = np.arange(0, 80, 2)
    others = np.setdiff1d(placement.columns, placement.chosen[members])
    room = CROWDED.whole_room - np.bincount(CROWDED.pool[others], CROWDED.use[others], minlength=len(CROWDED.room))
    parts._place_anew(CROWDED, placement, chart, members, Clock(60))
    columns, left, money = given[0]
    pupils = CROWDED.pupil(np.arange(len(CROWDED)))
    assert columns == np.nonzero((pupils % 2 == 0) & (chart.near | (chart.lost[pupils] > 1e-6)))[0].tolist()
    assert left == pytest.approx(room.clip(0), abs=1e-9)
    assert len(money) == len(CROWDED.money)


def test_a_turn_improves_the_answer_and_says_so(placement: Placement) -> None:
    heard: list[Progress] = []
    clock = Clock(60, heard.append)
    before = CROWDED.objective(placement.columns)
    assert improved(placement, clock=clock)
    clock.report()
    assert heard[-1].objective == CROWDED.objective(placement.columns) < before


def test_no_pool_is_looked_into_by_two_parts_that_begin_there(
    placement: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[int, set[int]]] = []
    part = parts._part

    def heard(programme: Programme, chart: Any, seed: int, visited: set[int]) -> set[int]:
        begun.append((seed, set(visited)))
        return part(programme, chart, seed, visited)

    monkeypatch.setattr(parts, "_part", heard)
    monkeypatch.setattr(parts, "_SIZE", 10)
    seeds = parts._seeds(CROWDED, placement, PRICES, DEARER, losses(CROWDED, placement, PRICES))
    improved(placement)
    assert 1 < len(begun) < len(seeds)
    assert all(seed not in visited for seed, visited in begun)


def test_where_the_answer_is_good_enough_or_the_time_is_over_no_part_is_begun(placement: Placement) -> None:
    before = state(placement)
    assert not improved(placement, CROWDED.objective(placement.columns))
    assert not improved(placement, clock=Clock(0))
    assert state(placement) == before
