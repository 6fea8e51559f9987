"""The explanation of one pupil, sentence by sentence, from numbers that were put together by hand."""

from dataclasses import replace

import pytest

from optimiser.options import Option, Refused
from optimiser.problem import Policy
from optimiser.reasons import Alternative, Counted, Reasons
from optimiser.sentences import REFUSED, told
from optimiser.standing import PhasePrices
from optimiser.template import EXAMPLE

POLICY = Policy(cost_weight=0.1, preference_weight=2.0)
UNITS = {"K1": "places", "K2": "hours"}
HERE = Option(
    provision="V1", setting="100001", kind="full", pattern="day", band="mild", pool="K1", use=1.0, fte=1.0,
    road_km=10.0, child_km=10.0, price=39_000, transport=1_000, cost=40_000, wish=0, objective=14.0,
)  # fmt: skip
THERE = replace(
    HERE, provision="V2", setting="100002", kind="outreach", pool="K2", use=5.0, road_km=6.5, child_km=6.0,
    cost=45_500, wish=1,
)  # fmt: skip
PLACED = Reasons(
    pupil=EXAMPLE.pupils[0],
    phase="choices",
    prices=PhasePrices(pools={}, budgets={}, gap=0.00012),
    chosen=Counted(option=HERE, own=1_014.0, pool=0.0, budget=0.0),
    unplaced=2_000.0,
    alternatives=(),
    others=0,
    refused=(),
)
ROW = Alternative(
    option=THERE, own=-1.2, pool=0.0, budget=0.0, total=-1.2, margin=0.0, pounds=None, km=None, pool_price=None,
    lacking=0.0, missing=0,
)  # fmt: skip

FREE = (
    "There is room and money for it as the answer stands: nothing but the search explains it, which is proven within "
    "0.012% and did not find it."
)
NO_BETTER = "It is no better for this pupil by what the policy counts, whatever others want."
WANTED = "It would be better for this pupil, but {} wanted more by others than by this one."
EVEN = (
    "At these prices it is worth as much as what the pupil has; that pupils and places are whole decided between the "
    "two."
)
NOT_HELD = (
    "At these prices it would be better, and what is left does not hold this pupil: pupils and places are whole, and "
    "the answer is proven within 0.012% only."
)


def lines(found: Reasons, detail: str = "") -> list[str]:
    return told(found, POLICY, UNITS, detail)


def alternative(row: Alternative, found: Reasons = PLACED) -> list[str]:
    """The lines on the only alternative: its name, its sum, its verdict, and what it needs."""
    return lines(replace(found, alternatives=(row,)))[7:]


def test_a_placement_is_told_with_what_it_counts_and_how_far_it_is_proven() -> None:
    assert lines(PLACED) == [
        "EX-001 (LA 999) is placed in V1 (full, setting 100001): 10 km by road, £40,000 a year.",
        "That counts 1,014.00 km-equivalents: 10.00 for the child's way, 4.00 for the cost.",
        "Decided with the choices, within what the duties leave.",
        "The prices are those of the choices; the answer is proven within 0.012%.",
        "",
        "No other option is nearer, cheaper or better for the pupil alone.",
    ]
    wished = replace(PLACED, chosen=Counted(option=replace(HERE, wish=3), own=20.0, pool=0.0, budget=0.0))
    assert lines(wished)[1].endswith("4.00 for the cost, 6.00 for the wishes.")


def test_what_the_kind_counts_is_named_where_the_policy_prefers_the_less_restrictive() -> None:
    policy = replace(POLICY, least_restrictive_weight=7.5)
    row = replace(ROW, own=-16.2, total=-16.2)
    found = told(replace(PLACED, alternatives=(row,)), policy, UNITS, "")
    assert found[1].endswith("4.00 for the cost, 15.00 for the kind, which is not the least restrictive.")
    assert "a less restrictive kind −15.00" in found[8]
    back = replace(PLACED, chosen=Counted(option=THERE, own=20.0, pool=0.0, budget=0.0))
    found = told(replace(back, alternatives=(replace(row, option=HERE),)), policy, UNITS, "")
    assert "for the kind" not in found[1]  # outreach is no step from the mainstream school
    assert "a fuller kind +15.00" in found[8]


