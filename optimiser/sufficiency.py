"""Where one more place would help most: told by shadow prices, and confirmed by matching again with one place more.

The shadow price of a pool says what a little more of it is worth at the margin of the relaxation, and ranks the pools.
A whole place is no little, and whole pupils are no shares: a price may stand for a quarter of a pupil who waits. So
the dearest pools are looked at again, each with one more, and all of them with one more each (`optimiser.one_more`). A
place more can bring more km: who waited travels now. So a change has four figures, and the objective alone ranks.

Which pupils a place is for is told by groups: what a place in a pool would be worth if only this group could have it.
At the prices of the run, option o of pupil p in pool k is worth (min(0, min r) - r_o) / a_o + y_k for a whole unit:
never more than the price y_k, which is that of whoever gains most. It must decide nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from optimiser.answer import Answer, PhaseName
from optimiser.eligibility import Ints
from optimiser.one_more import OneMore, Worth, price_of, with_one_more
from optimiser.problem import BANDS, Problem, Pupil
from optimiser.programme import TOLERANCE, best_reduced_costs, reduced_costs
from optimiser.solve import match
from optimiser.solved import Solved, solved_of

TOP = 20  # pools that are looked at
BY: Mapping[str, Callable[[Pupil], str]] = {
    "need": lambda row: row.primary_need,
    "level": lambda row: BANDS[max(row.levels)],
    "phase": lambda row: phase_of_education(row.year_group),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceWorth:
    """One pool: its shadow price per unit, in the phase on which one more works first, and what one more changes."""

    pool: str
    setting: str
    unit: str
    phase: PhaseName
    shadow_price: float
    worth: Worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Sufficiency:
    """The dearest pools, dearest first, one more in each of them together (None where no pool has a price), and how
    well the ways of telling agree.

    `by_price` and `by_relaxation` are the rank correlations (Spearman) of the confirmed savings with the shadow prices
    and with the predicted savings, `relaxation_by_price` that of the last two; None for fewer than three pools, or
    where all of one side are equal.
    """

    places: tuple[PlaceWorth, ...]
    together: Worth | None
    by_price: float | None
    by_relaxation: float | None
    relaxation_by_price: float | None

    @property
    def signs(self) -> float:
        """The share of pools in which whole pupils gain too; 1 where there is none."""
        return sum(row.worth.agrees for row in self.places) / len(self.places) if self.places else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWorth:
    """A group of pupils among the choices: how many wait, and the pool where one more place, open to this group only,
    would be worth most. `shadow_price` in km-equivalents a unit; 0 and no pool where no place would help."""

    group: str
    pupils: int
    waiting: int
    pool: str
    shadow_price: float


def worth_of_places(
    problem: Problem,
    answer: Answer,
    *,
    top: int = TOP,
    seconds: float = 120.0,
    heard: Callable[[int, int], None] = lambda _done, _all: None,
) -> Sufficiency:
    """The `top` dearest pools, each confirmed by a match of at most `seconds`; `heard` after each: how many of all.

    Raises StrangeAnswerError where the answer is another problem's.
    """
    solved = solved_of(problem, answer)
    dearest = dearest_pools(solved)[:top]
    asked = [[at] for at in dearest] + ([dearest] if dearest else [])
    again: list[Answer] = []
    for pools in asked:
        again.append(match(with_one_more(solved.problem, pools), seconds=seconds))
        heard(len(again), len(asked))
    one_more = OneMore(solved)
    for more in again:
        one_more.give_back(more)
    worths = [one_more.worth(pools, more) for pools, more in zip(asked, again, strict=True)]
    places = tuple(_place(solved, at, worth) for at, worth in zip(dearest, worths, strict=False))
    prices, predicted = [row.shadow_price for row in places], [row.worth.predicted.saving for row in places]
    confirmed = [row.worth.confirmed.saving for row in places]
    return Sufficiency(
        places=places,
        together=worths[-1] if worths else None,
        by_price=rank_correlation(prices, confirmed),
        by_relaxation=rank_correlation(predicted, confirmed),
        relaxation_by_price=rank_correlation(prices, predicted),
    )


def dearest_pools(solved: Solved) -> list[int]:
    """The pools that have a price, by place, dearest first; of equal ones the first by id."""
    prices = np.array([price_of(solved, at)[0] for at in range(len(solved.problem.pools))])
    return [at for at in np.argsort(-prices, kind="stable").tolist() if prices[at] > TOLERANCE]


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's; None for fewer than three, or where all of one side are equal.

    >>> rank_correlation([3.0, 2.0, 1.0], [30.0, 5.0, 4.0])
    1.0
    >>> rank_correlation([3.0, 2.0, 1.0], [7.0, 7.0, 7.0])
    """
    if len(one) < 3 or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    return round(float(spearmanr(one, other).statistic), 12)


