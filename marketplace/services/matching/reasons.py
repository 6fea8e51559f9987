"""Why a run places a pupil nowhere, in a sentence for the people who must act on it.

It names settings and sums, never a pupil. It must decide nothing: the reason itself is the answer's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from marketplace import vocabulary
from marketplace.services.matching.problem import GATE
from optimiser import REASONS, Problem, Pupil, Unplaced
from optimiser.eligibility import Catalogue
from pricing.money import pounds

BLOCK = 500  # pupils looked at together: bounds the memory


def why(problem: Problem, unplaced: Sequence[Unplaced], settings: Mapping[str, str]) -> dict[str, str]:
    """The sentence for each pupil; `settings` are the names by URN."""
    refused = {row.pupil for row in unplaced if row.reason == "no_option" and row.refusals}
    counts = refusals(problem, [pupil for pupil in problem.pupils if pupil.pupil in refused])
    names = {row.provision: settings[row.setting] for row in problem.provisions}
    names |= {row.pool: settings[row.setting] for row in problem.pools}
    units = {row.pool: row.unit for row in problem.pools}
    return {
        row.pupil: _ruled_out(counts[row.pupil]) if row.pupil in refused else _sentence(row, names, units)
        for row in unplaced
    }


def _ruled_out(counts: Mapping[str, int]) -> str:
    words = "; ".join(f"{vocabulary.REFUSALS[reason].lower()}: {count}" for reason, count in counts.items())
    return f"Of {sum(counts.values())} provisions, by the reason that rules each out: {words}."


def _sentence(row: Unplaced, names: Mapping[str, str], units: Mapping[str, str]) -> str:
    if row.reason == "budget":
        cost, missing = pounds(100 * (row.cost or 0)), pounds(100 * (row.missing or 0))
        return f"The cheapest with room is {names[row.provision]}, at {cost} a year. The budget lacks {missing}."
    if row.reason in ("capacity", "request_full"):
        one_more = "One more place there" if units[row.pool] == "places" else "One more hour a week there"
        worth = f"{one_more} would improve the total by {row.shadow_price or 0:,.0f} km-equivalents."
        return f"The best of the suitable, {names[row.pool]}, is full. {worth}"
    return vocabulary.UNPLACED[row.reason] + ("." if row.reason == "universal" else f": {row.detail}.")


def refusals(problem: Problem, pupils: Sequence[Pupil]) -> dict[str, dict[str, int]]:
    """For each pupil how many provisions each reason rules out, in the order in which reasons are tested.

    A provision with several vacancy groups counts once, by the reason of the group that comes furthest. Where the
    problem has editions of the market (see `problem_of`) only the pupil's own counts.
    """
    by_gate: dict[frozenset[str], list[Pupil]] = {}
    for pupil in pupils:
        gates = frozenset(code for code in pupil.requirements if code.startswith(GATE))
        by_gate.setdefault(gates, []).append(pupil)
    found: dict[str, dict[str, int]] = {}
    for gates, members in by_gate.items():
        catalogue = Catalogue(_edition(problem, gates))
        for at in range(0, len(members), BLOCK):
            found |= _counted(catalogue, members[at : at + BLOCK])
    return found


def _edition(problem: Problem, gates: frozenset[str]) -> Problem:
    """The problem with the provisions of one edition of the market only."""
    own = tuple(row for row in problem.provisions if gates <= set(row.facilities))
    names = {row.provision for row in own}
    return replace(problem, provisions=own, prices=tuple(price for price in problem.prices if price.provision in names))


def _counted(catalogue: Catalogue, pupils: Sequence[Pupil]) -> dict[str, dict[str, int]]:
    provisions = np.array([row.provision.partition(".")[0] for row in catalogue.provisions])
    order = np.argsort(provisions, kind="stable")
    _, starts = np.unique(provisions[order], return_index=True)
    codes = catalogue.refusals(pupils)[:, order]
    furthest = np.maximum.reduceat(codes, starts, axis=1)  # a code is 1 + the place of its reason
    counts = (np.bincount(row, minlength=len(REASONS) + 1)[1:] for row in furthest)
    return {
        pupil.pupil: {reason: int(n) for reason, n in zip(REASONS, row, strict=True) if n}
        for pupil, row in zip(pupils, counts, strict=True)
    }
