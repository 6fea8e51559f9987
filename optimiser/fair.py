"""The LA-fair answer: the best one in which no LA is worse off than it would be alone with its fair part of each pool.

What an LA has alone. The duties stand, as the law wants. What they leave of each pool is parted among the LAs by the
proportional rule for claims that exceed an estate: an LA's claim is what its pupils would use of the pool if each had
the option that is best for the pupil alone. Where the claims are less than there is, each is met, and what is left is
parted by the number of pupils who have an option there. Parts are whole places as far as possible
(`optimiser.regions.allotted`). Within its part and its own budget each LA is matched by itself; that is S_l, its
objective alone in km-equivalents.

Why so. The parts add up to the pools, so all LAs alone are together an answer for all, and a fair one always exists;
what it loses against the best answer of all is a price worth naming. Parts by what the joint answer uses would make
every joint answer fair, and parts by the order in which pupils come would reward whoever comes first. What the rule
does not do: it does not make LAs equal, nor say that what an LA has alone is enough for its pupils.

The programme is that of `optimiser.programme` with one more row for each LA l, whose pupils are P(l):

    (5) fair    sum_{p in P(l)} (u_p + sum_{o in O(p)} (w_o - u_p) x_o) <= S_l

Weights e_l >= 0, the duals of (5), turn it back into a matching in which a km of LA l counts 1 + e_l, so by weak
duality

    sum_l (1 + e_l) (...)  at prices (y, z)  -  sum_l e_l S_l

bounds the fair objective, by formula, whatever columns the solver was shown. The answers tried are all LAs alone,
improved where (5) allows; the joint answer, exchanged at weights that rise; matchings at these weights; and a search of
the columns near the best with (5) as rows.

>>> from optimiser.problem import Pool, Price, Provision, Pupil
>>> from optimiser.solve import match
>>> child = dict(easting=0, northing=0, year_group=5, levels=(2, 0, 0, 0), primary_need="ASD")
>>> problem = Problem(
...     pupils=(Pupil(pupil="P1", la="901", priority=1, **child), Pupil(pupil="P2", la="901", priority=1, **child),
...         Pupil(pupil="P3", la="902", priority=5, **child), Pupil(pupil="P4", la="902", priority=5, **child)),
...     provisions=(Provision(provision="V1", setting="100001", provider="Alder Trust", setting_type="state_special",
...         kind="full", easting=0, northing=0, low_year=0, high_year=11, needs=("ASD",), max_levels=(3, 3, 3, 3),
...         pool="K1"),),
...     pools=(Pool(pool="K1", setting="100001", unit="places", amount=2),),
...     prices=(Price(provision="V1", band="moderate", price=30_000),))
>>> found = fair_answer(problem, match(problem))
>>> [(part.la, part.alone, part.joint, part.fair) for part in found.parts]
[('901', 16003.0, 6.0, 16003.0), ('902', 1003.0, 2000.0, 1003.0)]
>>> found.objective
15000.0
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimiser.answer import Answer
from optimiser.clock import Clock
from optimiser.eligibility import Floats, Ints
from optimiser.exchange import exchange
from optimiser.fair_parts import Las, fair_parts
from optimiser.fair_rows import fair_relaxation, fair_whole
from optimiser.master import relax
from optimiser.outcome import answer_of
from optimiser.placement import placed
from optimiser.problem import Problem
from optimiser.programme import (
    TOLERANCE,
    Numbers,
    Prices,
    Programme,
    best_reduced_costs,
    bound,
    programme_of,
    reduced_costs,
)
from optimiser.search import search
from optimiser.solve import solve_phase
from optimiser.solved import Solved, solved_of

_ALONE_TIME = 0.3  # of the seconds
_SEARCH_TIME = 0.5  # of what is then left, for the columns with (5) as rows
_COLUMNS = 20_000  # of one model
_REPAIRS = 12  # of the joint answer, by exchanges at weights
_ROUNDS = 3  # of matchings at weights
_DEARER = 1.5  # how much more the weight of an LA that is still worse off counts in the next round
_LEAST = 0.05  # the weight that such an LA has at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One LA's choices in km-equivalents: alone, in the joint answer, in the fair one."""

    la: str
    pupils: int
    alone: float
    joint: float
    fair: float

    @property
    def is_worse_off(self) -> bool:
        """Whether the joint answer leaves the LA worse off than it would be alone."""
        return self.joint > self.alone + TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """The fair answer and its price, fair less joint: `objective` in km-equivalents, `cost` in whole £ a year, `placed`
    in pupils, `child_km` the sum over those placed.

    The price of the best fair answer against the best joint one lies between `low` and `high`, which are what the
    bounds of both leave open. `objective` may be below 0, by no more than the gap of the joint answer.
    """

    answer: Answer
    parts: tuple[Part, ...]
    objective: float
    cost: int
    placed: int
    child_km: float
    low: float
    high: float


