"""Places kept for late arrivals: a year in which pupils come one by one, and three ways of placing them.

    first come     each takes the best option for the pupil alone that still has room and money
    with reserve   each takes the option that is best at the learnt prices of pools and budgets, or waits where every
                   option takes more from those still expected than it gives
    hindsight      all pupils of the year matched at once, as nobody can who does not know who will come

With reserve is bid-price control (Talluri and van Ryzin, The Theory and Practice of Revenue Management, 2004, ch. 3).
On day d those who came on day d or later of Y past years stand for those still to come: the prices are the duals of the
relaxation of them all within Y times the room and the money that are left (`optimiser.prices`), and option o of pupil p
is taken where

    r_o = w_o - u_p + y_k(o) a_o + z_l(p) c_o < 0    is least of those that fit

They are learnt anew every so many days, so what came otherwise than expected is put right. A duty is never made to
wait: it takes the best option at these prices that has room, whatever they and the budget say.

>>> from optimiser.problem import Pool, Price, Provision
>>> child = dict(la="901", easting=0, northing=0, year_group=5, levels=(2, 0, 0, 0), primary_need="ASD")
>>> market = Problem(
...     provisions=(Provision(provision="V1", setting="100001", provider="Alder Trust", setting_type="state_special",
...         kind="full", easting=0, northing=0, low_year=0, high_year=11, needs=("ASD",), max_levels=(3, 3, 3, 3),
...         pool="K1"),),
...     pools=(Pool(pool="K1", setting="100001", unit="places", amount=1),),
...     prices=(Price(provision="V1", band="moderate", price=30_000),))
>>> year = [Arrival(day=10, pupil=Pupil(pupil="P1", priority=5, **child)),
...     Arrival(day=200, pupil=Pupil(pupil="P2", priority=1, **child))]
>>> first_come(market, year).benefit, with_reserve(market, [year], year).benefit
(997.0, 15997.0)

What is taken stays taken; who waits is not asked again within the year. The benefit of a year is what its placements
take from leaving everybody unplaced, sum of u_p - w_o in km-equivalents. It must know no pupil who has not come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.answer import Answer
from optimiser.clock import Clock
from optimiser.eligibility import Catalogue, Floats, Ints
from optimiser.options import Options, find_options
from optimiser.placement import Placement, fits, has_room, nobody_placed, put
from optimiser.prices import ascend
from optimiser.problem import Problem, Pupil
from optimiser.programme import Prices, Programme, programme_of
from optimiser.solve import match
from optimiser.solved import room_of

EVERY = 14  # days between two looks at what is left
_SECONDS = 60.0  # for the prices of one look; thousands of arrivals take a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A pupil and the day of the year, from 0, on which the pupil comes."""

    day: int
    pupil: Pupil


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """How a year ended: what the placements are worth in km-equivalents, how many wait, and how many of those whose
    priority is 1."""

    benefit: float
    placed: int
    waiting: int
    waiting_urgent: int


def first_come(market: Problem, arrivals: Sequence[Arrival]) -> Year:
    """Each in turn the best option that fits. The pupils of `market` itself do not count."""
    year = _Arrived(market, arrivals)
    for pupil in year.order.tolist():
        year.take_first(pupil, year.columns(pupil))  # in the programme a pupil's columns stand best first
    return year.ended()


def with_reserve(
    market: Problem, past: Sequence[Sequence[Arrival]], arrivals: Sequence[Arrival], *, every: int = EVERY
) -> Year:
    """Each in turn the best option at the prices of what is left for those still expected, learnt from `past` years.

    Raises ValueError where there is no past year, or `every` is not at least 1 day.
    """
    if not past or every < 1:
        raise ValueError("a reserve is learnt from one past year at least, every day or less often")
    year, lessons = _Arrived(market, arrivals), _Lessons(market, past)
    prices = None
    looked = -every
    for pupil in year.order.tolist():
        day = int(year.day[pupil])
        if prices is None or day >= looked + every:
            prices, looked = lessons.prices(day, year.placement), day
        columns = year.columns(pupil)
        reduced = year.reduced(pupil, prices)
        order = np.argsort(reduced, kind="stable")
        if not year.is_duty[pupil]:
            order = order[reduced[order] < 0]
        year.take_first(pupil, columns[order])
    return year.ended()


def hindsight(market: Problem, arrivals: Sequence[Arrival], *, seconds: float = 60.0) -> tuple[Year, float]:
    """The year matched at once, and a benefit that no way of placing could have passed: what its bound proves."""
    source = year_of(market, arrivals)
    answer = match(source, seconds=seconds)
    weights = {row.pupil: source.policy.unplaced[row.priority - 1] for row in source.pupils}
    everybody = sum(weights.values())
    return _ended(source, answer, everybody - answer.summary.objective), everybody - answer.summary.bound


