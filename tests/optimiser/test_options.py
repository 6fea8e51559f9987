"""Who is eligible for what, the reason that is given first, and what each kind of option costs and counts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from optimiser import REASONS, Option, Policy, Price, Problem, Provision, Pupil, Travel, options_for, refusal
from optimiser.eligibility import Catalogue
from optimiser.options import find_options, half_up
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, provision, pupil

INDEPENDENT = {"setting_type": "independent"}
REQUEST = {"request": "100001"}
# Each breaks one condition: reason, the pupil's fields, the provision's fields.
BREAKERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "kind": ({"options": ("porous", "outreach")}, {}),
    "pattern": ({"pattern": "weekly"}, {}),
    "age": ({"year_group": 12}, {}),
    "sex": ({"sex": "F"}, {"sex": "M"}),
    "need": ({"primary_need": "HI"}, {}),
    "level": ({"levels": (3, 0, 0, 0)}, {"max_levels": (2, 5, 5, 5)}),
    "facilities": ({"requirements": ("hydro", "lift")}, {"facilities": ("hydro",)}),
    "la": ({}, {"las": ("902", "903")}),
    "forbidden": ({"forbidden": ("V7", "V1")}, {}),
    "price": ({}, {"provision": "V1"}),
    "travel": ({"max_km": 13.9}, {}),
}


def reason_of(child: Pupil, offer: Provision, **fields: Any) -> str | None:
    return refusal(problem((child,), (offer,), **fields), child, offer)


def option_of(child: Pupil, offer: Provision, **fields: Any) -> Option:
    ranking = options_for(problem((child,), (offer,), **fields), child)
    assert ranking.refused == ()
    return ranking.options[0]


def test_a_pupil_who_suits_in_every_respect_is_eligible() -> None:
    assert reason_of(pupil(), provision()) is None


@pytest.mark.parametrize("reason", BREAKERS)
def test_each_condition_refuses_when_it_alone_fails(reason: str) -> None:
    child, offer = BREAKERS[reason]
    fields = {"prices": ()} if reason == "price" else {}
    assert reason_of(pupil(**child), provision(**offer), **fields) == reason


def test_the_first_reason_in_the_order_of_the_table_is_the_one_given() -> None:
    order = list(BREAKERS)
    assert tuple(order) == REASONS[3:]
    for at in range(len(order)):
        child: dict[str, Any] = {}
        offer: dict[str, Any] = {}
        for reason in reversed(order[at:]):
            child |= BREAKERS[reason][0]
            offer |= BREAKERS[reason][1]
        prices: dict[str, Any] = {"prices": ()} if at <= order.index("price") else {}
        assert reason_of(pupil(**child), provision(**offer), **prices) == order[at]


@pytest.mark.parametrize(("low", "high", "is_taken"), [(5, 5, True), (0, 4, False), (6, 11, False)])
def test_both_year_groups_of_the_range_are_taken(low: int, high: int, is_taken: bool) -> None:
    assert (reason_of(pupil(), provision(low_year=low, high_year=high)) is None) == is_taken


@pytest.mark.parametrize(
    ("child", "offer", "is_taken"), [("", "F", True), ("F", "F", True), ("M", "F", False), ("M", "mixed", True)]
)
def test_a_blank_sex_and_a_mixed_setting_refuse_nobody(child: str, offer: str, is_taken: bool) -> None:
    assert (reason_of(pupil(sex=child), provision(sex=offer)) is None) == is_taken


@pytest.mark.parametrize("area", range(4))
def test_each_of_the_four_levels_has_its_limit(area: int) -> None:
    levels = tuple(2 if at == area else 3 for at in range(4))
    assert (
        reason_of(pupil(levels=tuple(3 if at == area else 0 for at in range(4))), provision(max_levels=levels))
        == "level"
    )
    assert (
        reason_of(pupil(levels=tuple(2 if at == area else 0 for at in range(4))), provision(max_levels=levels)) is None
    )


def test_a_road_of_exactly_the_limit_is_not_too_long() -> None:
    assert reason_of(pupil(max_km=14.0), provision()) is None


def test_without_a_limit_of_the_pupil_the_policy_sets_it() -> None:
    assert reason_of(pupil(), provision(), policy=Policy(max_km=13.0)) == "travel"
    assert reason_of(pupil(max_km=20.0), provision(), policy=Policy(max_km=13.0)) is None


def test_a_pupil_who_may_travel_no_way_at_all_is_not_held_to_the_policys_limit() -> None:
    assert reason_of(pupil(max_km=0.0), provision()) == "travel"
    assert reason_of(pupil(max_km=0.0), provision(easting=400_000)) is None


def test_the_travel_table_overrides_the_estimate_for_its_pupil_and_setting_alone() -> None:
    far = (Travel(pupil="P1", setting="100001", km=41.0),)
    assert reason_of(pupil(), provision(), travel=far) == "travel"
    assert reason_of(pupil(pupil="P2"), provision(), travel=far) is None
    assert reason_of(pupil(), provision(setting="100002"), travel=far) is None


@pytest.mark.parametrize("pattern", ["weekly", "termly", "annual"])
def test_residential_provision_may_be_anywhere(pattern: str) -> None:
    assert reason_of(pupil(pattern=pattern, max_km=1.0), provision(pattern=pattern)) is None


def test_outreach_reaches_as_far_as_its_staff_travel_whatever_the_pupil_may() -> None:
    child = pupil(options=("outreach",), max_km=1.0)
    assert reason_of(child, provision(kind="outreach", radius_km=13.0)) == "travel"
    assert reason_of(child, provision(kind="outreach", radius_km=14.0)) is None
    assert reason_of(child, provision(kind="outreach")) is None


def test_porous_travel_has_the_limit_of_daily_travel() -> None:
    porous = provision(kind="porous", sessions=4)
    assert reason_of(pupil(options=("porous",), max_km=13.0), porous) == "travel"


@pytest.mark.parametrize("setting_type", ["nmss", "section41", "state_special", "ap", "resourced_mainstream"])
def test_a_binding_request_lifts_la_forbidden_and_travel_and_refuses_other_settings(setting_type: str) -> None:
    child = pupil(request="100001", forbidden=("V1",), max_km=1.0)
    wanted = provision(setting_type=setting_type, las=("902",))
    other = provision(provision="V2", setting="100002")
    both = problem((child,), (wanted, other))
    assert refusal(both, child, wanted) is None
    assert refusal(both, child, other) == "request"


@pytest.mark.parametrize("reason", ["kind", "pattern", "age", "sex", "need", "level", "facilities", "price"])
def test_a_binding_request_lifts_no_other_condition(reason: str) -> None:
    child, offer = BREAKERS[reason]
    fields = {"prices": ()} if reason == "price" else {}
    assert reason_of(pupil(**child, **REQUEST), provision(**offer), **fields) == reason


@pytest.mark.parametrize("ground", ["unsuitable", "education_of_others", "resources", "public_expenditure"])
def test_a_recorded_ground_makes_a_request_not_binding(ground: str) -> None:
    child = pupil(request="100001", ground=ground, max_km=1.0)
    assert reason_of(child, provision()) == "travel"
    assert not Catalogue(problem((child,))).is_duty(child)


def test_a_request_to_an_independent_setting_is_the_first_wish_and_binds_nobody() -> None:
    child = pupil(request="100001", wishes=("100002", "100001"))
    offers = (provision(**INDEPENDENT), provision(provision="V2", setting="100002", setting_type="nmss"))
    ranking = options_for(problem((child,), offers), child)
    assert {row.setting: row.wish for row in ranking.options} == {"100001": 0, "100002": 1}
    assert not Catalogue(problem((child,), offers)).is_duty(child)


def test_a_locked_pupil_has_that_provision_alone_and_only_its_price_counts() -> None:
    child = pupil(locked="V1", options=(), pattern="weekly", year_group=14, primary_need="HI", max_km=0.0, sex="F")
    locked = provision(sex="M", max_levels=(0, 0, 0, 0), las=("902",))
    both = problem((replace(child, request="100002"),), (locked, provision(provision="V2", setting="100002")))
    assert refusal(both, both.pupils[0], locked) is None
    assert refusal(both, both.pupils[0], both.provisions[1]) == "locked"
    assert reason_of(child, locked, prices=()) == "price"


@pytest.mark.parametrize("fields", [{}, {"locked": "V1"}, REQUEST])
def test_universal_needs_have_no_option_whatever_else_is_said(fields: dict[str, str]) -> None:
    assert reason_of(pupil(levels=(0, 0, 0, 0), **fields), provision()) == "universal"


def test_a_full_day_place_counts_whole_and_travels_daily() -> None:
    option = option_of(pupil(), provision())
    assert (option.road_km, option.child_km, option.use, option.fte) == (14.0, 14.0, 1.0, 1.0)
    assert (option.price, option.transport, option.cost) == (40_000, 7_980, 47_980)  # 1.5 x 14 km x 380
    assert option.objective == pytest.approx(14 + 0.1 * 47.98)
    assert (option.band, option.pool) == ("intensive", "K1")


@pytest.mark.parametrize(("pattern", "trips"), [("weekly", 76), ("termly", 12), ("annual", 12)])
def test_a_residential_place_travels_by_its_journeys(pattern: str, trips: int) -> None:
    option = option_of(pupil(pattern=pattern), provision(pattern=pattern))
    assert option.child_km == pytest.approx(14 * trips / 380)
    assert (option.transport, option.use, option.fte) == (21 * trips, 1.0, 1.0)


def test_a_porous_place_counts_and_travels_by_its_sessions() -> None:
    option = option_of(pupil(options=("porous",)), provision(kind="porous", sessions=3))
    assert (option.child_km, option.use, option.fte) == (pytest.approx(4.2), 0.3, 0.3)
    assert option.transport == 2_394  # 1.5 x 14 km x 114


@pytest.mark.parametrize(
    ("shares", "sessions", "use"),
    [(None, 3, 0.3), (10, 3, 0.3), (5, 3, 0.4), (5, 4, 0.4), (4, 3, 0.5), (4, 8, 1.0), (2, 6, 1.0), (1, 1, 1.0)],
)  # fmt: skip
def test_a_porous_place_uses_whole_shares_of_a_place_and_counts_by_its_sessions(
    shares: int | None, sessions: int, use: float
) -> None:
    option = option_of(pupil(options=("porous",)), provision(kind="porous", sessions=sessions, shares=shares))
    assert (option.use, option.fte) == (use, sessions / 10)


def test_shares_of_the_year_are_those_of_the_policys_own_journeys() -> None:
    policy = Policy(journeys={"day": 190, "weekly": 38, "termly": 6, "annual": 2})
    boarder = option_of(pupil(pattern="annual"), provision(pattern="annual"), policy=policy)
    assert (boarder.child_km, boarder.transport) == (pytest.approx(14 * 2 / 190), 42)
    guest = option_of(pupil(options=("porous",)), provision(kind="porous", sessions=3), policy=policy)
    assert (guest.child_km, guest.transport) == (pytest.approx(4.2), 1_197)  # 1.5 x 14 km x 57


def test_outreach_uses_hours_and_the_child_does_not_travel() -> None:
    child = pupil(options=("outreach",), transport=True)
    option = option_of(child, provision(kind="outreach"), hours=5.0)
    assert (option.road_km, option.child_km, option.transport) == (14.0, 0.0, 0)
    assert (option.use, option.fte, option.cost) == (5.0, 0.2, 40_000)


@pytest.mark.parametrize(
    ("year_group", "km", "is_driven"), [(2, 3.219, False), (2, 3.22, True), (3, 4.828, False), (3, 4.83, True)]
)
def test_transport_is_paid_beyond_the_walking_distance_of_the_year_group(
    year_group: int, km: float, is_driven: bool
) -> None:
    near = (Travel(pupil="P1", setting="100001", km=km),)
    assert (option_of(pupil(year_group=year_group), provision(), travel=near).transport > 0) == is_driven
    assert option_of(pupil(year_group=year_group, transport=True), provision(), travel=near).transport > 0


def test_transport_is_to_the_nearest_pound_with_a_half_upwards() -> None:
    exact = np.array([0.0, 0.49999999999999994, 0.5, 1.5, 2.5, 2.4999, 7980.5, 4503599627370495.5])
    assert half_up(exact).tolist() == [0, 0, 1, 2, 3, 2, 7981, 4503599627370496]


@pytest.mark.parametrize(
    ("wishes", "wish"),
    [((), 0), (("100001", "9"), 0), (("9", "100001"), 1), (("9", "8", "100001"), 2), (("9", "8", "7", "100001"), 3),
     (("9",), 3), (("9", "100001", "8", "100001"), 1), (("100001", "9", "100001"), 0)],
)  # fmt: skip
def test_a_wish_costs_by_its_place_and_most_where_it_is_absent(wishes: tuple[str, ...], wish: int) -> None:
    option = option_of(pupil(wishes=wishes), provision())
    assert option.wish == wish
    assert option.objective == pytest.approx(14 + 4.798 + 5 * wish)


def test_the_price_is_that_of_the_band() -> None:
    prices = (Price(provision="V1", band="moderate", price=1), Price(provision="V1", band="profound", price=2))
    assert reason_of(pupil(), provision(), prices=prices) == "price"
    assert option_of(pupil(levels=(3, 3, 0, 0)), provision(), prices=prices).price == 2


def test_options_are_ranked_by_objective_and_refused_ones_by_distance_then_id() -> None:
    offers = tuple(provision(provision=f"V{i}", easting=410_000 + 1_000 * (5 - i // 2)) for i in range(6))
    strict = tuple(replace(row, provision=f"W{row.provision}", needs=("HI",)) for row in offers)
    ranking = options_for(problem((), (*strict, *offers)), pupil())
    assert [row.provision for row in ranking.options] == ["V4", "V5", "V2", "V3", "V0", "V1"]
    assert [row.provision for row in ranking.refused] == ["WV4", "WV5", "WV2", "WV3", "WV0", "WV1"]
    assert {row.reason for row in ranking.refused} == {"need"}


@settings(max_examples=60)
@given(problems(pupils=8, provisions=12))
def test_options_of_all_pupils_and_of_one_are_those_of_the_oracle(random_one: Problem) -> None:
    ordered = random_one.ordered()
    options = find_options(ordered, Catalogue(ordered))
    assert len(options) == options.start[-1]
    for at, child in enumerate(ordered.pupils):
        expected = {(row.provision, row.cost) for row in oracle.pairs(ordered, child)}
        ranking = options_for(random_one, child)
        assert {(row.provision, row.cost) for row in ranking.options} == expected
        span = slice(options.start[at], options.start[at + 1])
        found = [ordered.provisions[i].provision for i in options.provision[span]]
        ranked = [(row.provision, row.cost) for row in ranking.options]
        assert list(zip(found, options.cost[span].tolist(), strict=True)) == ranked


def test_the_size_of_a_block_of_pupils_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    some = problem(tuple(pupil(pupil=f"P{i}", easting=400_000 + 2_000 * i) for i in range(9))).ordered()
    whole = find_options(some, Catalogue(some))
    monkeypatch.setattr("optimiser.options._BLOCK_CELLS", 2)
    parts = find_options(some, Catalogue(some))
    assert parts.provision.tolist() == whole.provision.tolist()
    assert parts.start.tolist() == whole.start.tolist()
    assert parts.objective.tolist() == whole.objective.tolist()
