"""A whole answer improved by exchanges, until no exchange of these kinds improves it.

A pupil p takes a column o that is better for p. Where its pool lacks room somebody in it moves to the best column
elsewhere that fits; where p's budget lacks money pupils of the same LA move to cheaper columns that fit, those first
who lose least for each £ saved, until there is enough. The exchange is made when all together are better off:

    gain_o - gain_old(p) + sum over those who moved of (gain_new - gain_old) < 0

Pupils try in order of what they lose against the prices of the relaxation, r_chosen - min(0, min_o r_o), the most
first: one who loses nothing has what the relaxation gives. It must know no solver.
"""

import numpy as np

from optimiser.clock import Clock
from optimiser.compiled import compiled
from optimiser.eligibility import Floats, Ints
from optimiser.placement import UNPLACED, Placement, fits, has_room, put, settle
from optimiser.programme import TOLERANCE, Prices, Programme, best_reduced_costs

_TURN = 50  # pupils between two looks at the clock
_WORTH = 1e-6  # km-equivalents: less is rounding


def losses(programme: Programme, placement: Placement, prices: Prices) -> Floats:
    """What each pupil loses against the best column, or none, at these prices; never below 0."""
    has = placement.chosen != UNPLACED
    chosen = placement.chosen[has]
    reduced = np.zeros(len(programme.members))
    reduced[has] = (
        programme.gain[chosen]
        + prices.pools[programme.pool[chosen]] * programme.use[chosen]
        + prices.by_la(programme)[has] * programme.cost[chosen]
    )
    return np.maximum(0.0, reduced - best_reduced_costs(programme, prices))


def exchange(programme: Programme, placement: Placement, prices: Prices, clock: Clock) -> None:
    """Improve the answer in place until nobody can; when the time is over, leave nobody unplaced who has an own way."""
    seats = np.full(len(programme.members), UNPLACED)
    moved = 1
    while moved and not clock.is_over():
        lost = losses(programme, placement, prices)
        order = np.lexsort((np.arange(len(lost)), -lost))
        order = order[lost[order] > _WORTH]
        moved = 0
        for at in range(0, len(order), _TURN):
            if clock.is_over():
                break
            moved += _turns(placement, order[at : at + _TURN], seats)
            if clock.is_quiet():
                clock.note(objective=programme.objective(placement.columns))
    settle(programme, placement)


@compiled
def _turns(s: Placement, pupils: Ints, seats: Ints) -> int:
    """Let each of the pupils try; how many improved. `seats` is room to note who moved from where."""
    movers = np.empty(len(s.chosen), np.int64)
    moved = 0
    for p in pupils:
        moved += _try(s, p, movers, seats)
    return moved


@compiled
def _try(s: Placement, p: int, movers: Ints, seats: Ints) -> int:
    """Make the best exchange that starts with pupil p; 1 where there is one, else 0."""
    old = s.chosen[p]
    held = 0.0 if old == UNPLACED else s.gain[old]
    best, best_column = -_WORTH, UNPLACED
    for o in range(s.start[p], s.start[p + 1]):
        if s.gain[o] - held >= best:
            break  # the best gain comes first
        total, count = _make_way(s, p, o, best - (s.gain[o] - held), movers, seats)
        total += s.gain[o] - held
        _undo(s, p, old, movers, seats, count)
        if total < best:
            best, best_column = total, o
    if best_column == UNPLACED:
        return 0
    _make_way(s, p, best_column, np.inf, movers, seats)
    put(s, p, best_column)
    return 1


@compiled
def _undo(s: Placement, p: int, old: int, movers: Ints, seats: Ints, count: int) -> None:
    for i in range(count - 1, -1, -1):
        put(s, movers[i], seats[i])
    put(s, p, old)


