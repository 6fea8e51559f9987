"""Why a run recommends what it does for one pupil: why not each nearer or cheaper place, and what would change it.

The numbers are the optimiser's (`optimiser.reasons`), from the exact prices of the run's phase; here they are put in
words that a parent could be read. Nothing is solved. It must name no other pupil, and decide nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import vocabulary
from marketplace.db import as_system
from marketplace.errors import Conflict, NotFound
from marketplace.models import Provision, Recommendation, RunResult
from marketplace.permissions import Actor
from marketplace.services.matching.archive import problem_in, standing_in
from marketplace.services.matching.problem import GATE
from marketplace.services.matching.supply import database_id
from optimiser.inquiry import Inquiry
from optimiser.problem import Pupil
from optimiser.reasons import Alternative, Reasons
from pricing.money import pounds

MOST_RULED_OUT = 10  # that are told of, nearest first
NOTHING = 0.005  # km-equivalents: less is nothing in what a person reads
PRIORITIES = ("the most urgent", "urgent", "of usual priority", "less urgent", "the least urgent")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """A place that the pupil could have had. `nearer` km and `cheaper` pence a year are against what is recommended
    (below 0: farther, dearer), None where nothing is; `reason` and `change` are sentences."""

    provision: Provision
    road_km: float
    cost: int
    nearer: float | None
    cheaper: int | None
    reason: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """A place that the pupil could not have, and the first rule that says so."""

    provision: Provision
    road_km: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One pupil's outcome. `why` are sentences; `why_not` the places that are nearer, cheaper or better for the pupil
    alone (all that suit, where nothing is recommended), best first; `others` counts the rest, `ruled_out_in_all` those
    of which `ruled_out` are the nearest. `gap` is what the run's answer is proven within."""

    recommendation: Recommendation
    why: tuple[str, ...]
    why_not: tuple[WhyNot, ...]
    others: int
    ruled_out: tuple[RuledOut, ...]
    ruled_out_in_all: int
    gap: float


def explain_recommendation(session: Session, actor: Actor, *, run_id: int, need_id: int) -> Explanation:
    """Why the run recommends this for the need. Raises NotFound where the actor may see no such recommendation, and
    Conflict where the run keeps no files to explain it by."""
    row = session.scalar(
        select(Recommendation)
        .where(Recommendation.run_id == run_id, Recommendation.need_id == need_id)
        .options(joinedload(Recommendation.need), joinedload(Recommendation.provision).joinedload(Provision.setting))
    )
    if row is None:
        raise NotFound(f"Run {run_id} recommends nothing for a need {need_id}.")
    with as_system(session, actor):  # an LA's pupils are placed beside those of its region
        result = session.get(RunResult, run_id)
        archives = (result.problem, result.answer) if result else (None, None)
    if archives[0] is None or archives[1] is None:
        raise Conflict(f"Run {run_id} keeps no files to explain it by.")
    inquiry = Inquiry(problem_in(archives[0]), standing_in(archives[1]))
    found = inquiry.reasons(str(need_id))
    ruled_out = _own_edition(inquiry, found.pupil, [each.provision for each in found.refused])
    named = _provisions(session, [each.option.provision for each in found.alternatives] + ruled_out)
    nearest = {database_id(each): each for each in reversed(ruled_out)}  # one of several vacancy groups
    refused = [each for each in found.refused if each.provision in nearest.values()]
    return Explanation(
        recommendation=row,
        why=tuple(_why(found)),
        why_not=tuple(_why_not(inquiry, found, each, named) for each in found.alternatives),
        others=found.others,
        ruled_out=tuple(
            RuledOut(
                provision=named[database_id(each.provision)],
                road_km=each.road_km,
                reason=vocabulary.REFUSALS[each.reason],
            )
            for each in refused[:MOST_RULED_OUT]
        ),
        ruled_out_in_all=len(refused),
        gap=found.prices.gap,
    )


def _own_edition(inquiry: Inquiry, pupil: Pupil, rows: Sequence[str]) -> list[str]:
    """Those of the pupil's edition of the market (see `problem_of`), without places that stand for none of ours."""
    gates = {code for code in pupil.requirements if code.startswith(GATE)}
    facilities = {row.provision: set(row.facilities) for row in inquiry.problem.provisions}
    return [row for row in rows if gates <= facilities[row] and not row.startswith("urn")]