def fair_answer(problem: Problem, joint: Answer, *, seconds: float = 120.0) -> Fairness:
    """The fair answer beside a joint one of `optimiser.match`; the joint one itself where it is fair.

    Raises StrangeAnswerError where the joint answer is another problem's.
    """
    clock = Clock(seconds)
    solved = solved_of(problem, joint)
    choices = solved.choices
    las = _las(solved)
    with clock.until(_ALONE_TIME):
        alone, union = _alone(solved, las, clock)
    limits = np.array([alone[la] for la in las.names])
    had = las.objectives(choices.programme, choices.columns)
    if (had <= limits + TOLERANCE).all():
        columns, proven = choices.columns, choices.bound
    else:
        columns, proven = _fair(solved, las, limits, union, clock)
    answer = _answer(solved, columns)
    has = las.objectives(choices.programme, columns)
    parts = tuple(
        Part(la=la, pupils=int(count), alone=float(limit), joint=float(before), fair=float(after))
        for la, count, limit, before, after in zip(
            las.names, np.bincount(las.of, minlength=len(las.names)), limits, had, has, strict=True
        )
    )
    return _priced(joint, answer, parts, max(proven, choices.bound), choices.bound)


def _las(solved: Solved) -> Las:
    members = [solved.problem.pupils[at].la for at in solved.choices.programme.members.tolist()]
    names = sorted(set(members))
    place = {la: at for at, la in enumerate(names)}
    return Las(names=names, of=np.array([place[la] for la in members], dtype=np.int64))


def _alone(solved: Solved, las: Las, clock: Clock) -> tuple[dict[str, float], Ints]:
    """Each LA's objective alone, and the columns of all of them in the programme of all."""
    whole = solved.choices.programme
    budgets = {row.la: int(money) for row, money in zip(solved.problem.budgets, whole.money.tolist(), strict=True)}
    alone: dict[str, float] = {}
    options: list[Numbers] = []
    for at, (la, room) in enumerate(zip(las.names, fair_parts(whole, las), strict=True)):
        money = {la: budgets[la]} if la in budgets else {}
        members = whole.members[las.of == at]
        programme = programme_of(solved.problem, solved.catalogue, solved.options, members, room, money)
        with clock.until(1 / (len(las.names) - at)):
            found = solve_phase("choices", programme, solved.problem.policy.bound_gap, clock)
        alone[la] = found.objective
        options.append(programme.option[found.columns])
    return alone, np.nonzero(np.isin(whole.option, np.concatenate([*options, np.array([], dtype=np.int32)])))[0]


