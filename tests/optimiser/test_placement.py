"""A whole answer as it is kept: rounded, filled up, changed pupil by pupil, and what it leaves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser import Budget, Pool, Problem
from optimiser.placement import UNPLACED, Placement, fits, nobody_placed, put, rounded, settle
from optimiser.programme import Programme
from tests.optimiser.problems import problem, problems, programme_of_choices, provision, pupil, seeded


def provisions_of(source: Problem, programme: Programme, placement: Placement) -> dict[str, str]:
    """Who has which provision, "" for none; each pupil's columns stand by provision, as all are eligible for all."""
    names = [row.provision for row in source.provisions]
    first = programme.start[:-1]
    return {
        row.pupil: "" if column == UNPLACED else names[column - start]
        for row, column, start in zip(source.pupils, placement.chosen.tolist(), first.tolist(), strict=True)
    }


def three_for_two(**amounts: float) -> Problem:
    """P1 to P3 of priority 3, 1 and 2; V1 is 10 km and V2 20 km away."""
    pupils = tuple(pupil(pupil=f"P{i + 1}", priority=priority) for i, priority in enumerate((3, 1, 2)))
    offers = (provision(), provision(provision="V2", setting="100002", pool="K2", easting=420_000))
    pools = tuple(Pool(pool=name, setting="100001", unit="places", amount=size) for name, size in amounts.items())
    return problem(pupils, offers, pools=pools).ordered()


def test_who_is_left_takes_the_best_that_fits_the_most_urgent_first() -> None:
    source = three_for_two(K1=1, K2=1)
    programme = programme_of_choices(source)
    placement = nobody_placed(programme)
    settle(programme, placement)
    assert provisions_of(source, programme, placement) == {"P1": "", "P2": "V1", "P3": "V2"}
    assert placement.columns.tolist() == [2, 5]
    assert placement.room.tolist() == [0.0, 0.0]


def test_who_has_a_place_keeps_it_when_the_others_are_settled() -> None:
    source = three_for_two(K1=1, K2=1)
    programme = programme_of_choices(source)
    placement = nobody_placed(programme)
    put(placement, 0, 0)
    settle(programme, placement)
    assert provisions_of(source, programme, placement) == {"P1": "V1", "P2": "V2", "P3": ""}


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.6, 0.4, 0.5, 0.5, 0.5, 0.5], ["V1", "V2", ""]),  # the largest share first, then who is most urgent
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], ["", "V1", "V2"]),
        (
            [0.2, 0.8, 0.0, 1.0, 0.3, 0.7],
            ["V1", "V2", ""],
        ),  # P1 prefers what P2 has, with more right: the share that still fits
    ],
)
def test_shares_are_rounded_by_their_size_then_by_urgency(shares: list[float], expected: list[str]) -> None:
    source = three_for_two(K1=1, K2=1)
    programme = programme_of_choices(source)
    placement = rounded(programme, np.arange(6), np.array(shares))
    assert list(provisions_of(source, programme, placement).values()) == expected


def test_what_fits_is_room_and_money_to_the_last_pound() -> None:
    source = problem(budgets=(Budget(la="901", budget=47_980),)).ordered()
    placement = nobody_placed(programme_of_choices(source))
    assert fits(placement, 0, 0)
    placement.money[0] -= 1
    assert not fits(placement, 0, 0)
    placement.money[0] += 1
    placement.room[0] -= 0.01
    assert not fits(placement, 0, 0)


@settings(max_examples=40)
@given(problems(pupils=12, provisions=6), st.integers(0, 2**32))
def test_after_any_changes_room_money_and_the_lists_of_each_pool_are_those_of_the_columns(
    source: Problem, seed: int
) -> None:
    programme = programme_of_choices(source.ordered())
    placement, rnd = nobody_placed(programme), seeded(seed)
    for _ in range(60 if len(programme.members) else 0):
        p = rnd.randrange(len(programme.members))
        put(placement, p, rnd.choice([UNPLACED, *range(programme.start[p], programme.start[p + 1])]))
    chosen = placement.columns
    las = programme.la[programme.pupil(chosen)]
    used = np.bincount(programme.pool[chosen], programme.use[chosen], minlength=len(programme.room))
    spent = np.bincount(las[las >= 0], programme.cost[chosen][las >= 0], minlength=len(programme.money))
    assert placement.room == pytest.approx(programme.room - used, abs=1e-9)
    assert placement.money[:-1].tolist() == (programme.money - spent).tolist()
    for k in range(len(programme.room)):
        of_pool, p = [], placement.first[k]
        while p >= 0:
            of_pool.append(int(p))
            p = placement.after[p]
        assert sorted(of_pool) == programme.pupil(chosen[programme.pool[chosen] == k]).tolist()
    for la in range(len(programme.money)):
        limited = placement.of_la[placement.la_start[la] : placement.la_start[la + 1]]
        assert sorted(limited.tolist()) == np.nonzero(programme.la == la)[0].tolist()
