"""Why this option and not that one: the numbers, from the exact prices of the phase.

At the prices y of the pools (per unit) and z of the pupil's LA's budget (per £1,000) an option o counts

    r_o = w_o - u + y_k(o) a_o + z c_o          (`optimiser.programme`; u the pupil's unplaced weight, c_o in £1,000)

and being unplaced 0. Against what the pupil has (h) every other option differs by parts that add up:

    r_o - r_h = (w_o - w_h) + (y_k(o) a_o - y_k(h) a_h) + z (c_o - c_h)

What would change it. The option's *margin* is r_o less the least of all the pupil's others, being unplaced included.
£1 off its price is worth (cost_weight + z) / 1000, so margin x 1000 / (cost_weight + z) pounds make it the least; its
pool's price would have to be lower by margin / a_o; and since r_o never falls as the way grows longer, the longest way
at which it is the least is found by halving. All else stays as it is, prices too. It must decide nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.answer import PhaseName
from optimiser.eligibility import Catalogue, Floats
from optimiser.ledger import Ledger, StrangeAnswerError, phase_of
from optimiser.options import Option, Ranking, Refused, details
from optimiser.problem import Problem, Pupil
from optimiser.programme import POUNDS, TOLERANCE
from optimiser.standing import PhasePrices, Standing

_ROUNDING = 1e-8  # km-equivalents: less is what sums in another order differ by, and nothing could change it
_METRES = 1000  # to a km
_HALVINGS = 22  # of at most 2,000 km, down to a metre


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An option and what it counts in km-equivalents: `own` for the pupil alone, and what others would give for it."""

    option: Option
    own: float
    pool: float
    budget: float

    @property
    def total(self) -> float:
        """w_o and its prices: r_o without the unplaced weight, which all the pupil's options share."""
        return self.own + self.pool + self.budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another option, its differences from what the pupil has, and what would make it the pupil's best.

    `own`, `pool` and `budget` add up to `total`. `pounds`, `km` and `pool_price` are None where no such change makes
    it the best: £ a year off its price, km of road off the way, and what its pool's price would have to be. `lacking`
    is what its pool, and `missing` the £ that its LA's budget, lacks for the pupil as the answer stands; 0 for nothing.
    """

    option: Option
    own: float
    pool: float
    budget: float
    total: float
    margin: float
    pounds: int | None
    km: float | None
    pool_price: float | None
    lacking: float
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """`chosen` is None for an unplaced pupil, who counts `unplaced`. `alternatives` are the options that are nearer,
    cheaper or better for the pupil alone (all, for an unplaced one); `others` counts the rest. `refused` are the
    provisions nearer than what the pupil has for which the pupil is not eligible."""

    pupil: Pupil
    phase: PhaseName
    prices: PhasePrices
    chosen: Counted | None
    unplaced: float
    alternatives: tuple[Alternative, ...]
    others: int
    refused: tuple[Refused, ...]


def reasons(
    problem: Problem, catalogue: Catalogue, standing: Standing, book: Ledger, pupil: Pupil, ranking: Ranking
) -> Reasons:
    """The reasons for one pupil of the problem; `ranking` is that of `options_for`."""
    phase = phase_of(catalogue.is_duty(pupil))
    prices = standing.prices[phase]
    weight = problem.policy.unplaced[pupil.priority - 1]
    counted = [_counted(option, prices, pupil.la) for option in ranking.options]
    name = standing.chosen.get(pupil.pupil)
    chosen = next((row for row in counted if row.option.provision == name), None)
    if name is not None and chosen is None:
        raise StrangeAnswerError(f"the answer places {pupil.pupil} in {name}, for which the pupil is not eligible")
    asked = [row for row in counted if row is not chosen and (chosen is None or _is_asked_for(row, chosen))]
    margins = [_margin(row, counted, weight) for row in asked]
    nearer = _nearer(catalogue, pupil, asked, margins, chosen)
    compared = _Comparison(problem, phase, prices, book, pupil, chosen, weight)
    return Reasons(
        pupil=pupil,
        phase=phase,
        prices=prices,
        chosen=chosen,
        unplaced=weight,
        alternatives=tuple(map(compared.with_, asked, margins, nearer)),
        others=len(counted) - len(asked) - (chosen is not None),
        refused=tuple(row for row in ranking.refused if chosen is None or row.road_km < chosen.option.road_km),
    )


def _counted(option: Option, prices: PhasePrices, la: str) -> Counted:
    return Counted(
        option=option,
        own=option.objective,
        pool=prices.pools.get(option.pool, 0.0) * option.use,
        budget=prices.budgets.get(la, 0.0) * option.cost / POUNDS,
    )


def _is_asked_for(row: Counted, chosen: Counted) -> bool:
    one, other = row.option, chosen.option
    return one.road_km < other.road_km or one.cost < other.cost or row.own < chosen.own


def _margin(row: Counted, counted: Sequence[Counted], unplaced: float) -> float:
    margin = row.total - min([unplaced, *(other.total for other in counted if other is not row)])
    return margin if abs(margin) > _ROUNDING else 0.0


def _nearer(
    catalogue: Catalogue, pupil: Pupil, asked: Sequence[Counted], margins: Sequence[float], chosen: Counted | None
) -> list[float | None]:
    """The km that each option would have to be nearer; None where it is the best, or would not be next door.

    Where the pupil is at the same setting already its distance is no reason, and the answer is None too.
    """
    provision = np.array([catalogue.position[row.option.provision] for row in asked], dtype=np.int64)
    prices = np.array([row.total - row.own for row in asked])
    costs = np.array([row.option.cost for row in asked], dtype=np.int64)
    pound = np.divide([row.budget for row in asked], costs, out=np.zeros(len(asked)), where=costs > 0)
    targets = np.array([row.total for row in asked]) - np.array(margins)

    def total(km: Floats) -> Floats:
        at = details(catalogue, [pupil], np.zeros(len(asked), dtype=np.int64), provision, km)
        return np.asarray(at.objective + prices + pound * (at.cost - costs))

    road = np.array([row.option.road_km for row in asked])
    low, high = np.zeros(len(asked)), np.floor(road * _METRES)
    is_reached = total(low) <= targets
    for _ in range(_HALVINGS):
        middle = np.ceil((low + high) / 2)
        holds = total(middle / _METRES) <= targets
        low, high = np.where(holds, middle, low), np.where(holds, high, np.maximum(low, middle - 1))
    setting = chosen.option.setting if chosen else None
    return [
        km if reached and margin > 0 and row.option.setting != setting else None
        for row, reached, margin, km in zip(
            asked, is_reached.tolist(), margins, (road - low / _METRES).tolist(), strict=True
        )
    ]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares options with what the pupil has, or with being unplaced."""

    problem: Problem
    phase: PhaseName
    prices: PhasePrices
    book: Ledger
    pupil: Pupil
    chosen: Counted | None
    unplaced: float

    def with_(self, row: Counted, margin: float, km: float | None) -> Alternative:
        own, pool, budget = (
            (self.chosen.own, self.chosen.pool, self.chosen.budget) if self.chosen else (self.unplaced, 0.0, 0.0)
        )
        parts = row.own - own, row.pool - pool, row.budget - budget
        return Alternative(
            option=row.option,
            own=parts[0],
            pool=parts[1],
            budget=parts[2],
            total=math.fsum(parts),
            margin=margin,
            pounds=self._pounds(row, margin),
            km=km,
            pool_price=self._pool_price(row, margin),
            lacking=self._lacking(row.option),
            missing=self._missing(row.option),
        )

    def _pounds(self, row: Counted, margin: float) -> int | None:
        worth = self.problem.policy.cost_weight + self.prices.budgets.get(self.pupil.la, 0.0)
        if margin <= 0 or worth == 0:
            return None
        pounds = math.ceil(margin * POUNDS / worth)
        return pounds if pounds <= row.option.price else None

    def _pool_price(self, row: Counted, margin: float) -> float | None:
        if margin <= 0 or margin > row.pool:
            return None
        return (row.pool - margin) / row.option.use

    def _lacking(self, option: Option) -> float:
        """Of its pool, where what the pupil has of it now is given back."""
        amount = next(row.amount for row in self.problem.pools if row.pool == option.pool)
        room = self.book.room(option.pool, amount, self.phase)
        if self.chosen and self.chosen.option.pool == option.pool:
            room += self.chosen.option.use
        lacking = option.use - max(0.0, room)
        return lacking if lacking > TOLERANCE else 0.0

    def _missing(self, option: Option) -> int:
        budget = next((row.budget for row in self.problem.budgets if row.la == self.pupil.la), None)
        if budget is None or self.phase == "duties":
            return 0
        left = self.book.money(self.pupil.la, budget) - self.book.costs["choices"].get(self.pupil.la, 0)
        return max(0, option.cost - left - (self.chosen.option.cost if self.chosen else 0))
