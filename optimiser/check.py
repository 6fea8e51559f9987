"""Checks an answer without the model that made it: eligibility, capacity, budgets, arithmetic, bounds.

It must import nothing but rows and the rules as `optimiser.judge` has them written a second time.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from optimiser.answer import UNPLACED_REASONS, Answer, Assignment, Unplaced
from optimiser.judge import Judge
from optimiser.problem import Problem

_CLOSE = 1e-6  # km, FTE, objective: sums of floats in another order differ in the last digits
_ROUNDING = 1e-9  # of a gap


def check(problem: Problem, answer: Answer) -> list[str]:
    """Everything in which the answer breaks the rules or its own arithmetic, in words; empty when it holds.

    Eligibility, costs and distances of every assignment; each pupil once; capacity, budgets; totals; bounds.
    """
    judge = Judge(problem)
    return [
        *_coverage(judge, answer),
        *(f"{row.pupil}: {fault}" for row in answer.assignments for fault in _assignment(judge, row)),
        *(f"{row.pupil}: {fault}" for row in answer.unplaced for fault in _unplaced(judge, row)),
        *_pools(judge, answer),
        *_budgets(judge, answer),
        *_summary(judge, answer),
    ]


def _coverage(judge: Judge, answer: Answer) -> Iterator[str]:
    """Each pupil is exactly once in the answer, and nobody else is."""
    seen = Counter([row.pupil for row in answer.assignments] + [row.pupil for row in answer.unplaced])
    yield from (f"{pupil}: {seen[pupil]} times in the answer" for pupil in judge.pupils if seen[pupil] != 1)
    yield from (f"{pupil}: not a pupil of the problem" for pupil in seen if pupil not in judge.pupils)


def _assignment(judge: Judge, row: Assignment) -> Iterator[str]:
    pupil, provision = judge.pupils.get(row.pupil), judge.provisions.get(row.provision)
    if pupil is None or provision is None:
        yield f"the pupil or the provision {row.provision} is unknown"
        return
    refusals = judge.refusals(pupil, provision)
    if refusals:
        yield f"not eligible for {row.provision}: {', '.join(refusals)}"
        return
    price = judge.prices[row.provision, judge.band(pupil)].price
    transport = judge.transport(pupil, provision)
    exact = {
        "la": pupil.la,
        "phase": judge.phase(pupil),
        "setting": provision.setting,
        "kind": provision.kind,
        "pattern": provision.pattern,
        "band": judge.band(pupil),
        "price": price,
        "transport": transport,
        "cost": price + transport,
        "wish": judge.wish(pupil, provision.setting),
    }
    use = _use(judge, row)
    fte = {"full": 1.0, "porous": (provision.sessions or 0) / 10, "outreach": use / 25}[provision.kind]
    close = {"fte": fte, "road_km": judge.road_km(pupil, provision), "child_km": judge.child_km(pupil, provision)}
    yield from _differences(row, exact, close)


def _unplaced(judge: Judge, row: Unplaced) -> Iterator[str]:
    pupil = judge.pupils.get(row.pupil)
    if pupil is None:
        yield "unplaced, but not a pupil of the problem"
        return
    yield from _differences(row, {"la": pupil.la, "phase": judge.phase(pupil)}, {})
    if (row.reason == "universal") != (judge.band(pupil) == "universal"):
        yield f"reason {row.reason}, but the band is {judge.band(pupil)}"
    if (row.reason == "request_full") and (pupil.locked or not judge.is_bound(pupil)):
        yield "reason request_full, but no request binds"
    if row.reason in ("budget", "capacity") and judge.phase(pupil) == "duties" and not pupil.locked:
        yield f"reason {row.reason}, but a request binds"


def _sound(judge: Judge, answer: Answer) -> list[Assignment]:
    """The assignments that name a pupil and a priced provision of the problem: those that can be counted."""
    return [
        row for row in answer.assignments if (row.provision, row.band) in judge.prices and row.pupil in judge.pupils
    ]


def _pools(judge: Judge, answer: Answer) -> Iterator[str]:
    """Use is what the assignments use, and at most the amount."""
    uses: dict[str, list[float]] = defaultdict(list)
    for row in _sound(judge, answer):
        uses[judge.provisions[row.provision].pool].append(_use(judge, row))
    pools = {row.pool: row for row in judge.problem.pools}
    yield from _listed("pool", list(pools), [row.pool for row in answer.pools])
    for result in answer.pools:
        pool = pools.get(result.pool)
        if pool is None:
            continue
        used = math.fsum(uses[pool.pool])
        if used > pool.amount + _CLOSE:
            yield f"pool {pool.pool}: {used} used of {pool.amount}"
        exact = {"setting": pool.setting, "unit": pool.unit}
        faults = _differences(result, exact, {"amount": pool.amount, "used": used})
        yield from (f"pool {pool.pool}: {fault}" for fault in (*faults, *_negative(result.shadow_price)))


def _budgets(judge: Judge, answer: Answer) -> Iterator[str]:
    """Choices cost at most what the duties leave of each budget."""
    spent: Counter[tuple[str, str]] = Counter()
    for row in answer.assignments:
        spent[row.la, row.phase] += row.cost
    budgets = {row.la: row.budget for row in judge.problem.budgets}
    yield from _listed("budget", list(budgets), [row.la for row in answer.budgets])
    for result in answer.budgets:
        if result.la not in budgets:
            continue
        duties, choices = spent[result.la, "duties"], spent[result.la, "choices"]
        left = max(0, budgets[result.la] - duties) - choices
        if left < 0:
            yield f"budget of {result.la}: the choices cost £{-left} more than is left"
        exact = {"budget": budgets[result.la], "duties": duties, "choices": choices, "left": left}
        faults = _differences(result, exact, {})
        yield from (f"budget of {result.la}: {fault}" for fault in (*faults, *_negative(result.shadow_price)))
    left_of = {row.la: row.left for row in answer.budgets}
    for unplaced in answer.unplaced:
        if unplaced.reason == "budget":
            cost, missing = unplaced.cost or 0, unplaced.missing or 0
            if missing <= 0 or unplaced.la not in left_of or cost - left_of[unplaced.la] != missing:
                yield f"{unplaced.pupil}: £{missing} missing of £{cost} does not fit what the budget has left"


def _objective(judge: Judge, answer: Answer, phase: str) -> float:
    """The sum over the pupils of a phase of what they cost in km-equivalents, or their unplaced weight."""
    policy = judge.policy
    placed = [
        row.child_km
        + policy.cost_weight * row.cost / 1000
        + policy.preference_weight * row.wish
        + policy.least_restrictive_weight * judge.steps(row.kind)
        for row in answer.assignments
        if row.phase == phase
    ]
    pupils = (judge.pupils.get(row.pupil) for row in answer.unplaced if row.phase == phase)
    return math.fsum([*placed, *(policy.unplaced[pupil.priority - 1] for pupil in pupils if pupil)])


def _summary(judge: Judge, answer: Answer) -> Iterator[str]:
    """Totals add up, bounds are below objectives, and the status is what the gaps say."""
    summary = answer.summary
    if [row.phase for row in summary.phases] != ["duties", "choices"]:
        yield "summary: the phases are not duties and choices"
    for row in summary.phases:
        pupils = sum(judge.phase(pupil) == row.phase for pupil in judge.pupils.values())
        placed = sum(assigned.phase == row.phase for assigned in answer.assignments)
        objective = _objective(judge, answer, row.phase)
        faults = _differences(row, {"pupils": pupils, "placed": placed}, {"objective": objective})
        yield from (f"{row.phase}: {fault}" for fault in faults)
        if not row.relaxation <= row.bound <= row.objective:
            yield f"{row.phase}: bound {row.bound} is not between {row.relaxation} and the objective {row.objective}"
    reasons = Counter(row.reason for row in answer.unplaced)
    exact = {
        "placed": len(answer.assignments),
        "unplaced": len(answer.unplaced),
        "cost": sum(row.cost for row in answer.assignments),
        "overspent": {row.la: row.duties - row.budget for row in answer.budgets if row.duties > row.budget},
        "unplaced_by_reason": {reason: reasons[reason] for reason in UNPLACED_REASONS},
    }
    close = {
        "objective": sum(row.objective for row in summary.phases),
        "bound": sum(row.bound for row in summary.phases),
    }
    yield from (f"summary: {fault}" for fault in _differences(summary, exact, close))
    gaps = [(row.objective - row.bound) / row.objective if row.objective else 0.0 for row in summary.phases]
    is_proven = all(gap <= judge.policy.bound_gap + _ROUNDING for gap in gaps)
    if is_proven != (summary.status == "optimal"):
        yield f"summary: status {summary.status} with gaps {gaps}"
    yield from _totals(answer)


def _totals(answer: Answer) -> Iterator[str]:
    """Counts, FTE and kilometres are those of the assignments."""
    for total in answer.summary.kinds:
        rows = [row.fte for row in answer.assignments if row.kind == total.kind]
        faults = _differences(total, {"pupils": len(rows)}, {"fte": math.fsum(rows)})
        yield from (f"summary of {total.kind}: {fault}" for fault in faults)
    if sum(total.pupils for total in answer.summary.kinds) != len(answer.assignments):
        yield "summary: the kinds leave an assignment out"
    km, said = sorted(row.child_km for row in answer.assignments), answer.summary.child_km
    if (said is None) != (not km):
        yield "summary: child_km is there only when somebody is placed"
    elif said is not None:
        close = {"mean": fmean(km), "median": _percentile(km, 0.5), "p90": _percentile(km, 0.9)}
        yield from (f"summary of child_km: {fault}" for fault in _differences(said, {}, close))


def _use(judge: Judge, row: Assignment) -> float:
    return judge.use(judge.provisions[row.provision], row.band)


def _differences(row: object, exact: Mapping[str, object], close: Mapping[str, float]) -> Iterator[str]:
    """The fields of a row that are not what they should be: equal, or equal but for the rounding of sums."""
    for name, right in exact.items():
        if getattr(row, name) != right:
            yield f"{name} is {getattr(row, name)}, not {right}"
    for name, right in close.items():
        if not math.isclose(getattr(row, name), right, rel_tol=_CLOSE, abs_tol=_CLOSE):
            yield f"{name} is {getattr(row, name)}, not {right}"


def _listed(what: str, expected: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    if sorted(expected) != sorted(found):
        yield f"the answer does not list each {what} of the problem once"


def _negative(shadow_price: float) -> Iterator[str]:
    if not 0 <= shadow_price < math.inf:
        yield f"shadow price {shadow_price} is not 0 or more"


def _percentile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation between the two nearest of an ordered list that is not empty."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