def year_of(market: Problem, arrivals: Sequence[Arrival]) -> Problem:
    """The market with the pupils of a year, as one ordered problem."""
    return replace(market, pupils=tuple(row.pupil for row in arrivals)).ordered()


def _ended(source: Problem, answer: Answer, benefit: float) -> Year:
    urgent = {row.pupil for row in source.pupils if row.priority == 1}
    return Year(
        benefit=benefit,
        placed=answer.summary.placed,
        waiting=answer.summary.unplaced,
        waiting_urgent=sum(row.pupil in urgent for row in answer.unplaced),
    )


class _Arrived:
    """A year's pupils as one programme; who has come has been placed, or waits."""

    def __init__(self, market: Problem, arrivals: Sequence[Arrival]) -> None:
        source = year_of(market, arrivals)
        days = {row.pupil.pupil: row.day for row in arrivals}
        self.pupils = source.pupils
        self.day = np.array([days[row.pupil] for row in self.pupils], dtype=np.int64)
        catalogue, options = _options(source)
        self.is_duty = np.array([catalogue.is_duty(row) for row in self.pupils], dtype=bool)
        self.programme = _programme(source, catalogue, options)
        self.placement = nobody_placed(self.programme)
        self.order: Ints = np.lexsort((np.arange(len(self.pupils)), self.day))

    def columns(self, pupil: int) -> Ints:
        """The columns of a pupil, the best for the pupil alone first."""
        return np.arange(self.programme.start[pupil], self.programme.start[pupil + 1])

    def reduced(self, pupil: int, prices: Prices) -> Floats:
        """r_o of the pupil's columns at these prices."""
        p, own = self.programme, slice(self.programme.start[pupil], self.programme.start[pupil + 1])
        money = prices.by_la(p)[pupil] * p.cost[own]
        return np.asarray(p.gain[own] + prices.pools[p.pool[own]] * p.use[own] + money)

    def take_first(self, pupil: int, columns: Ints) -> None:
        """The first of these that fits; a duty is not held to the budget."""
        p, placement = self.programme, self.placement
        for at in columns.tolist():
            is_duty_with_room = self.is_duty[pupil] and has_room(p.use[at], placement.room[p.pool[at]])
            if is_duty_with_room or fits(placement, pupil, at):
                put(placement, pupil, at)
                return

    def ended(self) -> Year:
        """What the year came to."""
        columns = self.placement.columns
        is_waiting = self.placement.chosen < 0
        urgent = np.array([row.priority == 1 for row in self.pupils], dtype=bool)
        return Year(
            benefit=-float(self.programme.gain[columns].sum()),
            placed=len(columns),
            waiting=int(is_waiting.sum()),
            waiting_urgent=int((is_waiting & urgent).sum()),
        )


class _Lessons:
    """All past arrivals as one programme, of which those still to come are a part."""

    def __init__(self, market: Problem, past: Sequence[Sequence[Arrival]]) -> None:
        arrivals = [
            replace(row, pupil=replace(row.pupil, pupil=f"{at}-{row.pupil.pupil}"))
            for at, year in enumerate(past)
            for row in year
        ]
        self._years = len(past)
        self._source = year_of(market, arrivals)
        self._catalogue, self._options = _options(self._source)
        days = {row.pupil.pupil: row.day for row in arrivals}
        self._day = np.array([days[row.pupil] for row in self._source.pupils], dtype=np.int64)

    def prices(self, day: int, placement: Placement) -> Prices:
        """The prices of what is left, for those who came on this day of the year or later."""
        room = np.maximum(0.0, placement.room) * self._years
        money = np.maximum(0, placement.money[:-1]) * self._years
        budgets = {row.la: int(left) for row, left in zip(self._source.budgets, money.tolist(), strict=True)}
        coming = np.nonzero(self._day >= day)[0]
        programme = programme_of(self._source, self._catalogue, self._options, coming, room, budgets)
        return ascend(programme, Clock(_SECONDS))


def _options(source: Problem) -> tuple[Catalogue, Options]:
    catalogue = Catalogue(source)
    return catalogue, find_options(source, catalogue)


def _programme(source: Problem, catalogue: Catalogue, options: Options) -> Programme:
    """All pupils as one phase, within the room and the money of the market."""
    money = {row.la: row.budget for row in source.budgets}
    return programme_of(source, catalogue, options, np.arange(len(source.pupils)), room_of(source), money)
