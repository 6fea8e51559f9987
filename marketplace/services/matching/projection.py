"""Demand in the years to come: who is here grows a year older, some leave, others come. Pure.

Each year every pupil moves up by one year group. At the end of a year group that ends a phase only a share stays
(`Assumptions.stays`); after year 14 nobody does. Those who come anew are as many, by need, level and year group, as in
the year that is given, changed each year by the trend of their primary need. Nobody changes need or level: the model
says what today's pupils and today's pace lead to, not what will be decided about anybody.

Every number that somebody might argue with is an assumption with a name, and `named` lists them for a page to show and
to let people change. Results are expected numbers, with fractions; who shows them rounds, and leaves out small ones.

>>> now = {Cohort(need="ASD", level="moderate", year_group=6): 10.0}
>>> anew = {Cohort(need="ASD", level="moderate", year_group=0): 4.0}
>>> rows = projected(now, anew, Assumptions(years=2, trend={"ASD": 0.5}))
>>> [(row.year, row.phase, row.pupils) for row in rows]
[(0, 'primary', 10.0), (1, 'primary', 6.0), (1, 'secondary', 10.0), (2, 'primary', 15.0), (2, 'secondary', 10.0)]
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

PHASES = MappingProxyType({"early years": (-1, -1), "primary": (0, 6), "secondary": (7, 11), "post-16": (12, 14)})
YOUNGEST, OLDEST = -1, 14  # nursery; plans can go on to 25, but no year group does
MOST_YEARS = 10
MOST_TREND = 1.0  # either way: twice as many each year, or none


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Cohort:
    """Pupils of one primary need, one highest level and one year group."""

    need: str
    level: str
    year_group: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What the projection takes for granted.

    `years` ahead. `trend`: the change a year of those who come anew, by primary need, 0.05 = 5 in a hundred more; a
    need that is not named has `trend_of_others`. `stays`: the share who go on after a year group, of those not named
    all do. Defaults: no trend, and everybody goes on to year 14. Raises ValueError for a number that cannot be.
    """

    years: int = 3
    trend: Mapping[str, float] = field(default_factory=dict)
    trend_of_others: float = 0.0
    stays: Mapping[int, float] = field(default_factory=lambda: {6: 1.0, 11: 1.0})

    def __post_init__(self) -> None:
        if not 1 <= self.years <= MOST_YEARS:
            raise ValueError(f"years is {self.years}, not from 1 to {MOST_YEARS}")
        for name, trend in (*self.trend.items(), ("others", self.trend_of_others)):
            if not -MOST_TREND <= trend <= MOST_TREND:
                raise ValueError(f"the trend of {name} is {trend}, not from {-MOST_TREND} to {MOST_TREND}")
        for year_group, share in self.stays.items():
            if not YOUNGEST <= year_group < OLDEST or not 0 <= share <= 1:
                raise ValueError(f"the share {share} that stays after year {year_group} cannot be")

    def trend_in(self, need: str) -> float:
        """The change a year of those who come anew with this primary need."""
        return self.trend.get(need, self.trend_of_others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One number by name, as a page shows it: its value and what it means."""

    name: str
    value: float
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """Pupils expected so many years from now (0: today), by need, level and phase of education."""

    year: int
    need: str
    level: str
    phase: str
    pupils: float


def projected(
    now: Mapping[Cohort, float], anew: Mapping[Cohort, float], assumptions: Assumptions
) -> tuple[Projected, ...]:
    """Today and each year ahead, ordered by year, need, level and phase; where nobody is expected there is no row.

    `now` are the pupils of today, `anew` those who came anew in the last year, in the year groups in which they came.
    Raises ValueError for fewer than none, or a year group that is none.
    """
    for cohort, count in (*now.items(), *anew.items()):
        if not count >= 0 or math.isinf(count):
            raise ValueError(f"{count} pupils of year {cohort.year_group} cannot be")
        phase_of(cohort.year_group)
    rows = list(_by_phase(0, now))
    pupils = dict(now)
    for year in range(1, assumptions.years + 1):
        pupils = _a_year_later(pupils, anew, assumptions, year)
        rows += _by_phase(year, pupils)
    return tuple(rows)


def phase_of(year_group: int) -> str:
    """The phase of education of a year group. Raises ValueError where there is none.

    >>> [phase_of(year) for year in (-1, 0, 6, 7, 11, 12, 14)]
    ['early years', 'primary', 'primary', 'secondary', 'secondary', 'post-16', 'post-16']
    """
    for phase, (low, high) in PHASES.items():
        if low <= year_group <= high:
            return phase
    raise ValueError(f"there is no year group {year_group}")


def trend_of(numbers: Sequence[float]) -> float:
    """The change a year that runs best through the logarithms of several years' numbers, oldest first.

    Least squares, so that one odd year at an end does not decide alone; within what an assumption may be. Raises
    ValueError for fewer than three years, or one with nobody, of which no trend can be told.

    >>> round(trend_of([100, 110, 121]), 6)
    0.1
    """
    if len(numbers) < 3 or min(numbers) <= 0:
        raise ValueError("a trend takes three years at least, each with somebody")
    middle = (len(numbers) - 1) / 2
    logs = [math.log(number) for number in numbers]
    slope = math.fsum((at - middle) * log for at, log in enumerate(logs))
    slope /= math.fsum((at - middle) ** 2 for at in range(len(numbers)))
    return max(-MOST_TREND, min(MOST_TREND, math.exp(slope) - 1))


def named(assumptions: Assumptions) -> tuple[Assumption, ...]:
    """Every assumption by name, for a page to show beside the figures that rest on it."""
    rows = [Assumption(name="years", value=assumptions.years, meaning="Years ahead")]
    rows += [
        Assumption(name=f"trend.{need}", value=trend, meaning=f"Change a year of new pupils with {need}")
        for need, trend in sorted(assumptions.trend.items())
    ]
    meaning = "Change a year of new pupils with any other need"
    rows.append(Assumption(name="trend_of_others", value=assumptions.trend_of_others, meaning=meaning))
    rows += [
        Assumption(name=f"stays.{year}", value=share, meaning=f"Share who go on after year {year}")
        for year, share in sorted(assumptions.stays.items())
    ]
    return tuple(rows)


def _a_year_later(
    pupils: Mapping[Cohort, float], anew: Mapping[Cohort, float], assumptions: Assumptions, year: int
) -> dict[Cohort, float]:
    later: dict[Cohort, float] = defaultdict(float)
    for cohort, count in pupils.items():
        if cohort.year_group < OLDEST:
            older = Cohort(need=cohort.need, level=cohort.level, year_group=cohort.year_group + 1)
            later[older] += count * assumptions.stays.get(cohort.year_group, 1.0)
    for cohort, count in anew.items():
        later[cohort] += count * (1 + assumptions.trend_in(cohort.need)) ** year
    return dict(later)


def _by_phase(year: int, pupils: Mapping[Cohort, float]) -> Iterator[Projected]:
    counts: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    order = list(PHASES)
    for cohort in sorted(pupils):
        counts[cohort.need, cohort.level, order.index(phase_of(cohort.year_group))].append(pupils[cohort])
    for (need, level, phase), found in sorted(counts.items()):
        if total := math.fsum(found):
            yield Projected(year=year, need=need, level=level, phase=order[phase], pupils=total)
