"""Why a run places a pupil nowhere, in a sentence for the people who must act on it.

It names settings and sums, never a pupil. It must decide nothing: the reason itself is the answer's.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from marketplace import vocabulary
from optimiser import REASONS, Problem, Pupil, Unplaced, options_for
from pricing.money import pounds


def why(row: Unplaced, problem: Problem, settings: Mapping[str, str]) -> str:
    """The sentence; `settings` are the names by URN."""
    if row.reason == "no_option" and row.refusals:
        pupil = next(pupil for pupil in problem.pupils if pupil.pupil == row.pupil)
        counts = refusals(problem, pupil)
        words = "; ".join(f"{vocabulary.REFUSALS[reason].lower()}: {count}" for reason, count in counts.items())
        return f"Of {sum(counts.values())} provisions, by the reason that rules each out: {words}."
    if row.reason == "budget":
        setting = next(x.setting for x in problem.provisions if x.provision == row.provision)
        cost, missing = pounds(100 * (row.cost or 0)), pounds(100 * (row.missing or 0))
        return f"The cheapest with room is {settings[setting]}, at {cost} a year. The budget lacks {missing}."
    if row.reason in ("capacity", "request_full"):
        pool = next(pool for pool in problem.pools if pool.pool == row.pool)
        one_more = "One more place there" if pool.unit == "places" else "One more hour a week there"
        worth = f"{one_more} would improve the total by {row.shadow_price or 0:,.0f} km-equivalents."
        return f"The best of the suitable, {settings[pool.setting]}, is full. {worth}"
    return vocabulary.UNPLACED[row.reason] + ("." if row.reason == "universal" else f": {row.detail}.")


def refusals(problem: Problem, pupil: Pupil) -> dict[str, int]:
    """How many provisions each reason rules out, in the order in which reasons are tested.

    A provision with several vacancy groups counts once, by the reason of the group that comes furthest. Where the
    problem has editions of the market (see `problem_of`) only the pupil's own counts.
    """
    gates = {code for code in pupil.requirements if code.startswith("priced-")}
    own = tuple(row for row in problem.provisions if gates <= set(row.facilities))
    names = {row.provision for row in own}
    prices = tuple(price for price in problem.prices if price.provision in names)
    furthest: dict[str, int] = {}
    for row in options_for(replace(problem, provisions=own, prices=prices), pupil).refused:
        provision = row.provision.partition(".")[0]
        furthest[provision] = max(furthest.get(provision, 0), REASONS.index(row.reason))
    counts = Counter(furthest.values())
    return {REASONS[at]: counts[at] for at in sorted(counts)}