@compiled
def _make_way(s: Placement, p: int, o: int, limit: float, movers: Ints, seats: Ints) -> tuple[float, int]:
    """Take p out and move others until column o fits p: what that costs them (infinite where it does not come about
    below `limit`), and how many moved; whence is noted in `movers` and `seats`."""
    put(s, p, UNPLACED)
    total, count = 0.0, 0
    lack = s.use[o] - s.room[s.pool[o]]
    if lack > TOLERANCE:
        total, q, to = _best_leaver(s, s.pool[o], lack, limit)
        if q < 0:
            return np.inf, 0
        movers[0], seats[0] = q, s.chosen[q]
        count = 1
        put(s, q, to)
    if s.cost[o] > s.money[s.la[p]]:
        s.room[s.pool[o]] -= s.use[o]  # nobody who saves money may take the place
        saved, count = _save(s, p, s.cost[o] - s.money[s.la[p]], limit - total, movers, seats, count)
        s.room[s.pool[o]] += s.use[o]
        total += saved
    if not fits(s, p, o):
        return np.inf, count
    return total, count


@compiled
def _best_leaver(s: Placement, k: int, lack: float, limit: float) -> tuple[float, int, int]:
    """Of the pupils in pool k who use as much as is lacking the one who loses least by leaving it, and whither."""
    best, leaver, whither = limit, -1, UNPLACED
    q = s.first[k]
    while q >= 0:
        old = s.chosen[q]
        if s.use[old] >= lack - TOLERANCE:
            if -s.gain[old] < best:
                best, leaver, whither = -s.gain[old], q, UNPLACED
            left = s.money[s.la[q]] + s.cost[old]
            for o in range(s.start[q], s.start[q + 1]):
                if s.gain[o] - s.gain[old] >= best:
                    break  # the best gain comes first
                if s.pool[o] != k and s.cost[o] <= left and has_room(s.use[o], s.room[s.pool[o]]):
                    best, leaver, whither = s.gain[o] - s.gain[old], q, o
                    break
        q = s.after[q]
    return best, leaver, whither


@compiled
def _save(s: Placement, p: int, lack: int, limit: float, movers: Ints, seats: Ints, count: int) -> tuple[float, int]:
    """Move pupils of p's LA to cheaper columns, the least loss for each £ first, until £ `lack` are saved.

    What that costs them, infinite where it is not possible below `limit`; and how many have now moved in all.
    """
    low = s.la_start[s.la[p]]
    total = 0.0
    while lack > 0:
        rates, whither = _cheapest_savings(s, s.la[p], lack)
        before = lack
        for i in np.argsort(rates, kind="mergesort"):
            q, o = s.of_la[low + i], whither[i]
            if lack <= 0 or o == UNPLACED or count == len(movers):
                break
            old = s.chosen[q]
            own = s.use[old] if s.pool[o] == s.pool[old] else 0.0
            if not has_room(s.use[o], s.room[s.pool[o]] + own):
                continue
            total += s.gain[o] - s.gain[old]
            if total >= limit:
                return np.inf, count
            movers[count], seats[count] = q, old
            count += 1
            put(s, q, o)
            lack -= s.cost[old] - s.cost[o]
        if lack == before:
            return np.inf, count
    return total, count


@compiled
def _cheapest_savings(s: Placement, la: int, lack: int) -> tuple[Floats, Ints]:
    """Of each pupil of the LA the cheaper column that fits with the least loss for each £ saved, no more than is
    lacking: loss for £1, infinite where there is none, and the column."""
    low, high = s.la_start[la], s.la_start[la + 1]
    rates, whither = np.full(high - low, np.inf), np.full(high - low, UNPLACED)
    for i in range(high - low):
        q = s.of_la[low + i]
        old = s.chosen[q]
        if old == UNPLACED:
            continue
        for o in range(s.start[q], s.start[q + 1]):
            saves = min(lack, s.cost[old] - s.cost[o])
            is_better = saves > 0 and (s.gain[o] - s.gain[old]) / saves < rates[i]
            own = s.use[old] if s.pool[o] == s.pool[old] else 0.0
            if is_better and has_room(s.use[o], s.room[s.pool[o]] + own):
                rates[i], whither[i] = (s.gain[o] - s.gain[old]) / saves, o
    return rates, whither