def test_a_placement_that_is_fixed_or_requested_is_a_duty() -> None:
    fixed = replace(PLACED, phase="duties", pupil=replace(PLACED.pupil, locked="V1"))
    assert lines(fixed)[2:5] == [
        "V1 is fixed by an order or a running placement.",
        "Decided with the duties, which come before any budget.",
        "The prices are those of the duties; the answer is proven within 0.012%.",
    ]
    assert lines(replace(PLACED, phase="duties"))[2] == "The parent's request for setting 100001 binds."


def test_an_unplaced_pupil_is_told_why_and_of_each_option() -> None:
    assert lines(replace(PLACED, chosen=None), "nothing is suitable") == [
        "EX-001 (LA 999) is unplaced: nothing is suitable.",
        "Being unplaced counts 2,000.00 km-equivalents at priority 2.",
        "Decided with the choices, within what the duties leave.",
        "The prices are those of the choices; the answer is proven within 0.012%.",
    ]
    row = replace(ROW, lacking=5.0)
    assert lines(replace(PLACED, chosen=None, alternatives=(row,), others=0))[4:] == [
        "",
        "Why not each option:",
        "",
        "V2 (outreach, setting 100002): 6.5 km by road, £45,500 a year.",
        "  Against being unplaced: for the pupil alone −1.20; together −1.20 km-equivalents.",
        f"  {NOT_HELD}",
        "  To take it the pupil needs 5 hours a week more in pool K2.",
    ]


def test_an_option_is_compared_with_what_the_pupil_has_part_by_part() -> None:
    row = replace(ROW, own=5.0, pool=1.25, budget=2.75, total=9.0)
    held = Counted(option=HERE, own=14.0, pool=3.0, budget=0.0)
    prices = PhasePrices(pools={"K2": 0.85}, budgets={"999": 0.5}, gap=0.0)
    found = replace(PLACED, chosen=held, prices=prices, alternatives=(row,), others=1)
    assert lines(found)[5:] == [
        "Why not each option that is nearer, cheaper or better for the pupil alone:",
        "",
        "V2 (outreach, setting 100002): 6.5 km by road (3.5 km nearer), £45,500 a year (£5,500 dearer).",
        (
            "  Against the placement: for the pupil alone +5.00 (child's way −4.00, cost +0.55, wishes +2.00); "
            "its pool K2 +1.25 (5 hours a week at 0.850, less 3.00 for what the placement takes); "
            "the budget of LA 999 +2.75 (at 0.500 a £1,000); together +9.00 km-equivalents."
        ),
        "  It is no better for this pupil by what the policy counts, whatever others want.",
        "",
        "1 other option: farther, dearer and no better for the pupil.",
    ]
    assert lines(replace(found, others=1_200))[-1].startswith("1,200 other options: ")
    assert lines(replace(found, others=0))[-1].startswith("  It is no better")


def test_farther_and_cheaper_are_said_and_equal_counts_as_nearer_and_cheaper() -> None:
    far = replace(ROW, option=replace(THERE, road_km=11.0, cost=39_000))
    assert "11 km by road (1 km farther), £39,000 a year (£1,000 cheaper)." in alternative(far)[0]
    same = replace(ROW, option=replace(THERE, road_km=10.0, cost=40_000))
    assert "10 km by road (0 km nearer), £40,000 a year (£0 cheaper)." in alternative(same)[0]


