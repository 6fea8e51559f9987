"""A whole answer improved part by part: the pupils about one pool placed anew together, everybody else as they are.

A part grows from the pool where most is lost: the pupils who have a column of it near their best, those who lose most
against the prices first, then those of the pools that these pupils could go to, until the part is full. Its programme
is (1) to (4) of `optimiser.programme` with the room and money that all others leave. It must never worsen the answer.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.clock import Clock
from optimiser.eligibility import Bools, Floats, Ints
from optimiser.exchange import losses
from optimiser.highs import solve_whole
from optimiser.model import whole
from optimiser.placement import UNPLACED, Placement, fits, put
from optimiser.programme import Prices, Programme
from optimiser.scale import scale_of

_SIZE = 40  # pupils
_NODES = 50  # of a part's search tree
_NEAR = 0.3  # of the usual difference between a pupil's columns
_NEIGHBOURS = 12  # of each pool, of those who lose nothing
_WORTH = 1e-6  # km-equivalents: less is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """Where parts grow: `near[o]` says that column o is near its pupil's best, `of_pool[edges[k]:edges[k + 1]]` are the
    near columns of pool k, nearest first; `lost` is what each pupil loses."""

    near: Bools
    of_pool: Ints
    edges: Ints
    lost: Floats


def improve_in_parts(
    programme: Programme, placement: Placement, prices: Prices, dearer: Floats, enough: float, clock: Clock
) -> bool:
    """One turn over all pools where something is lost, or until the objective is `enough`: whether any part improved.

    `dearer` is how far each column's reduced cost is above its pupil's best, infinite where it fits nobody.
    """
    has_improved = False
    chart = _chart(programme, placement, prices, dearer)
    visited: set[int] = set()
    for seed in _seeds(programme, placement, prices, dearer, chart.lost):
        if clock.is_over() or programme.objective(placement.columns) <= enough:
            break
        if seed not in visited:
            members = np.array(sorted(_part(programme, chart, seed, visited)), dtype=np.int64)
            has_improved |= _place_anew(programme, placement, chart, members, clock)
            clock.note(objective=programme.objective(placement.columns))
    return has_improved


def _chart(programme: Programme, placement: Placement, prices: Prices, dearer: Floats) -> _Map:
    near = dearer <= _NEAR * scale_of(programme).difference
    near[placement.columns] = True
    columns = np.nonzero(near)[0]
    of_pool = columns[np.lexsort((columns, dearer[columns], programme.pool[columns]))]
    edges = np.searchsorted(programme.pool[of_pool], np.arange(len(programme.room) + 1))
    return _Map(near=near, of_pool=of_pool, edges=edges, lost=losses(programme, placement, prices))


def _seeds(programme: Programme, placement: Placement, prices: Prices, dearer: Floats, lost: Floats) -> list[int]:
    """The pools by what is lost there: by pupils whose best column it has, and by room for which others would pay."""
    at_pool = prices.pools * np.maximum(0.0, placement.room)
    best = np.nonzero(dearer <= _WORTH)[0]
    np.add.at(at_pool, programme.pool[best], lost[programme.pupil(best)])
    order = np.lexsort((np.arange(len(at_pool)), -at_pool))
    return [int(k) for k in order if at_pool[k] > _WORTH]


def _part(programme: Programme, chart: _Map, seed: int, visited: set[int]) -> set[int]:
    """The pupils of the part that grows from this pool; the pools that it looked into are `visited`."""
    members: set[int] = set()
    queue, queued = [seed], {seed}
    for k in queue:
        if len(members) >= _SIZE:
            break
        visited.add(k)
        pupils = programme.pupil(chart.of_pool[chart.edges[k] : chart.edges[k + 1]])
        loses = chart.lost[pupils] > _WORTH
        for p in [*pupils[loses].tolist(), *pupils[~loses][:_NEIGHBOURS].tolist()]:
            if p in members or len(members) >= _SIZE:
                continue
            members.add(p)
            columns = np.arange(programme.start[p], programme.start[p + 1])
            others = programme.pool[columns[chart.near[columns]]].tolist()
            queue += [other for other in dict.fromkeys(others) if other not in queued]
            queued.update(others)
    return members


def _place_anew(programme: Programme, placement: Placement, chart: _Map, members: Ints, clock: Clock) -> bool:
    """Place these pupils in the best way that the others leave; whether that improved the answer."""
    old = placement.chosen[members]
    before = programme.gain[old[old != UNPLACED]].sum()
    for p in members:
        put(placement, p, UNPLACED)
    ranges = [
        columns[chart.near[columns]] if chart.lost[p] <= _WORTH else columns
        for p in members.tolist()
        for columns in [np.arange(programme.start[p], programme.start[p + 1])]
    ]
    columns = np.concatenate([np.empty(0, dtype=np.int64), *ranges])
    room = np.maximum(0.0, placement.room - (programme.room - programme.whole_room))
    solved = solve_whole(whole(programme, columns, room, placement.money[:-1]), clock, gap=_WORTH, nodes=_NODES)
    new = columns[:0] if solved.values is None else columns[solved.values > 0.5]
    if programme.gain[new].sum() < before - _WORTH and _put_all(placement, programme.pupil(new), new):
        return True
    for p in members:
        put(placement, p, UNPLACED)
    for p, o in zip(members.tolist(), old.tolist(), strict=True):
        put(placement, p, o)
    return False


def _put_all(placement: Placement, pupils: Ints, columns: Ints) -> bool:
    """Place all of these, or stop where one does not fit, as a solver's tolerance may have it."""
    for p, o in zip(pupils.tolist(), columns.tolist(), strict=True):
        if not fits(placement, p, o):
            return False
        put(placement, p, o)
    return True
