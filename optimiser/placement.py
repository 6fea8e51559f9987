"""A whole answer of one phase: which column each pupil has, and exactly what room and money that leaves.

Capacity is counted here pupil by pupil, whatever tolerance a solver works to. It must know no solver.
"""

import numpy as np

from optimiser.eligibility import Floats
from optimiser.programme import Programme

TOLERANCE = 1e-6  # of a place or an hour: sums of tenths are not exact, and no real amount is so small
UNPLACED = -1


class Placement:
    """`chosen[p]` is the column of pupil p or UNPLACED; `room` and `money` are what is left. It starts empty."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.chosen = [UNPLACED] * len(programme.members)
        self.room: list[float] = programme.room.tolist()
        self.money: list[int] = programme.money.tolist()
        self._use: list[float] = programme.use.tolist()
        self._cost: list[int] = programme.cost.tolist()
        self._pool: list[int] = programme.pool.tolist()
        self._la: list[int] = programme.la.tolist()

    @property
    def objective(self) -> float:
        """The phase's objective of this answer."""
        return self.programme.objective(self.columns)

    @property
    def columns(self) -> list[int]:
        """The chosen columns, by pupil."""
        return [at for at in self.chosen if at != UNPLACED]

    def fits(self, at: int) -> bool:
        """Whether the room and the money left allow this column."""
        la = self._la[at]
        has_room = self._use[at] <= self.room[self._pool[at]] + TOLERANCE
        return has_room and (la < 0 or self._cost[at] <= self.money[la])

    def place(self, pupil: int, at: int) -> None:
        """Give the pupil this column instead of what it has; UNPLACED gives it none."""
        old, self.chosen[pupil] = self.chosen[pupil], at
        for column, sign in ((old, 1), (at, -1)):
            if column != UNPLACED:
                self.room[self._pool[column]] += sign * self._use[column]
                if self._la[column] >= 0:
                    self.money[self._la[column]] += sign * self._cost[column]


def rounded(programme: Programme, shares: Floats) -> Placement:
    """A whole answer near the shares of a relaxation or of a solver's whole answer; no pupil can do better alone.

    Pupils choose in order of their largest share, each the largest share that still fits; then all improve.
    """
    placement = Placement(programme)
    held = np.nonzero(shares > TOLERANCE)[0]
    largest = np.zeros(len(programme.members))
    np.maximum.at(largest, programme.pupil[held], shares[held])
    pupil = programme.pupil[held]
    order = np.lexsort((held, programme.gain[held], -shares[held], pupil, -largest[pupil]))
    for at, p in zip(held[order].tolist(), pupil[order].tolist(), strict=True):
        if placement.chosen[p] == UNPLACED and placement.fits(at):
            placement.place(p, at)
    improve(placement)
    return placement


def improve(placement: Placement) -> None:
    """Move pupils one by one, the dearest to leave unplaced first, to a better column that fits, until nobody can."""
    programme = placement.programme
    order = np.lexsort((np.arange(len(programme)), programme.gain, programme.pupil))
    starts = np.searchsorted(programme.pupil[order], np.arange(len(programme.members) + 1)).tolist()
    ranked: list[int] = order.tolist()
    gain: list[float] = programme.gain.tolist()
    turns = np.lexsort((np.arange(len(programme.members)), -programme.unplaced)).tolist()
    moved = True
    while moved:
        moved = False
        for p in turns:
            moved |= _move(placement, p, ranked[starts[p] : starts[p + 1]], gain)


def _move(placement: Placement, pupil: int, ranked: list[int], gain: list[float]) -> bool:
    """Give the pupil the first of its ranked columns that fits and is better than what it has; say whether it moved."""
    old = placement.chosen[pupil]
    worth = 0.0 if old == UNPLACED else gain[old]
    placement.place(pupil, UNPLACED)
    for at in ranked:
        if gain[at] >= worth:
            break
        if placement.fits(at):
            placement.place(pupil, at)
            return True
    placement.place(pupil, old)
    return False