def phase_of_education(year_group: int) -> str:
    """Where a pupil of this year group is taught.

    >>> [phase_of_education(year) for year in (-1, 0, 6, 7, 11, 12, 14)]
    ['early years', 'primary', 'primary', 'secondary', 'secondary', 'post-16', 'post-16']
    """
    if year_group < 0:
        return "early years"
    return "primary" if year_group <= 6 else "secondary" if year_group <= 11 else "post-16"


def worth_by_group(
    solved: Solved, group_of: Callable[[Pupil], str], most: Mapping[str, float] | None = None
) -> tuple[GroupWorth, ...]:
    """Groups of the pupils of the choices, those first to whom a place is worth most, then by name.

    `most` says of pools what one more is worth to all together, as far as it was looked at: a price can stand for a
    place that is one too few, and one more be worth nothing; no group gains more than all do.
    """
    members = [solved.problem.pupils[at] for at in solved.choices.programme.members.tolist()]
    names = sorted({group_of(row) for row in members})
    place = {name: at for at, name in enumerate(names)}
    group = np.array([place[group_of(row)] for row in members], dtype=np.int64)
    return _ranked(solved, names, group, np.repeat(group, np.diff(solved.choices.programme.start)), most=most)


def worth_by_kind(solved: Solved, most: Mapping[str, float] | None = None) -> tuple[GroupWorth, ...]:
    """The same by kind of provision: of pupils those who have an option of the kind."""
    programme = solved.choices.programme
    kinds = sorted({row.kind for row in solved.catalogue.provisions})
    place = {name: at for at, name in enumerate(kinds)}
    of_provision = np.array([place[row.kind] for row in solved.catalogue.provisions], dtype=np.int64)
    of_column = of_provision[solved.options.provision[programme.option]]
    pairs = np.unique(np.stack([of_column, programme.pupil(np.arange(len(programme)))]), axis=1)
    return _ranked(solved, kinds, pairs[0], of_column, pairs[1], most=most)


def _ranked(
    solved: Solved,
    names: list[str],
    group: Ints,
    of_column: Ints,
    pupil: Ints | None = None,
    *,
    most: Mapping[str, float] | None,
) -> tuple[GroupWorth, ...]:
    """The groups; `group` is that of each pupil, or of each of `pupil`, who may be in several."""
    programme, prices = solved.choices.programme, solved.choices.prices
    best = np.repeat(best_reduced_costs(programme, prices), np.diff(programme.start))
    worth = (best - reduced_costs(programme, prices)) / programme.use + prices.pools[programme.pool]
    limits = np.array([(most or {}).get(row.pool, np.inf) for row in solved.problem.pools])
    worth = np.minimum(worth, limits[programme.pool])
    is_waiting = np.ones(len(programme.members), dtype=bool)
    is_waiting[programme.pupil(solved.choices.columns)] = False
    waiting = is_waiting if pupil is None else is_waiting[pupil]
    rows = []
    for at, name in enumerate(names):
        own = np.nonzero(of_column == at)[0]
        dearest = own[np.argmax(worth[own])] if len(own) else -1
        price = max(0.0, float(worth[dearest])) if len(own) else 0.0
        helps = price > TOLERANCE
        rows.append(
            GroupWorth(
                group=name,
                pupils=int((group == at).sum()),
                waiting=int(waiting[group == at].sum()),
                pool=solved.problem.pools[programme.pool[dearest]].pool if helps else "",
                shadow_price=price if helps else 0.0,
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.shadow_price, row.group)))


def _place(solved: Solved, at: int, worth: Worth) -> PlaceWorth:
    row = solved.problem.pools[at]
    price, phase = price_of(solved, at)
    return PlaceWorth(pool=row.pool, setting=row.setting, unit=row.unit, phase=phase, shadow_price=price, worth=worth)
