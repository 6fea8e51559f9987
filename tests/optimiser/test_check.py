"""The check of answers: it passes what holds, and each of its guards catches an answer that somebody bent."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optimiser import Answer, Budget, Distances, Pool, Problem, Travel, check, match
from optimiser.problem import BANDS
from tests.optimiser.problems import problem, provision, pupil

# P1 is a duty that overspends LA 902. P2 has a full place, P3 a porous one, P4 outreach. P5 has universal needs,
# LA 903 has no money for P6, P7 is requested in vain, P8 has no option and P9 no place.
PROBLEM: Problem = problem(
    (
        pupil(pupil="P1", la="902", request="100001"),
        pupil(pupil="P2"),
        pupil(pupil="P3", options=("porous",)),
        pupil(pupil="P4", options=("outreach",)),
        pupil(pupil="P5", levels=(0, 0, 0, 0)),
        pupil(pupil="P6", la="903"),
        pupil(pupil="P7", request="100002"),
        pupil(pupil="P8", primary_need="HI"),
        pupil(pupil="P9", wishes=("100002",), primary_need="SEMH", transport=True, easting=409_000),
    ),
    (
        provision(needs=("ASD", "MLD")),
        provision(provision="V2", kind="porous", sessions=4),
        provision(provision="V3", kind="outreach", pool="K2"),
        provision(provision="V4", setting="100002", pool="K3", needs=("SEMH", "ASD"), setting_type="nmss"),
    ),
    pools=tuple(
        Pool(
            pool=f"K{i}", setting="100002" if i == 3 else "100001", unit="hours" if i == 2 else "places", amount=amount
        )
        for i, amount in ((1, 3.5), (2, 5.0), (3, 0.0))
    ),
    budgets=(Budget(la="901", budget=200_000), Budget(la="902", budget=10_000), Budget(la="903", budget=500)),
)
ANSWER: Answer = match(PROBLEM)


def bent(table: str, key: str, **fields: Any) -> Answer:
    """The answer with other fields in the row of a table whose first field is this key."""
    rows = getattr(ANSWER, table)
    name = next(iter(type(rows[0]).__dataclass_fields__))
    assert any(getattr(row, name) == key for row in rows)
    return replace(ANSWER, **{table: tuple(replace(r, **fields) if getattr(r, name) == key else r for r in rows)})


def told(**fields: Any) -> Answer:
    return replace(ANSWER, summary=replace(ANSWER.summary, **fields))


def in_phase(at: int, **fields: Any) -> Answer:
    phases = list(ANSWER.summary.phases)
    phases[at] = replace(phases[at], **fields)
    return told(phases=tuple(phases))


def assigned(key: str, **fields: Any) -> Answer:
    return bent("assignments", key, **fields)


CHOICES = ANSWER.summary.phases[1]
KINDS = ANSWER.summary.kinds
KM = ANSWER.summary.child_km or Distances(mean=0, median=0, p90=0)
BENT: dict[str, tuple[Answer, str]] = {
    "a pupil left out": (replace(ANSWER, assignments=ANSWER.assignments[1:]), "P1: 0 times"),
    "a pupil twice": (replace(ANSWER, unplaced=(*ANSWER.unplaced, ANSWER.unplaced[0])), "P5: 2 times"),
    "a stranger placed": (assigned("P2", pupil="P99"), "P99: not a pupil"),
    "a stranger unplaced": (bent("unplaced", "P5", pupil="P99"), "P99: unplaced, but not a pupil"),
    "an unknown provision": (assigned("P2", provision="V9"), "V9 is unknown"),
    "an unsuitable provision": (assigned("P2", provision="V2"), "P2: not eligible for V2: kind"),
    "another LA": (assigned("P2", la="902"), "P2: la is 902"),
    "another phase": (assigned("P2", phase="duties"), "P2: phase is duties"),
    "another setting": (assigned("P2", setting="100002"), "P2: setting"),
    "another kind": (assigned("P2", kind="porous"), "P2: kind"),
    "another pattern": (assigned("P2", pattern="weekly"), "P2: pattern"),
    "another band": (assigned("P2", band="mild"), "P2: band"),
    "another price": (assigned("P2", price=1), "P2: price"),
    "another fare": (assigned("P2", transport=1), "P2: transport"),
    "another cost": (assigned("P2", cost=1), "P2: cost"),
    "another wish": (assigned("P2", wish=1), "P2: wish"),
    "another FTE": (assigned("P4", fte=5.0), "P4: fte"),
    "another road": (assigned("P2", road_km=13.9), "P2: road_km"),
    "another child's km": (assigned("P3", child_km=14.0), "P3: child_km"),
    "not a number of km": (assigned("P3", child_km=float("nan")), "P3: child_km"),
    "an unplaced pupil of another LA": (bent("unplaced", "P6", la="901"), "P6: la"),
    "an unplaced pupil of another phase": (bent("unplaced", "P6", phase="duties"), "P6: phase"),
    "needs that are not universal": (bent("unplaced", "P8", reason="universal"), "P8: reason universal"),
    "universal needs unsaid": (bent("unplaced", "P5", reason="no_option"), "P5: reason no_option"),
    "a request that binds nobody": (bent("unplaced", "P9", reason="request_full"), "P9: reason request_full"),
    "a binding request unsaid": (bent("unplaced", "P7", reason="capacity"), "P7: reason capacity"),
    "pounds missing that are not": (bent("unplaced", "P6", missing=1), "P6: £1 missing"),
    "a pool left out": (replace(ANSWER, pools=ANSWER.pools[1:]), "each pool"),
    "a pool that is not there": (bent("pools", "K3", pool="K9"), "each pool"),
    "another use": (bent("pools", "K1", used=0.0), "pool K1: used"),
    "another amount": (bent("pools", "K1", amount=9.0), "pool K1: amount"),
    "another unit": (bent("pools", "K1", unit="hours"), "pool K1: unit"),
    "a pool of another setting": (bent("pools", "K1", setting="9"), "pool K1: setting"),
    "a price below nothing": (bent("pools", "K1", shadow_price=-0.1), "pool K1: shadow price"),
    "an endless price": (bent("pools", "K1", shadow_price=math.inf), "pool K1: shadow price"),
    "a fault after a pool that is not there": (
        replace(ANSWER, pools=(replace(ANSWER.pools[0], pool="K0"), replace(ANSWER.pools[1], used=9.0))),
        "pool K2: used",
    ),
    "a fault after a budget that is not there": (
        replace(ANSWER, budgets=(replace(ANSWER.budgets[0], la="900"), replace(ANSWER.budgets[1], duties=0))),
        "budget of 902: duties",
    ),
    "a budget left out": (replace(ANSWER, budgets=ANSWER.budgets[1:]), "each budget"),
    "a budget that is not there": (bent("budgets", "903", la="909"), "each budget"),
    "another budget": (bent("budgets", "901", budget=1), "budget of 901: budget"),
    "other duties": (bent("budgets", "902", duties=0), "budget of 902: duties"),
    "other choices": (bent("budgets", "901", choices=0), "budget of 901: choices"),
    "more left": (bent("budgets", "901", left=10**6), "budget of 901: left"),
    "a budget's price below nothing": (bent("budgets", "901", shadow_price=-1.0), "budget of 901: shadow price"),
    "one phase only": (told(phases=ANSWER.summary.phases[1:]), "the phases are not"),
    "other pupils of a phase": (in_phase(1, pupils=1), "choices: pupils"),
    "others placed in a phase": (in_phase(0, placed=0), "duties: placed"),
    "another objective": (in_phase(1, objective=CHOICES.objective + 1), "choices: objective"),
    "a bound above the objective": (in_phase(1, bound=CHOICES.objective + 1), "choices: bound"),
    "a relaxation above the bound": (in_phase(1, relaxation=CHOICES.bound + 1), "choices: bound"),
    "more placed": (told(placed=9), "summary: placed"),
    "fewer unplaced": (told(unplaced=0), "summary: unplaced is"),
    "another total": (told(cost=1), "summary: cost"),
    "no overspending": (told(overspent={}), "summary: overspent"),
    "other counts of reasons": (told(unplaced_by_reason={}), "summary: unplaced_by_reason"),
    "another sum of objectives": (told(objective=1.0), "summary: objective"),
    "another sum of bounds": (told(bound=1.0), "summary: bound"),
    "another status": (told(status="feasible"), "summary: status"),
    "another number of a kind": (told(kinds=tuple(replace(row, pupils=1) for row in KINDS)), "of full: pupils"),
    "another FTE of a kind": (told(kinds=tuple(replace(row, fte=9.0) for row in KINDS)), "of porous: fte"),
    "a kind left out": (told(kinds=KINDS[1:]), "leave an assignment out"),
    "no distances": (told(child_km=None), "child_km is there only"),
    "another mean": (told(child_km=replace(KM, mean=1.0)), "child_km: mean"),
    "another median": (told(child_km=replace(KM, median=1.0)), "child_km: median"),
    "another percentile": (told(child_km=replace(KM, p90=1.0)), "child_km: p90"),
}  # fmt: skip


def test_the_answer_that_is_bent_below_has_every_kind_phase_and_reason() -> None:
    assert [(row.pupil, row.kind, row.phase) for row in ANSWER.assignments] == [
        ("P1", "full", "duties"),
        ("P2", "full", "choices"),
        ("P3", "porous", "choices"),
        ("P4", "outreach", "choices"),
    ]
    assert {row.pupil: row.reason for row in ANSWER.unplaced} == {
        "P5": "universal",
        "P6": "budget",
        "P7": "request_full",
        "P8": "no_option",
        "P9": "capacity",
    }
    reasons = ("universal", "no_option", "capacity", "budget", "request_full")
    assert ANSWER.summary.unplaced_by_reason == dict.fromkeys(reasons, 1)


def test_an_answer_that_holds_has_no_violations() -> None:
    assert check(PROBLEM, ANSWER) == []


def test_a_gap_is_a_share_of_the_objective() -> None:
    assert replace(CHOICES, objective=200.0, bound=150.0).gap == 0.25
    assert replace(CHOICES, objective=0.0, bound=0.0).gap == 0.0


def test_the_order_of_pools_and_budgets_is_no_fault() -> None:
    assert check(PROBLEM, replace(ANSWER, pools=ANSWER.pools[::-1], budgets=ANSWER.budgets[::-1])) == []


@pytest.mark.parametrize("bend", BENT)
def test_a_bent_answer_is_caught(bend: str) -> None:
    answer, words = BENT[bend]
    assert [fault for fault in check(PROBLEM, answer) if words in fault] != []


# The same answer to a problem with another fact: what was right is now wrong.
CHANGED: dict[str, tuple[Callable[[], Problem], str]] = {
    "less room": (
        lambda: replace(PROBLEM, pools=tuple(replace(row, amount=row.amount / 2) for row in PROBLEM.pools)),
        "pool K1: 2.4 used of 1.75",
    ),
    "less money": (
        lambda: replace(PROBLEM, budgets=tuple(replace(row, budget=row.budget // 4) for row in PROBLEM.budgets)),
        f"budget of 901: the choices cost £{ANSWER.budgets[0].choices - 50_000} more than is left",
    ),
    "no price": (lambda: replace(PROBLEM, prices=()), "P2: not eligible for V1: price"),
    **{
        reason: (
            lambda child=child, offer=offer: replace(  # type: ignore[misc]
                PROBLEM,
                pupils=tuple(replace(row, **child) if row.pupil == "P2" else row for row in PROBLEM.pupils),
                provisions=tuple(replace(row, **offer) if row.provision == "V1" else row for row in PROBLEM.provisions),
            ),
            f"P2: not eligible for V1: {reason}",
        )
        for reason, child, offer in (
            ("pattern", {"pattern": "weekly"}, {}),
            ("age", {"year_group": 12}, {}),
            ("sex", {"sex": "F"}, {"sex": "M"}),
            ("need", {"primary_need": "HI"}, {}),
            ("level", {"levels": (3, 2, 2, 2)}, {"max_levels": (5, 5, 5, 1)}),
            ("facilities", {"requirements": ("hydro",)}, {}),
            ("la", {}, {"las": ("902",)}),
            ("forbidden", {"forbidden": ("V1",)}, {}),
            ("travel", {"max_km": 13.9}, {}),
            ("locked", {"locked": "V2"}, {}),
            ("request", {"request": "100002"}, {}),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED)
def test_the_same_answer_to_a_changed_problem_is_caught(change: str) -> None:
    make, words = CHANGED[change]
    assert [fault for fault in check(make(), ANSWER) if words in fault] != []


@pytest.mark.parametrize("level", range(1, 6))
def test_an_answer_in_any_band_holds(level: int) -> None:
    source = problem((pupil(levels=(level, 0, 0, 0)),), (provision(max_levels=(5, 0, 0, 0)),))
    answer = match(source)
    assert [row.band for row in answer.assignments] == [BANDS[level]]
    assert check(source, answer) == []


@pytest.mark.parametrize(("year_group", "km"), [(2, 3.219), (3, 4.828)])
def test_a_walk_of_exactly_the_limit_is_free_to_both(year_group: int, km: float) -> None:
    source = problem((pupil(year_group=year_group),), travel=(Travel(pupil="P1", setting="100001", km=km),))
    answer = match(source)
    assert [row.transport for row in answer.assignments] == [0]
    assert check(source, answer) == []


def test_a_road_of_exactly_the_limit_is_eligible_to_both() -> None:
    source = problem((pupil(max_km=14.0),))
    answer = match(source)
    assert [row.road_km for row in answer.assignments] == [14.0]
    assert check(source, answer) == []