def _fair(solved: Solved, las: Las, limits: Floats, union: Ints, clock: Clock) -> tuple[Ints, float]:
    """The best columns found that keep (5), and the bound of all that do."""
    programme, prices = solved.choices.programme, solved.choices.prices
    dearer = reduced_costs(programme, prices)
    dearer = dearer - np.repeat(best_reduced_costs(programme, prices), np.diff(programme.start))
    dearer[np.append(union, solved.choices.columns)] = -np.inf  # so that there is always an answer
    shown = np.sort(np.argsort(dearer, kind="stable")[:_COLUMNS])
    found = fair_relaxation(programme, shown, las.of, limits, clock)
    weights, at = (np.zeros(len(limits)), prices) if found is None else (found.weights, found.prices)
    proven = bound(las.weighted(programme, weights), at, programme.whole_room) - float((weights * limits).sum())
    best, least = union, programme.objective(union)
    with clock.until(_SEARCH_TIME):
        searched = fair_whole(programme, shown, las.of, limits, clock)
    tried = [_exchanged(programme, union, prices, clock), *([] if searched is None else [searched])]
    repairs = _repaired(programme, solved.choices.columns, las, limits, weights, at, clock)
    for columns in (*tried, *repairs, *_at_weights(programme, las, limits, weights, clock)):
        objective = programme.objective(columns)
        if objective < least and (las.objectives(programme, columns) <= limits + TOLERANCE).all():
            best, least = columns, objective
    return best, min(proven, least)


def _exchanged(programme: Programme, columns: Ints, prices: Prices, clock: Clock) -> Ints:
    """The answer improved by exchanges, which know nothing of (5)."""
    placement = placed(programme, columns)
    exchange(programme, placement, prices, clock)
    return placement.columns


def _repaired(
    programme: Programme, columns: Ints, las: Las, limits: Floats, weights: Floats, prices: Prices, clock: Clock
) -> Iterator[Ints]:
    """The joint answer, exchanged at weights that rise for the LAs that are worse off, until none is."""
    for _ in range(_REPAIRS):
        weights, is_fair = _raised(programme, columns, las, limits, weights)
        if is_fair or clock.is_over():
            return
        columns = _exchanged(las.weighted(programme, weights), columns, prices, clock)
        yield columns


def _at_weights(programme: Programme, las: Las, limits: Floats, weights: Floats, clock: Clock) -> Iterator[Ints]:
    """Matchings in which a km of the LAs that are worse off counts more, until none is."""
    for number in range(_ROUNDS):
        if clock.is_over():
            return
        weighted = las.weighted(programme, weights)
        with clock.until(1 / (_ROUNDS - number)):
            columns = search(weighted, relax(weighted, clock), 0.0, clock).placement.columns
        yield columns
        weights, is_fair = _raised(programme, columns, las, limits, weights)
        if is_fair:
            return


def _raised(programme: Programme, columns: Ints, las: Las, limits: Floats, weights: Floats) -> tuple[Floats, bool]:
    """The weights, higher for the LAs that are worse off than alone; and whether none is."""
    is_worse = las.objectives(programme, columns) > limits + TOLERANCE
    return np.where(is_worse, np.maximum(weights, _LEAST) * _DEARER, weights), not is_worse.any()


def _answer(solved: Solved, columns: Ints) -> Answer:
    """The rows of an answer with these choices; the joint prices and bounds hold for it all the more."""
    choices = replace(solved.choices, placement=placed(solved.choices.programme, columns))
    proven = min(choices.bound, choices.objective)
    choices = replace(choices, bound=proven, relaxation=min(choices.relaxation, proven))
    return answer_of(solved.problem, solved.catalogue, solved.options, [solved.phases["duties"], choices])


def _priced(joint: Answer, answer: Answer, parts: tuple[Part, ...], fair_bound: float, joint_bound: float) -> Fairness:
    fair, before = (each.summary.phases[-1].objective for each in (answer, joint))
    return Fairness(
        answer=answer,
        parts=parts,
        objective=fair - before,
        cost=answer.summary.cost - joint.summary.cost,
        placed=answer.summary.placed - joint.summary.placed,
        child_km=sum(row.child_km for row in answer.assignments) - sum(row.child_km for row in joint.assignments),
        low=max(0.0, fair_bound - before),
        high=max(0.0, fair - joint_bound),
    )
