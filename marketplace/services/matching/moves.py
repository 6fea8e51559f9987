"""Why a pupil is elsewhere in a scenario than in its base, in a sentence.

The first of these that holds, most direct first: what the scenario says of this very pupil; a place that it rules out
or lets in; a pool that it makes smaller or larger; a budget that no longer reaches, or reaches further; prices and
weights that it changes; and what all of these do to others, who leave a place or take one.

Judged by the optimiser's rules for one pupil and one provision (optimiser/judge.py), never by its model. It names
settings and sums, never another pupil.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace import vocabulary
from marketplace.services.matching.change_words import amount_more
from marketplace.services.matching.problem import GATE
from marketplace.services.matching.supply import database_id
from optimiser import Answer, Problem, Provision, Pupil
from optimiser.judge import Judge
from pricing.money import pounds

FULL = 1e-6  # less than this is no room
WEIGHTS = ("cost_weight", "preference_weight", "least_restrictive_weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The base of a scenario: its problem, where it placed each pupil (a provision by the database's id; None =
    nowhere), what was used of each pool, and the changes that the scenario makes, as they are kept."""

    problem: Problem
    placed: Mapping[str, int | None]
    used: Mapping[str, float]
    changes: Mapping[str, Any]


def why_moved(base: Base, problem: Problem, answer: Answer, settings: Mapping[str, str]) -> dict[str, str]:
    """The sentence for each pupil who is elsewhere, or placed in one of the two only; `settings` are names by URN."""
    found: dict[str, int | None] = {row.pupil: database_id(row.provision) for row in answer.assignments}
    found |= {row.pupil: None for row in answer.unplaced}
    moved = [pupil for pupil in sorted(found) if found[pupil] != base.placed.get(pupil)]
    explain = _Explanation(base, problem, answer, settings)
    return {pupil: explain.why(pupil, base.placed.get(pupil), found[pupil]) for pupil in moved}


