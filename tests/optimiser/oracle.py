"""The rules of matching written a third time, for tests: brute force on tiny problems, another solver on larger ones.

It shares nothing with the product but the rows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from optimiser import Answer, Problem, Provision, Pupil
from optimiser.problem import BANDS


@dataclass(frozen=True)
class Pair:
    """What it takes to place a pupil in a provision."""

    provision: str
    pool: str
    use: float
    cost: int
    objective: float


def types_of(problem: Problem) -> dict[str, str]:
    return {row.setting: row.setting_type for row in problem.provisions}


def binds(problem: Problem, pupil: Pupil) -> bool:
    return types_of(problem).get(pupil.request, "independent") != "independent" and pupil.ground == ""


def is_duty(problem: Problem, pupil: Pupil) -> bool:
    return pupil.locked != "" or binds(problem, pupil)


def band_of(problem: Problem, pupil: Pupil) -> str:
    top = sorted(pupil.levels, reverse=True)
    step = 1 if problem.policy.co_occurrence and top[0] == top[1] and top[0] >= 2 else 0
    return BANDS[min(5, top[0] + step)]


def pairs(problem: Problem, pupil: Pupil) -> list[Pair]:
    """All options of a pupil."""
    band = band_of(problem, pupil)
    prices = {row.provision: row for row in problem.prices if row.band == band}
    found: list[Pair] = []
    for row in problem.provisions:
        if band != "universal" and row.provision in prices and suits(problem, pupil, row):
            price = prices[row.provision]
            km = distance(problem, pupil, row)
            days = problem.policy.journeys["day"]
            week = {"full": 1.0, "porous": (row.sessions or 0) / 10, "outreach": 0.0}[row.kind]
            trips = problem.policy.journeys[row.pattern] if row.kind == "full" else days * week
            walk = problem.policy.free_below_km[pupil.year_group >= 3]
            is_driven = row.kind != "outreach" and (pupil.transport or km > walk)
            fare = problem.policy.transport_rate * km * trips if is_driven else 0.0
            cost = price.price + math.floor(fare + 0.5)
            child = 0.0 if row.kind == "outreach" else km * trips / days
            worth = child + problem.policy.cost_weight * cost / 1000
            worth += problem.policy.preference_weight * step_down(problem, pupil, row.setting)
            worth += problem.policy.least_restrictive_weight * ("outreach", "porous", "full").index(row.kind)
            part = next(n for n in range(11) if n / (row.shares or 10) >= week - 1e-9) / (row.shares or 10)
            use = {"full": 1.0, "porous": part, "outreach": price.hours or 0.0}[row.kind]
            found.append(Pair(row.provision, row.pool, use, cost, worth))
    return found


def distance(problem: Problem, pupil: Pupil, row: Provision) -> float:
    for journey in problem.travel:
        if (journey.pupil, journey.setting) == (pupil.pupil, row.setting):
            return journey.km
    east, north = pupil.easting - row.easting, pupil.northing - row.northing
    return problem.policy.circuity * math.sqrt(east * east + north * north) / 1000


def step_down(problem: Problem, pupil: Pupil, setting: str) -> int:
    wishes = list(pupil.wishes)
    if types_of(problem).get(pupil.request) == "independent":
        wishes = [pupil.request] + [wish for wish in wishes if wish != pupil.request]
    if not wishes:
        return 0
    return min(3, wishes.index(setting)) if setting in wishes else 3


def suits(problem: Problem, pupil: Pupil, row: Provision) -> bool:
    if pupil.locked:
        return row.provision == pupil.locked
    fits = (
        row.kind in pupil.options
        and row.pattern == pupil.pattern
        and row.low_year <= pupil.year_group <= row.high_year
        and (row.sex == "mixed" or pupil.sex in ("", row.sex))
        and pupil.primary_need in row.needs
        and all(np.array(pupil.levels) <= np.array(row.max_levels))
        and set(pupil.requirements) <= set(row.facilities)
    )
    if binds(problem, pupil):
        return fits and row.setting == pupil.request
    km = distance(problem, pupil, row)
    if row.kind == "outreach":
        is_near = row.radius_km is None or km <= row.radius_km
    else:
        longest = problem.policy.max_km if pupil.max_km is None else pupil.max_km
        is_near = row.pattern != "day" or km <= longest
    return fits and is_near and (not row.las or pupil.la in row.las) and row.provision not in pupil.forbidden


@dataclass(frozen=True)
class Phase:
    """One phase: its pupils' options, and the room and money that it may use."""

    pupils: list[Pupil]
    options: list[list[Pair]]
    weights: list[float]
    room: Mapping[str, float]
    money: Mapping[str, int]


