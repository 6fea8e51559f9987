"""What a study computes of a run's frozen problem, as plain figures: money in pence a year, all else in the optimiser's
units (km, km-equivalents, pupils).

The problem is matched again first: the same problem and the same policy give the same answer, but where a limit of time
cuts it short; the study says what its own match found, and compares with nothing else. It must name no pupil.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from marketplace.services.matching.solving import solve
from optimiser import Answer, Problem
from optimiser.baseline import nearest_first
from optimiser.fair import Fairness, fair_answer
from optimiser.fairness import GroupFigures, by_la, by_need, figures_by_group
from optimiser.one_more import Change, Worth
from optimiser.solved import solved_of
from optimiser.sufficiency import BY, PlaceWorth, worth_by_group, worth_by_kind, worth_of_places

MOST_SECONDS_EACH = 60  # of each of the matches with one more: there are as many as dear pools
Note = Callable[[dict[str, Any]], None]


def study(problem: Problem, *, seconds: int, memory_gb: float | None, note: Note) -> dict[str, Any]:
    """The figures; each match takes at most `seconds`, and one with one more place no more than MOST_SECONDS_EACH.

    Raises NoAnswer as `solve` does.
    """
    answer = solve(problem, seconds=seconds, memory_gb=memory_gb, note=lambda _: note({"stage": "again"}))
    solved = solved_of(problem, answer)

    def heard(done: int, of: int) -> None:
        note({"stage": "places", "done": done, "of": of})

    places = worth_of_places(problem, answer, seconds=min(seconds, MOST_SECONDS_EACH), heard=heard)
    most = {row.pool: row.worth.predicted.saving for row in places.places}
    note({"stage": "fair"})
    fair = fair_answer(problem, answer, seconds=seconds)
    note({"stage": "nearest"})
    one_by_one = nearest_first(problem)
    return {
        "match": _totals(answer),
        "nearest": _totals(one_by_one),
        "fair": _totals(fair.answer),
        "price_of_fairness": _price(fair),
        "parts": [{**asdict(row), "is_worse_off": row.is_worse_off} for row in fair.parts],
        "places": sorted(map(_place, places.places), key=lambda row: -row["confirmed"]["saving"]),
        "together": _worth(places.together) if places.together else None,
        "agreement": {"signs": places.signs, "by_price": places.by_price},
        "groups": {
            **{name: [asdict(row) for row in worth_by_group(solved, of, most)] for name, of in BY.items()},
            "kind": [asdict(row) for row in worth_by_kind(solved, most)],
        },
        "by": {
            "la": _groups(figures_by_group(problem, answer, by_la(problem))),
            "need": _groups(figures_by_group(problem, answer, by_need(problem))),
        },
    }


def _totals(answer: Answer) -> dict[str, Any]:
    found = answer.summary
    return {
        "placed": found.placed,
        "unplaced": found.unplaced,
        "cost": 100 * found.cost,
        "child_km": asdict(found.child_km) if found.child_km else None,
        "objective": found.objective,
        "gap": found.gap,
    }


def _price(fair: Fairness) -> dict[str, Any]:
    """What it costs that no LA is worse off than apart: more km-equivalents, pence a year, pupils placed."""
    return {
        "objective": fair.objective,
        "low": fair.low,
        "high": fair.high,
        "cost": 100 * fair.cost,
        "placed": fair.placed,
    }


def _place(row: PlaceWorth) -> dict[str, Any]:
    return {
        "pool": row.pool,
        "setting": row.setting,
        "unit": row.unit,
        "shadow_price": row.shadow_price,
        **_worth(row.worth),
    }


def _worth(row: Worth) -> dict[str, Any]:
    return {
        "predicted": _change(row.predicted),
        "confirmed": _change(row.confirmed),
        "low": row.low,
        "high": row.high,
        "is_proven": row.is_proven,
    }


def _change(row: Change) -> dict[str, float]:
    return {"saving": row.saving, "placed": row.placed, "child_km": row.child_km, "cost": 100 * row.cost}


def _groups(rows: Sequence[GroupFigures]) -> list[dict[str, Any]]:
    return [
        {
            "group": row.group,
            "pupils": row.pupils,
            "placed": row.placed,
            "unplaced_share": row.unplaced_share,
            "cost": 100 * row.cost,
            "child_km": asdict(row.child_km) if row.child_km else None,
        }
        for row in rows
    ]
