"""One exchange after another: who makes way, who saves money for whom, and that none is left that would improve."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from optimiser import Budget, Policy, Pool, Price, Problem, Travel
from optimiser.clock import Clock
from optimiser.exchange import _try, exchange, losses
from optimiser.placement import UNPLACED, fits, nobody_placed, put, settle
from optimiser.programme import Prices, best_reduced_costs, reduced_costs
from tests.optimiser.problems import problem, problems, programme_of_choices, provision, pupil, random_problem, seeded

POLICY = Policy(cost_weight=0.0, transport_rate=0.0)
Ways = dict[str, dict[str, float]]  # km by pupil and provision: what a pupil has no way to is no option


def region(ways: Ways, amounts: dict[str, int], prices: dict[str, int], **fields: object) -> Problem:
    """Pupils who count nothing but km; provision V12 is the second of pool V1."""
    names = sorted({name for row in ways.values() for name in row})
    setting = {name: f"1{name[1:]:0<5}" for name in names}
    offers = tuple(provision(provision=name, setting=setting[name], pool=name[:2]) for name in names)
    return problem(
        tuple(pupil(pupil=name, forbidden=tuple(v for v in names if v not in row)) for name, row in ways.items()),
        offers,
        pools=tuple(Pool(pool=name, setting="100001", unit="places", amount=size) for name, size in amounts.items()),
        prices=tuple(Price(provision=name, band="intensive", price=prices.get(name, 0)) for name in names),
        travel=tuple(
            Travel(pupil=child, setting=setting[name], km=km) for child, row in ways.items() for name, km in row.items()
        ),
        policy=POLICY,
        **fields,
    ).ordered()


def exchanged(source: Problem, **before: str) -> dict[str, str]:
    """Who has what after exchanges from an answer in which they have this."""
    programme = programme_of_choices(source)
    names = [row.provision for row in source.provisions]
    columns = [[name for name in names if name not in child.forbidden] for child in source.pupils]
    placement = nobody_placed(programme)
    for p, child in enumerate(source.pupils):
        if child.pupil in before:
            put(placement, p, programme.start[p] + columns[p].index(before[child.pupil]))
    exchange(programme, placement, Prices.none(programme), Clock(60))
    assert placement.room.min() >= 0
    assert placement.money.min() >= 0
    return {
        child.pupil: columns[p][placement.chosen[p] - programme.start[p]]
        for p, child in enumerate(source.pupils)
        if placement.chosen[p] != UNPLACED
    }


def test_of_those_in_a_full_pool_the_one_makes_way_who_loses_least() -> None:
    ways: Ways = {"P1": {"V1": 1, "V2": 6}, "P2": {"V1": 1, "V2": 3}, "P3": {"V1": 1, "V2": 5}, "P4": {"V1": 2}}
    source = region(ways, {"V1": 3, "V2": 1}, {})
    assert exchanged(source, P1="V1", P2="V1", P3="V1") == {"P1": "V1", "P2": "V2", "P3": "V1", "P4": "V1"}


def test_nobody_makes_way_for_what_is_worth_less() -> None:
    source = region({"P1": {"V1": 1, "V2": 6}, "P2": {"V1": 1, "V3": 5}}, {"V1": 1, "V2": 1, "V3": 1}, {})
    assert exchanged(source, P1="V1", P2="V3") == {"P1": "V1", "P2": "V3"}


def test_who_makes_way_may_spend_what_the_place_left_cost() -> None:
    ways: Ways = {"P1": {"V1": 1, "V2": 3}, "P2": {"V1": 2}}
    source = region(ways, {"V1": 1, "V2": 1}, {"V1": 10, "V2": 10}, budgets=(Budget(la="901", budget=20),))
    assert exchanged(source, P1="V1") == {"P1": "V2", "P2": "V1"}


SAVERS: Ways = {"P1": {"V1": 1}, "P2": {"V2": 1, "V3": 5}, "P3": {"V2": 1, "V4": 2}}
PLACES = {"V1": 1, "V2": 2, "V3": 1, "V4": 1}


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (100_000, {"P2": "V2", "P3": "V4"}),  # £15,000 are lacking: the least loss for each £ first
        (85_001, {"P2": "V3", "P3": "V4"}),  # £29,999
        (80_000, {"P2": "V3", "P3": "V4"}),  # £35,000: all that can be saved
    ],
)
def test_money_is_saved_by_those_who_lose_least_for_each_pound(budget: int, expected: dict[str, str]) -> None:
    prices = {"V1": 55_000, "V2": 30_000, "V3": 10_000, "V4": 15_000}
    source = region(SAVERS, PLACES, prices, budgets=(Budget(la="901", budget=budget),))
    assert exchanged(source, P2="V2", P3="V2") == {"P1": "V1", **expected}


def test_money_that_cannot_be_saved_leaves_everybody_as_they_are() -> None:
    prices = {"V1": 55_000, "V2": 30_000, "V3": 10_000, "V4": 15_000}
    source = region(SAVERS, PLACES, prices, budgets=(Budget(la="901", budget=79_999),))
    assert exchanged(source, P2="V2", P3="V2") == {"P2": "V2", "P3": "V2"}


def test_who_saves_money_does_not_take_the_place_that_it_is_saved_for() -> None:
    ways: Ways = {"P1": {"V1": 1}, "P2": {"V1": 2, "V2": 1, "V3": 9}}
    prices = {"V1": 10_000, "V2": 30_000, "V3": 10_000}
    source = region(ways, {"V1": 1, "V2": 1, "V3": 1}, prices, budgets=(Budget(la="901", budget=30_000),))
    assert exchanged(source, P2="V2") == {"P1": "V1", "P2": "V3"}


def test_money_is_saved_in_the_pool_that_one_is_in_even_where_it_is_full() -> None:
    ways: Ways = {"P1": {"V1": 1}, "P2": {"V2": 1, "V22": 2}}
    prices = {"V1": 10_000, "V2": 30_000, "V22": 10_000}
    source = region(ways, {"V1": 1, "V2": 1}, prices, budgets=(Budget(la="901", budget=20_000),))
    assert exchanged(source, P2="V2") == {"P1": "V1", "P2": "V22"}


def test_money_is_not_saved_at_a_greater_loss_than_it_is_worth() -> None:
    ways: Ways = {"P1": {"V1": 1, "V5": 2}, "P2": {"V2": 1, "V3": 6}}
    prices = {"V1": 20_000, "V2": 30_000, "V3": 10_000, "V5": 10_000}
    places = {"V1": 1, "V2": 1, "V3": 1, "V5": 1}
    source = region(ways, places, prices, budgets=(Budget(la="901", budget=40_000),))
    assert exchanged(source, P1="V5", P2="V2") == {"P1": "V5", "P2": "V2"}


def test_one_makes_way_and_another_saves_the_money() -> None:
    ways: Ways = {"P1": {"V1": 1}, "P2": {"V1": 1, "V2": 2}, "P3": {"V3": 1, "V4": 2}}
    prices = {"V1": 10_000, "V2": 10_000, "V3": 30_000, "V4": 20_000}
    source = region(ways, {"V1": 1, "V2": 1, "V3": 1, "V4": 1}, prices, budgets=(Budget(la="901", budget=40_000),))
    assert exchanged(source, P2="V1", P3="V3") == {"P1": "V1", "P2": "V2", "P3": "V4"}


@settings(max_examples=60)
@given(problems(pupils=9, provisions=6))
def test_no_exchange_is_left_that_would_improve(source: Problem) -> None:
    """No pupil alone does better; nor, where no budget is in the way, a pupil for whom another moves elsewhere."""
    programme = programme_of_choices(source.ordered())
    s = nobody_placed(programme)
    settle(programme, s)
    before = programme.objective(s.columns)
    exchange(programme, s, Prices.none(programme), Clock(60))
    assert programme.objective(s.columns) <= before + 1e-9
    for p in range(len(programme.members)):
        held, own = s.chosen[p], 0.0 if s.chosen[p] == UNPLACED else s.gain[s.chosen[p]]
        for o in range(s.start[p], s.start[p + 1]):
            put(s, p, UNPLACED)
            is_free = fits(s, p, o)
            put(s, p, held)
            assert not is_free or s.gain[o] > own - 2e-6


@settings(max_examples=60)
@given(problems(pupils=8, provisions=6))
def test_nobody_is_left_who_would_make_way_at_a_profit(source: Problem) -> None:
    programme = programme_of_choices(replace(source, budgets=()).ordered())
    s = nobody_placed(programme)
    settle(programme, s)
    exchange(programme, s, Prices.none(programme), Clock(60))
    pupils = range(len(programme.members))
    columns = [range(s.start[p], s.start[p + 1]) for p in pupils]
    gains = [0.0 if s.chosen[p] == UNPLACED else s.gain[s.chosen[p]] for p in pupils]
    for p in pupils:
        held = s.chosen[p]
        put(s, p, UNPLACED)
        for o in [o for o in columns[p] if s.gain[o] < gains[p]]:
            lack = s.use[o] - s.room[s.pool[o]]
            in_pool = [q for q in pupils if s.chosen[q] != UNPLACED and s.pool[s.chosen[q]] == s.pool[o]]
            for q in [q for q in in_pool if s.use[s.chosen[q]] >= lack]:
                others = [x for x in columns[q] if s.pool[x] != s.pool[o] and s.use[x] <= s.room[s.pool[x]]]
                least = min([0.0, *(s.gain[x] for x in others)])
                assert s.gain[o] - gains[p] + least - gains[q] > -2e-6
        put(s, p, held)


@settings(max_examples=30)
@given(problems(pupils=10, provisions=6))
def test_what_a_pupil_loses_is_counted_against_the_best_at_the_prices(source: Problem) -> None:
    programme = programme_of_choices(source.ordered())
    prices = Prices(pools=1.0 + np.arange(len(programme.room)), budgets=2.0 + np.arange(len(programme.money)))
    placement = nobody_placed(programme)
    settle(programme, placement)
    reduced = np.append(reduced_costs(programme, prices), 0.0)  # the last is that of having none
    expected = reduced[placement.chosen] - best_reduced_costs(programme, prices)
    assert losses(programme, placement, prices) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_one_try_improves_the_answer_or_leaves_everything_as_it_was(seed: int) -> None:
    programme = programme_of_choices(random_problem(seeded(seed), 24, 8, crowding=0.5).ordered())
    s = nobody_placed(programme)
    settle(programme, s)
    n = len(programme.members)
    movers, seats = np.arange(n)[::-1].copy(), np.full(n, UNPLACED)  # what an earlier try may have left there
    for p in [*range(n), *range(n)]:
        chosen, room, money = s.chosen.copy(), s.room.copy(), s.money.copy()
        before = programme.objective(s.columns)
        if _try(s, p, movers, seats):
            assert programme.objective(s.columns) < before
            assert s.room.min() >= -2e-6
            assert s.money.min() >= 0
        else:
            assert s.chosen.tolist() == chosen.tolist()
            assert s.room == pytest.approx(room, abs=1e-9)
            assert s.money.tolist() == money.tolist()
