"""A shadow price is said to be a range only where both ends prove the bound, and the plain ranges are found."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linprog

from optimiser import Budget, Pool, Problem, match
from optimiser.clock import Clock
from optimiser.inquiry import Inquiry
from optimiser.options import find_options
from optimiser.programme import Programme, bound
from optimiser.ranges import PriceRange, price_range, prices_of, solved_programme
from optimiser.standing import standing_of
from tests.optimiser.oracle import bound_at, phases
from tests.optimiser.problems import problem, problems, provision, pupil


def two(amount: float = 1.0) -> Problem:
    """Two pupils for one pool, who lose 16,000 and 4,000 less 18.798 each when they are unplaced."""
    return problem((pupil(pupil="P1", priority=1), pupil(pupil="P2")), amount=amount)


def range_of(source: Problem, kind: str = "pools", at: int = 0) -> PriceRange:
    source = source.ordered()
    asked = Inquiry(source, standing_of(match(source)))
    programme = solved_programme(source, asked.catalogue, find_options(source, asked.catalogue), "choices", asked.book)
    prices = prices_of(source, programme, asked.standing.prices["choices"])
    return price_range(programme, prices, "pools" if kind == "pools" else "budgets", at, Clock(60))


def test_one_place_for_two_is_worth_anything_between_what_they_lose() -> None:
    found = range_of(two())
    assert (found.low, found.high) == (pytest.approx(4000 - 18.798), pytest.approx(16000 - 18.798))
    assert found.is_range
    assert found.is_exact


def test_a_place_too_few_for_a_fraction_has_one_price() -> None:
    found = range_of(two(1.3))
    assert not found.is_range
    assert found.price == pytest.approx(4000 - 18.798)


def test_where_there_is_nothing_no_price_is_too_high() -> None:
    found = range_of(two(0.0))
    assert found.low == pytest.approx(16000 - 18.798)
    assert math.isinf(found.high)


def test_a_budget_that_pays_for_one_exactly_has_a_range() -> None:
    found = range_of(replace(two(5.0), budgets=(Budget(la="901", budget=47_980),)), "budgets")
    assert found.low == pytest.approx((4000 - 18.798) / 47.98)
    assert found.high == pytest.approx((16000 - 18.798) / 47.98)


def test_prices_that_are_not_exact_are_said_not_to_be() -> None:
    source = two().ordered()
    standing = standing_of(match(source))
    near = replace(standing.prices["choices"], pools={"K1": 1.0})
    lines = Inquiry(source, replace(standing, prices={**standing.prices, "choices": near})).pool("K1", 60)
    assert lines[2] == "The run ended before its prices were exact: this one is near, and no range can be shown."


@settings(max_examples=60)
@given(problems(pupils=10, provisions=6))
def test_both_ends_prove_the_bound_and_so_does_what_is_between(source: Problem) -> None:
    """By the oracle's formula and the solver's own, with the other prices free to follow: no bound is above them."""
    source = source.ordered()
    answer = match(source)
    _, choices = phases(source, answer)
    stated = answer.summary.phases[1]
    best = bound_at(choices, stated.pool_prices, stated.budget_prices)
    asked = Inquiry(source, standing_of(answer))
    programme = solved_programme(source, asked.catalogue, find_options(source, asked.catalogue), "choices", asked.book)
    prices = prices_of(source, programme, asked.standing.prices["choices"])
    assert bound(programme, prices) == pytest.approx(best, rel=1e-9, abs=1e-6)
    for at, row in enumerate(source.pools):
        found = price_range(programme, prices, "pools", at, Clock(60))
        assert found.is_exact
        assert found.low <= found.price <= found.high
        for end in {found.low, found.high} - {math.inf}:
            assert _value(programme, at, end) == pytest.approx(best, rel=2e-9, abs=1e-6), row.pool


def _value(p: Programme, at: int, price: float) -> float:
    """The best bound that any prices prove which have this price of one pool: the relaxation that may buy it there."""
    n, pupils = len(p), len(p.members)
    if not n:
        return float(p.unplaced.sum() - price * p.room[at])
    owner = p.pupil(np.arange(n))
    rows = np.zeros((pupils + len(p.room) + len(p.money), n))
    rows[owner, np.arange(n)] = 1
    rows[pupils + p.pool, np.arange(n)] = p.use
    limited = p.la[owner] >= 0
    rows[pupils + len(p.room) + p.la[owner][limited], np.arange(n)[limited]] = p.cost[limited] / 1000
    limits = np.concatenate([np.ones(pupils), p.room, p.money / 1000])
    gain = p.gain + np.where(p.pool == at, price * p.use, 0.0)
    keep = np.arange(len(limits)) != pupils + at
    found = linprog(gain, A_ub=rows[keep], b_ub=limits[keep], bounds=(0, None))
    return float(p.unplaced.sum() + found.fun - price * p.room[at])


def test_the_words_for_a_pool_name_its_use_its_price_and_its_range() -> None:
    asked = Inquiry(two(), standing_of(match(two())))
    lines = asked.pool("K1", 60)
    assert lines[0] == "Pool K1 (setting 100001): 1 place. The duties use 0, the choices 1; 0 left."
    assert lines[1].startswith("Shadow price in the choices: ")
    assert lines[1].endswith(" km-equivalents a place.")
    assert lines[2] == (
        "It is a range: every price between 3,981.202 and 15,981.202 proves the same bound. A little more is worth the "
        "lower, and a little less would cost the higher, a place."
    )
    assert lines[3] == "Among the choices 1 pupil would do better there than as they are, for themselves alone."
    empty = Inquiry(two(0.0), standing_of(match(two(0.0)))).pool("K1", 60)
    assert "It is a range: every price from 15,981.202 on proves the same bound, as there is none." in empty


def test_the_price_among_the_duties_is_told_apart_where_there_is_one() -> None:
    source = problem((pupil(request="100001", priority=1), pupil(pupil="P2", request="100001")))
    lines = Inquiry(source, standing_of(match(source))).pool("K1", 60)
    assert any(line.startswith("Shadow price in the duties: ") for line in lines)


def test_the_words_for_a_budget_name_what_is_spent() -> None:
    source = problem(
        (pupil(request="100001"), pupil(pupil="P2")), amount=2.0, budgets=(Budget(la="901", budget=40_000),)
    )
    lines = Inquiry(source, standing_of(match(source))).budget("901", 60)
    assert lines[0] == "Budget of LA 901: £40,000 a year. The duties cost £47,980, the choices £0; £0 left."
    assert lines[1] == "The duties, which come before any budget, overspend it by £7,980."
    assert lines[2].endswith(" km-equivalents for £1,000.")


def test_hours_have_a_price_by_the_hour() -> None:
    pool = Pool(pool="K1", setting="100001", unit="hours", amount=3.0)
    source = problem((pupil(options=("outreach",)),), (provision(kind="outreach"),), pools=(pool,))
    lines = Inquiry(source, standing_of(match(source))).pool("K1", 60)
    assert lines[1].endswith(" km-equivalents an hour a week.")