def _provisions(session: Session, rows: Sequence[str]) -> dict[int, Provision]:
    wanted = {database_id(row) for row in rows if not row.startswith("urn")}
    query = select(Provision).where(Provision.id.in_(wanted)).options(joinedload(Provision.setting))
    return {row.id: row for row in session.scalars(query)}


def _why(found: Reasons) -> Iterator[str]:
    if found.chosen is None:
        return
    if found.pupil.locked:
        yield "It is fixed: a tribunal ordered it, or the placement must stay. No other was looked at."
    elif found.phase == "duties":
        yield "The parents asked for this setting, and no ground in law was recorded against it, so it comes first."
    elif not found.alternatives:
        yield "No other place that suits is nearer, cheaper or better for this pupil."
    else:
        yield (
            "Of the places that suit, this is where this pupil goes so that all pupils together have the shortest "
            "ways, within the places there are and the money there is."
        )


def _why_not(inquiry: Inquiry, found: Reasons, row: Alternative, named: dict[int, Provision]) -> WhyNot:
    option, chosen = row.option, found.chosen.option if found.chosen else None
    return WhyNot(
        provision=named[database_id(option.provision)],
        road_km=option.road_km,
        cost=100 * option.cost,
        nearer=chosen.road_km - option.road_km if chosen else None,
        cheaper=100 * (chosen.cost - option.cost) if chosen else None,
        reason=_reason(inquiry, found, row),
        change=_change(inquiry, row),
    )


def _reason(inquiry: Inquiry, found: Reasons, row: Alternative) -> str:
    """What stands against it, the plainest first."""
    if found.chosen and row.own >= -NOTHING:
        return "Its way, its cost and the wishes together make it no better for this pupil."
    if not row.lacking and not row.missing:
        return "There is room and money for it: the run ended before it had tried this."
    if row.lacking:
        return f"It is full. Its places go to {_holders(inquiry, row.option.pool)}."
    return f"The authority's budget lacks {pounds(100 * row.missing)} for it."


def _holders(inquiry: Inquiry, pool: str) -> str:
    """Who has the places of a pool, as far as anybody may know: duties in law, and how urgent the others are."""
    provisions = {row.provision for row in inquiry.problem.provisions if row.pool == pool}
    held = [row for row in inquiry.problem.pupils if inquiry.standing.chosen.get(row.pupil) in provisions]
    duties = [row for row in held if inquiry.catalogue.is_duty(row)]
    priorities = {row.priority for row in held if not inquiry.catalogue.is_duty(row)}
    words = ["pupils to whom the law gives them first"] if duties else []
    if priorities:
        low, high = PRIORITIES[min(priorities) - 1], PRIORITIES[max(priorities) - 1]
        who = low if low == high else f"from {low} to {high}"
        words.append(f"pupils ({who}) to whom they matter more, by their ways, costs and wishes")
    return " and ".join(words) or "nobody: it has none free"


def _change(inquiry: Inquiry, row: Alternative) -> str:
    """What would have to be otherwise for the pupil to go there."""
    ways = []
    if row.lacking:
        unit = next(pool.unit for pool in inquiry.problem.pools if pool.pool == row.option.pool)
        more = "a place" if unit == "places" else "its hours"
        ways.append(f"{more} more there, or one of those pupils placed elsewhere")
    if row.missing:
        ways.append(f"{pounds(100 * row.missing)} more in the budget")
    if ways and row.own < -NOTHING:
        return f"{' and '.join(ways)[0].upper()}{' and '.join(ways)[1:]}."
    if row.margin <= NOTHING:
        return "It counts as much as what is recommended."
    cheaper = f"were {pounds(100 * row.pounds)} a year cheaper" if row.pounds is not None else ""
    nearer = f"were {row.km:,.1f} km nearer" if row.km is not None else ""
    either = " or ".join(filter(None, (cheaper, nearer)))
    return f"It would be the best if it {either}." if either else "No price and no shorter way would make it the best."