class _Explanation:
    """What is asked of the base and of the scenario to say why."""

    def __init__(self, base: Base, problem: Problem, answer: Answer, settings: Mapping[str, str]) -> None:
        self.base, self.changes, self.settings = base, base.changes, settings
        self.before, self.after = Judge(base.problem), Judge(problem)
        self.room_before = {row.pool: row.amount - base.used.get(row.pool, 0.0) for row in base.problem.pools}
        self.room_after = {row.pool: row.amount - row.used for row in answer.pools}
        self.units = {row.pool: row.unit for row in problem.pools}
        self.tight = {row.la for row in answer.budgets if row.shadow_price > 0}
        self.tight |= {row.la for row in answer.unplaced if row.reason == "budget"}
        self.rows: dict[int, list[Provision]] = {}
        for row in problem.provisions:
            if not row.provision.startswith("urn"):
                self.rows.setdefault(database_id(row.provision), []).append(row)

    def why(self, pupil: str, old: int | None, new: int | None) -> str:
        """The first reason that holds."""
        before, after = self.before.pupils[pupil], self.after.pupils[pupil]
        left, taken = self._rows_of(before, old), self._rows_of(before, new)
        reasons = (
            self._of_this_pupil(after, left),
            self._ruled_out(after, before, left),
            self._let_in(after, before, taken),
            self._pool(left, fewer=True),
            self._pool(taken, fewer=False),
            self._budget(after, left, taken),
            self._price(after, left, taken),
            self._weights(taken),
            self._others(left, taken),
        )
        return next((words for found in reasons for words in found), "All pupils together are better placed so.")

    def _rows_of(self, pupil: Pupil, provision: int | None) -> list[Provision]:
        """The rows of a provision that are of the pupil's edition of the market."""
        gates = {code for code in pupil.requirements if code.startswith(GATE)}
        rows = self.rows.get(provision, ()) if provision is not None else ()
        return [row for row in rows if gates <= set(row.facilities)]

    def _named(self, rows: Sequence[Provision]) -> str:
        return self.settings[rows[0].setting]

    def _of_this_pupil(self, after: Pupil, left: Sequence[Provision]) -> Iterator[str]:
        if locked := self.changes.get("locked", {}).get(after.pupil):
            yield f"The scenario keeps this pupil at {self.settings[self.after.provisions[locked].setting]}."
        ruled_out = set(self.changes.get("forbidden", {}).get(after.pupil, ()))
        if left and {row.provision for row in left} <= ruled_out:
            yield f"The scenario rules out {self._named(left)} for this pupil."

    def _ruled_out(self, after: Pupil, before: Pupil, left: Sequence[Provision]) -> Iterator[str]:
        if not left or self._suits(self.after, after, left) or not self._suits(self.before, before, left):
            return
        row, name = left[0], self._named(left)
        if row.setting in self.changes.get("closed", ()):
            yield f"{name} is closed in the scenario."
        if row.kind not in self.changes.get("kinds", (row.kind,)):
            yield f"The scenario does not allow {vocabulary.KINDS[row.kind].lower()}."
        if all("travel" in self.after.refusals(after, each) for each in left):
            road, most = self.after.road_km(after, row), self.after.limit_km(after, row)
            yield f"The cap of {most:g} km rules out {name}, {road:.1f} km by road."

    def _let_in(self, after: Pupil, before: Pupil, taken: Sequence[Provision]) -> Iterator[str]:
        if not taken or self._suits(self.before, before, taken):
            return
        if all("travel" in self.before.refusals(before, each) for each in taken):
            road, most = self.after.road_km(after, taken[0]), self.after.limit_km(after, taken[0])
            yield f"The cap of {most:g} km lets in {self._named(taken)}, {road:.1f} km by road."

    @staticmethod
    def _suits(judge: Judge, pupil: Pupil, rows: Sequence[Provision]) -> bool:
        return any(not judge.refusals(pupil, judge.provisions[row.provision]) for row in rows)

    def _pool(self, rows: Sequence[Provision], *, fewer: bool) -> Iterator[str]:
        """A pool that the scenario makes smaller, and that is full now; or larger, and that was full."""
        more = self.changes.get("places", {})
        room = self.room_after if fewer else self.room_before
        for row in rows:
            changed = more.get(row.pool, 0)
            if changed and (changed < 0) == fewer and room[row.pool] < 1 - FULL:
                full = " and is full" if fewer else ""
                yield f"{self._named(rows)} has {amount_more(changed, self.units[row.pool])}{full}."

    def _budget(self, after: Pupil, left: Sequence[Provision], taken: Sequence[Provision]) -> Iterator[str]:
        if not self.changes.get("budgets") and "tariff" not in self.changes:
            return
        old, new = self._cost(after, left), self._cost(after, taken)
        share = self.changes.get("budgets", {}).get(after.la, 100)
        if old is not None and after.la in self.tight and (new is None or new < old) and share <= 100:
            yield f"The budget does not reach for {self._named(left)} any more, at {pounds(100 * old)} a year."
        if new is not None and share > 100 and (old is None or new > old):
            yield f"The larger budget reaches for {self._named(taken)}, at {pounds(100 * new)} a year."

    def _price(self, after: Pupil, left: Sequence[Provision], taken: Sequence[Provision]) -> Iterator[str]:
        if "tariff" not in self.changes or not left or not taken:
            return
        old, new = self._cost(after, left), self._cost(after, taken)
        if old is not None and new is not None and new < old:
            yield (
                f"By the tariff {self._named(taken)} costs {pounds(100 * new)} a year with transport, "
                f"{self._named(left)} {pounds(100 * old)}."
            )

    def _cost(self, pupil: Pupil, rows: Sequence[Provision]) -> int | None:
        """Whole £ a year in the scenario, transport included; None where there is no price."""
        band = self.after.band(pupil)
        prices = [(self.after.prices.get((row.provision, band)), row) for row in rows]
        costs = [price.price + self.after.transport(pupil, row) for price, row in prices if price is not None]
        return min(costs, default=None)

    def _weights(self, taken: Sequence[Provision]) -> Iterator[str]:
        named = [vocabulary.POLICY[name][0].lower() for name in WEIGHTS if name in self.changes.get("policy", {})]
        if taken and named:
            yield f"By the changed weights ({'; '.join(named)}) {self._named(taken)} is the better for all together."

    def _others(self, left: Sequence[Provision], taken: Sequence[Provision]) -> Iterator[str]:
        if left and all(self.room_after[row.pool] < 1 - FULL for row in left):
            yield f"Others take the room at {self._named(left)}: all pupils together are better placed so."
        if taken and all(self.room_before[row.pool] < 1 - FULL for row in taken):
            yield f"Others leave room at {self._named(taken)}, which was full."