def phases(problem: Problem, answer: Answer) -> tuple[Phase, Phase]:
    """Both phases; the second within what the duties of this answer leave."""
    room = {row.pool: row.amount for row in problem.pools}
    money = {row.la: row.budget for row in problem.budgets}
    duties = [row for row in problem.pupils if is_duty(problem, row)]
    choices = [row for row in problem.pupils if not is_duty(problem, row)]
    first = _phase(problem, duties, dict(room), {})
    given = {row.pupil: row.provision for row in answer.assignments}
    for child, options in zip(first.pupils, first.options, strict=True):
        for pair in options:
            if pair.provision == given.get(child.pupil):
                room[pair.pool] = max(0.0, room[pair.pool] - pair.use)
                if child.la in money:
                    money[child.la] = max(0, money[child.la] - pair.cost)
    return first, _phase(problem, choices, room, money)


def _phase(problem: Problem, pupils: list[Pupil], room: Mapping[str, float], money: Mapping[str, int]) -> Phase:
    weights = [problem.policy.unplaced[row.priority - 1] for row in pupils]
    return Phase(pupils, [pairs(problem, row) for row in pupils], weights, room, money)


def brute_force(phase: Phase) -> float:
    """The least objective of all whole answers, each of which is tried."""
    room = dict(phase.room)
    money: dict[str, float] = {child.la: phase.money.get(child.la, math.inf) for child in phase.pupils}

    def best(at: int) -> float:
        if at == len(phase.pupils):
            return 0.0
        least = phase.weights[at] + best(at + 1)
        la = phase.pupils[at].la
        for pair in phase.options[at]:
            if pair.use <= room[pair.pool] + 1e-9 and pair.cost <= money[la]:
                room[pair.pool] -= pair.use
                money[la] -= pair.cost
                least = min(least, pair.objective + best(at + 1))
                room[pair.pool] += pair.use
                money[la] += pair.cost
        return least

    return best(0)


def by_milp(phase: Phase, *, whole: bool = True, seconds: float = 20.0) -> tuple[float, float]:
    """(objective, proven bound) of the full programme as matrices, by scipy; the relaxation where not `whole`."""
    columns = [(p, pair) for p, options in enumerate(phase.options) for pair in options]
    if not columns:
        return sum(phase.weights), sum(phase.weights)
    rows: dict[tuple[str, str | int], tuple[float, list[tuple[int, float]]]] = {}
    for at, (p, pair) in enumerate(columns):
        rows.setdefault(("pupil", p), (1.0, []))[1].append((at, 1.0))
        rows.setdefault(("pool", pair.pool), (phase.room[pair.pool], []))[1].append((at, pair.use))
        la = phase.pupils[p].la
        if la in phase.money:
            rows.setdefault(("la", la), (phase.money[la] / 1000, []))[1].append((at, pair.cost / 1000))
    entries = [(value, row, at) for row, (_, terms) in enumerate(rows.values()) for at, value in terms]
    values, row_numbers, places = zip(*entries, strict=True)
    matrix = csr_array((values, (row_numbers, places)), shape=(len(rows), len(columns)))
    found = milp(
        np.array([pair.objective - phase.weights[p] for p, pair in columns]),
        integrality=np.full(len(columns), int(whole)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=np.array([amount for amount, _ in rows.values()])),
        options={"mip_rel_gap": 1e-7, "time_limit": seconds},
    )
    assert found.x is not None
    base = sum(phase.weights)
    return base + found.fun, base + (found.mip_dual_bound if whole else found.fun)


def bound_at(phase: Phase, pool_prices: Mapping[str, float], budget_prices: Mapping[str, float]) -> float:
    """The bound that these prices prove, by the formula of weak duality, one option after the other."""
    total = math.fsum(phase.weights)
    total -= math.fsum(price * phase.room[pool] for pool, price in pool_prices.items())
    total -= math.fsum(price * phase.money[la] / 1000 for la, price in budget_prices.items())
    for child, options, weight in zip(phase.pupils, phase.options, phase.weights, strict=True):
        reduced = [
            pair.objective
            - weight
            + pool_prices[pair.pool] * pair.use
            + budget_prices.get(child.la, 0.0) * pair.cost / 1000
            for pair in options
        ]
        total += min([0.0, *reduced])
    return total
