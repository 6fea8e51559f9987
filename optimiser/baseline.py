"""Nearest first, one by one: what is done where nobody matches, as an answer that can be set beside a match.

Pupils come in a fixed order, the duties before the choices: by priority, then by reference, which stands in for the
date of arrival, or in an order that is given. Each takes the nearest provision by road for which the pupil is eligible
and that still has room in its pool and, for choices, money in the LA's budget; of those as near the cheapest, then the
first by id. Nobody gives way to anybody.

It is an answer of the same kind as that of `optimiser.match`, and passes the same check. Its shadow prices are 0, since
nobody who goes one by one has any, and its bound is what they prove: everybody in the best option for them alone.

>>> from optimiser.problem import Policy, Pool, Price, Problem, Provision, Pupil
>>> child = dict(la="901", northing=0, year_group=5, levels=(2, 0, 0, 0), primary_need="ASD")
>>> offer = dict(provider="Alder Trust", setting_type="state_special", kind="full", northing=0, low_year=0,
...     high_year=11, needs=("ASD",), max_levels=(3, 3, 3, 3))
>>> problem = Problem(
...     pupils=(Pupil(pupil="P1", easting=4_000, **child), Pupil(pupil="P2", easting=1_000, **child)),
...     provisions=(Provision(provision="V1", setting="100001", easting=3_000, pool="K1", **offer),
...         Provision(provision="V2", setting="100002", easting=20_000, pool="K2", **offer)),
...     pools=(Pool(pool="K1", setting="100001", unit="places", amount=1),
...         Pool(pool="K2", setting="100002", unit="places", amount=1)),
...     prices=(Price(provision="V1", band="moderate", price=30_000),
...         Price(provision="V2", band="moderate", price=30_000)))
>>> answer = nearest_first(problem)
>>> [(row.pupil, row.provision, round(row.road_km, 1)) for row in answer.assignments]
[('P1', 'V1', 1.4), ('P2', 'V2', 26.6)]
>>> [row.provision for row in nearest_first(problem, order=("P2", "P1")).assignments]
['V2', 'V1']
"""

from collections.abc import Sequence

import numpy as np

from optimiser.answer import PHASES, Answer
from optimiser.eligibility import Catalogue, Ints
from optimiser.options import find_options
from optimiser.outcome import Outcome, answer_of
from optimiser.placement import Placement, nobody_placed, take
from optimiser.problem import Problem
from optimiser.programme import Prices, Programme, bound, phase_programme
from optimiser.solve import money_left
from optimiser.solved import column_details, room_of


def nearest_first(problem: Problem, order: Sequence[str] | None = None) -> Answer:
    """The answer of nearest first, one by one; `order` names every pupil once, in the order of their arrival.

    An option that is worth less than leaving the pupil unplaced at the policy's weights is none here either, so that
    both answers choose from the same. Raises ValueError for a problem that contradicts itself, or an order that leaves
    a pupil out or names one twice.
    """
    if contradictions := problem.contradictions():
        raise ValueError("the problem contradicts itself: " + "; ".join(contradictions))
    problem = problem.ordered()
    turn = _turns(problem, order)
    catalogue = Catalogue(problem)
    options = find_options(problem, catalogue)
    room, outcomes = room_of(problem), list[Outcome]()
    for phase in PHASES:
        programme = phase_programme(problem, catalogue, options, phase, room, money_left(problem, outcomes))
        found = column_details(problem, catalogue, options, programme)
        pupil = programme.pupil(np.arange(len(programme)))
        keys = (found.provision, programme.cost, found.road_km, turn[programme.members][pupil])
        placement = _one_by_one(programme, pupil, np.lexsort(keys))
        prices = Prices.none(programme)
        proven = min(bound(programme, prices), programme.objective(placement.columns))
        outcomes.append(
            Outcome(
                phase=phase,
                programme=programme,
                placement=placement,
                prices=prices,
                relaxation=proven,
                bound=proven,
            )
        )
        room = np.maximum(0.0, placement.room)
    return answer_of(problem, catalogue, options, outcomes)


def _turns(problem: Problem, order: Sequence[str] | None) -> Ints:
    """When each pupil of an ordered problem comes, as a number."""
    names = [row.pupil for row in problem.pupils]
    if order is None:
        by_priority = sorted(problem.pupils, key=lambda row: (row.priority, row.pupil))
        order = [row.pupil for row in by_priority]
    elif sorted(order) != names:
        raise ValueError("the order does not name every pupil of the problem once")
    turn = {name: at for at, name in enumerate(order)}
    return np.array([turn[name] for name in names], dtype=np.int64)


def _one_by_one(programme: Programme, pupil: Ints, order: Ints) -> Placement:
    placement = nobody_placed(programme)
    take(placement, pupil[order], order)
    return placement