def test_a_part_without_a_price_is_not_spoken_of() -> None:
    assert alternative(replace(ROW, option=replace(THERE, wish=0)))[1] == (
        "  Against the placement: for the pupil alone −1.20 (child's way −4.00, cost +0.55); "
        "together −1.20 km-equivalents."
    )
    priced = replace(PLACED, prices=PhasePrices(pools={"K2": 0.1}, budgets={"998": 1.0}, gap=0.0))
    assert "; its pool K2 +0.00 (5 hours a week at 0.100); together" in alternative(ROW, priced)[1]
    assert "; its pool K2 −3.00 (5 hours a week at 0.000); together" in alternative(replace(ROW, pool=-3.0))[1]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, FREE),
        ({"own": -0.004, "total": 9.0}, NO_BETTER),
        ({"lacking": 1.0, "pool": 3.0, "total": 1.8}, WANTED.format("its pool is")),
        ({"missing": 1, "budget": 3.0, "total": 1.8}, WANTED.format("the LA's money is")),
        ({"missing": 1, "pool": 1.0, "budget": 3.0, "total": 2.8}, WANTED.format("its pool and the LA's money are")),
        ({"lacking": 1.0, "pool": 3.0, "budget": 0.004, "total": 1.8}, WANTED.format("its pool is")),
        ({"lacking": 1.0, "pool": 0.004, "budget": 3.0, "total": 1.8}, WANTED.format("the LA's money is")),
        ({"lacking": 1.0, "total": 0.004}, EVEN),
        ({"missing": 1, "total": -0.004}, EVEN),
        ({"lacking": 1.0, "own": -0.006, "total": -0.006}, NOT_HELD),
    ],
)
def test_the_verdict_follows_from_the_parts(changes: dict[str, float], verdict: str) -> None:
    assert alternative(replace(ROW, **changes))[2] == f"  {verdict}"  # type: ignore[arg-type]


def test_the_verdict_on_an_unplaced_pupils_option_speaks_of_no_place() -> None:
    unplaced = replace(PLACED, chosen=None)
    assert "it is worth as much as no place; " in alternative(replace(ROW, lacking=1.0, total=0.0), unplaced)[2]
    wanted = replace(ROW, lacking=1.0, pool=3.0, total=1.8)
    assert alternative(wanted, unplaced)[2].endswith("its pool is wanted more by others than by this pupil.")


def test_what_would_have_to_be_free_is_said_of_room_and_of_money() -> None:
    assert alternative(replace(ROW, lacking=0.5, missing=1_500))[3:] == [
        "  To take it the pupil needs 0.5 hours a week more in pool K2 and £1,500 more in the budget of LA 999."
    ]
    assert alternative(replace(ROW, missing=1_500))[3:] == [
        "  To take it the pupil needs £1,500 more in the budget of LA 999."
    ]


def test_what_would_make_it_the_best_is_said_way_by_way() -> None:
    row = replace(ROW, margin=0.006, pounds=1_234, km=2.5, pool_price=0.125)
    assert alternative(row)[3:] == [
        (
            "  It would be the pupil's best if it were £1,234 a year cheaper or were 2.5 km nearer or "
            "drew on a pool whose price were 0.125 an hour a week."
        )
    ]
    assert alternative(replace(row, pounds=0, km=None, pool_price=None))[3:] == [
        "  It would be the pupil's best if it were £0 a year cheaper."
    ]
    assert alternative(replace(row, pounds=None, km=None, pool_price=None))[3:] == [
        "  No price or way would make it so."
    ]
    assert alternative(replace(row, margin=0.005))[3:] == []
    priced = replace(PLACED, prices=PhasePrices(pools={"K2": 1.5}, budgets={}, gap=0.0))
    assert alternative(replace(row, km=None, pool_price=None), priced)[3:] == [
        (
            "  It would be the pupil's best if it were £1,234 a year cheaper. "
            "In its pool one more hour a week is worth 1.500 km-equivalents to the whole answer."
        )
    ]


def test_ten_nearer_provisions_that_are_none_for_the_pupil_are_named_and_the_others_counted() -> None:
    rows = [
        Refused(provision=f"R{i}", setting="100003", kind="full", road_km=0.5, reason=reason)
        for i, reason in enumerate(REFUSED)
    ]
    found = lines(replace(PLACED, refused=tuple(rows[:11])))[-13:]
    assert found[:3] == ["", "Nearer, and no option for the pupil:", "  R0, 0.5 km: no provision is needed"]
    assert found[-2:] == ["  R9, 0.5 km: lacks a facility that is required", "  and 1 more"]
    assert lines(replace(PLACED, refused=tuple(rows[:10])))[-1].startswith("  R9, ")
    assert lines(replace(PLACED, refused=tuple(rows)))[-1] == "  and 4 more"
    unplaced = lines(replace(PLACED, chosen=None, refused=tuple(rows)))
    assert "Nearer, and no option for the pupil:" not in unplaced
