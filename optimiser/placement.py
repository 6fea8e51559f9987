"""A whole answer of one phase: which column each pupil has, and exactly what room and money that leaves.

Capacity is counted here pupil by pupil, whatever tolerance a solver works to. It must know no solver.
"""

from typing import NamedTuple

import numpy as np

from optimiser.compiled import compiled
from optimiser.eligibility import Floats, Ints
from optimiser.programme import TOLERANCE, Numbers, Programme

UNPLACED = -1
NO_BUDGET = np.iinfo(np.int64).max // 4  # £ left where no budget limits: more than all pupils together can cost


class Placement(NamedTuple):
    """`chosen[p]` is the column of pupil p or UNPLACED; `room` and `money` are what is left, the last money NO_BUDGET.

    The pupils who have a column of pool k are a chain: `first[k]`, then `after[p]` of each, -1 at its end. Those whom
    the budget of LA l limits are `of_la[la_start[l]:la_start[l + 1]]`. The other arrays are those of the programme.
    """

    start: Ints
    pool: Numbers
    use: Floats
    cost: Ints
    gain: Floats
    la: Ints
    chosen: Ints
    room: Floats
    money: Ints
    first: Ints
    after: Ints
    before: Ints
    of_la: Ints
    la_start: Ints

    @property
    def columns(self) -> Ints:
        """The chosen columns, by pupil."""
        return np.asarray(self.chosen[self.chosen != UNPLACED])


def nobody_placed(programme: Programme) -> Placement:
    """The answer to start from."""
    of_la = np.argsort(programme.la, kind="stable")
    nobody = np.full(len(programme.members), -1)
    return Placement(
        start=programme.start,
        pool=programme.pool,
        use=programme.use,
        cost=programme.cost,
        gain=programme.gain,
        la=programme.la,
        chosen=np.full(len(programme.members), UNPLACED),
        room=programme.room.copy(),
        money=np.append(programme.money, NO_BUDGET),
        first=np.full(len(programme.room), -1),
        after=nobody.copy(),
        before=nobody.copy(),
        of_la=of_la,
        la_start=np.searchsorted(programme.la[of_la], np.arange(len(programme.money) + 1)),
    )


def rounded(programme: Programme, columns: Ints, shares: Floats) -> Placement:
    """A whole answer near the shares of a relaxation, 0 for other columns.

    Pupils choose in order of their largest share, then of what it costs to leave them unplaced, each the largest share
    that still fits.
    """
    placement = nobody_placed(programme)
    pupil = programme.pupil(columns)
    largest = np.zeros(len(programme.members))
    np.maximum.at(largest, pupil, shares)
    keys = (columns, programme.gain[columns], -shares, pupil, -programme.unplaced[pupil], -largest[pupil])
    order = np.lexsort(keys)
    take(placement, pupil[order], columns[order])
    return placement


def placed(programme: Programme, columns: Ints) -> Placement:
    """The whole answer that has these columns; what does not fit is left out."""
    return rounded(programme, columns, np.ones(len(columns)))


@compiled
def take(s: Placement, pupils: Ints, columns: Ints) -> None:
    """Each pupil in turn the first of these columns that fits; `pupils` are those of the columns."""
    for i in range(len(columns)):
        if s.chosen[pupils[i]] == UNPLACED and fits(s, pupils[i], columns[i]):
            put(s, pupils[i], columns[i])


def settle(programme: Programme, placement: Placement) -> None:
    """Give everybody left unplaced the best column that fits, those first whom it costs most to leave so."""
    left = np.nonzero(placement.chosen == UNPLACED)[0]
    _settle(placement, left[np.lexsort((left, -programme.unplaced[left]))])


@compiled
def _settle(s: Placement, pupils: Ints) -> None:
    for p in pupils:
        left = s.money[s.la[p]]
        for o in range(s.start[p], s.start[p + 1]):
            if s.cost[o] <= left and has_room(s.use[o], s.room[s.pool[o]]):
                put(s, p, o)
                break


@compiled
def fits(s: Placement, p: int, o: int) -> bool:
    """Whether the room and the money left allow pupil p this column, beside what p has."""
    return has_room(s.use[o], s.room[s.pool[o]]) and bool(s.cost[o] <= s.money[s.la[p]])


@compiled
def has_room(use: float, room: float) -> bool:
    """Whether this room is enough for this use. Loops over columns ask so: to hand the whole placement on for each
    column takes fifty times as long as to compare."""
    return use <= room + TOLERANCE


@compiled
def put(s: Placement, p: int, o: int) -> None:
    """Give pupil p this column instead of what p has; UNPLACED gives none."""
    old = s.chosen[p]
    if old != UNPLACED:
        k = s.pool[old]
        s.room[k] += s.use[old]
        s.money[s.la[p]] += s.cost[old]
        if s.before[p] >= 0:
            s.after[s.before[p]] = s.after[p]
        else:
            s.first[k] = s.after[p]
        if s.after[p] >= 0:
            s.before[s.after[p]] = s.before[p]
    s.chosen[p] = o
    if o != UNPLACED:
        k = s.pool[o]
        s.room[k] -= s.use[o]
        s.money[s.la[p]] -= s.cost[o]
        s.after[p] = s.first[k]
        s.before[p] = -1
        if s.first[k] >= 0:
            s.before[s.first[k]] = p
        s.first[k] = p
