"""The map of the report, worked out by hand: what is drawn where and how large, and what is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from optimiser.answer import Answer, Assignment, PoolResult, Unplaced
from optimiser.problem import Problem
from optimiser.report_map import Map, draw_map
from optimiser.solve import match
from optimiser.template import EXAMPLE

Place = tuple[int, int]
ASH, BIRCH = (400_000, 300_000), (420_000, 310_000)
TWO = {"ash": ASH, "birch": BIRCH}  # drawn with a margin of 800 m: 21.6 km by 11.6 km, 36 m to a unit


def draw(
    settings: Mapping[str, Place],
    homes: Sequence[Place] = (),
    *,
    placed: Mapping[str, int] | None = None,
    pools: Sequence[tuple[str, str, float, float]] = (),
    outlines: Sequence[Sequence[tuple[float, float]]] = (),
) -> Map | None:
    """The map of such settings, with so many pupils placed there, and of pupils who live there and are unplaced."""
    provision, pupil = EXAMPLE.provisions[0], EXAMPLE.pupils[0]
    problem = Problem(
        provisions=tuple(
            replace(provision, provision=name, setting=name, easting=east, northing=north)
            for name, (east, north) in settings.items()
        ),
        pupils=tuple(replace(pupil, pupil=f"P{i}", easting=e, northing=n) for i, (e, n) in enumerate(homes)),
    )
    answer = Answer(
        assignments=tuple(stay(name) for name, count in (placed or {}).items() for _ in range(count)),
        unplaced=tuple(
            Unplaced(pupil=row.pupil, la=row.la, phase="choices", reason="capacity", detail="full")
            for row in problem.pupils
        ),
        pools=tuple(
            PoolResult(pool=f"pool-{i}", setting=setting, unit=unit, amount=amount, used=used, shadow_price=0.0)
            for i, (setting, unit, amount, used) in enumerate(pools)
        ),
        budgets=(),
        summary=match(Problem()).summary,
    )
    return draw_map(problem, answer, [np.array(outline, dtype=np.float64) for outline in outlines])


def drawn(settings: Mapping[str, Place], homes: Sequence[Place] = (), **more: object) -> Map:
    found = draw(settings, homes, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def stay(setting: str) -> Assignment:
    return Assignment(
        pupil="P", la="999", phase="choices", provision=setting, setting=setting, kind="full", pattern="day",
        band="mild", fte=1.0, road_km=1.0, child_km=1.0, price=1, transport=0, cost=1, wish=0,
    )  # fmt: skip


def test_settings_stand_on_the_map_where_they_lie() -> None:
    found = drawn(TWO)
    assert (found.width, found.height) == (600.0, 322.2)
    assert [(c.setting, c.x, c.y, c.easting, c.northing) for c in found.circles] == [
        ("ash", 22.2, 300.0, *ASH),
        ("birch", 577.8, 22.2, *BIRCH),
    ]
    assert (found.bar_km, found.bar) == (5, 138.9)


def test_a_setting_alone_stands_in_the_middle_of_a_map_that_has_room_for_the_scale_bar() -> None:
    found = drawn({"ash": ASH})
    assert (found.width, found.height, found.bar_km, found.bar) == (600.0, 600.0, 1, 240.0)
    assert (found.circles[0].x, found.circles[0].y) == (300.0, 300.0)


@pytest.mark.parametrize(
    ("other", "size", "places"),
    [
        ((400_000, 320_000), (277.8, 600.0), [(138.9, 577.8), (138.9, 22.2)]),
        ((420_000, 300_000), (600.0, 277.8), [(22.2, 138.9), (577.8, 138.9)]),
    ],
)
def test_a_strip_of_settings_runs_through_the_middle_of_a_map_half_as_wide_as_long(
    other: Place, size: tuple[float, float], places: list[tuple[float, float]]
) -> None:
    found = drawn({"ash": ASH, "birch": other})
    assert (found.width, found.height) == size
    assert [(circle.x, circle.y) for circle in found.circles] == places


def test_areas_show_their_pupils_the_more_the_darker() -> None:
    found = drawn(TWO, [(403_000, 303_000)] * 5 + [(411_000, 306_000)] * 11)
    assert [(a.easting, a.northing, a.pupils, a.shade) for a in found.areas] == [
        (400_000, 300_000, 5, 0.42),
        (410_000, 305_000, 11, 0.75),
    ]
    assert [(a.x, a.y, a.side) for a in found.areas] == [(22.2, 161.1, 138.9), (300.0, 22.2, 138.9)]
    assert (found.cell_km, found.hidden) == (5, 0)


def test_areas_are_as_fine_as_three_quarters_of_the_pupils_allow() -> None:
    crowds = [(403_000, 303_000)] * 5 + [(411_000, 306_000)] * 10
    few = [(416_000, 301_000)] * 4 + [(416_000, 308_000)]
    assert (drawn(TWO, crowds + few).cell_km, drawn(TWO, crowds + few).hidden) == (5, 5)
    coarser = drawn(TWO, [*crowds, *few, (416_000, 308_000)])
    assert (coarser.cell_km, coarser.hidden) == (10, 0)
    assert [(a.easting, a.northing, a.pupils) for a in coarser.areas] == [
        (400_000, 300_000, 5),
        (410_000, 300_000, 16),
    ]


def test_areas_are_a_hundred_km_wide_at_most() -> None:
    found = drawn({}, [(410_000, 310_000)] * 3 + [(460_000, 390_000)] * 2)
    assert [(a.easting, a.northing, a.pupils) for a in found.areas] == [(400_000, 300_000, 5)]
    assert found.cell_km == 100
    assert draw({}, [(410_000, 310_000)] * 3 + [(510_000, 390_000)] * 2) is None


@pytest.mark.parametrize(
    ("metres", "bar_km"),
    [
        *((5_500, 1), (5_600, 2), (13_800, 2), (13_900, 5), (27_700, 5), (27_800, 10), (55_500, 10), (55_600, 20)),
        *((138_800, 20), (138_900, 50), (277_700, 50), (277_800, 100), (555_500, 100), (555_600, 200)),
    ],
)
def test_the_scale_bar_is_a_round_number_of_km_and_at_most_a_third_of_the_map(metres: int, bar_km: int) -> None:
    assert drawn({"ash": ASH, "birch": (ASH[0] + metres, ASH[1])}).bar_km == bar_km


@pytest.mark.parametrize(("metres", "cell_km"), [(150_000, 5), (150_001, 10), (300_001, 20)])
def test_a_map_has_at_most_thirty_areas_in_a_row(metres: int, cell_km: int) -> None:
    assert drawn({"ash": ASH, "birch": (400_000 + metres, 300_000)}).cell_km == cell_km
    assert drawn({"ash": ASH}, [(400_000, 300_000 + metres)] * 5).cell_km == cell_km


def test_a_map_of_areas_alone_holds_the_whole_of_them_and_one_of_nothing_is_none() -> None:
    found = drawn({}, [(403_000, 303_000)] * 5)
    (area,) = found.areas
    assert (found.width, found.height) == (600.0, 600.0)
    assert (area.x, area.y, area.side) == (22.2, 22.2, 555.6)
    assert draw({}, [(403_000, 303_000)] * 4) is None


@pytest.mark.parametrize(("metres", "has_numbers"), [(138_000, True), (139_000, False)])
def test_numbers_stand_in_the_areas_where_there_is_room(metres: int, *, has_numbers: bool) -> None:
    assert drawn({"ash": ASH, "birch": (400_000 + metres, 300_000)}).has_numbers is has_numbers


def test_circles_grow_with_their_pupils_and_one_to_four_look_alike() -> None:
    names = ("alder", "birch", "cedar", "dogwood", "elm")
    settings = {name: (400_000 + 2_000 * i, 300_000) for i, name in enumerate(names)}
    found = drawn(settings, placed={"birch": 5, "cedar": 1, "dogwood": 4, "elm": 20})
    assert [(circle.setting, circle.pupils, circle.radius) for circle in found.circles] == [
        ("elm", 20, 15.0),
        ("birch", 5, 7.5),
        ("cedar", None, 6.7),
        ("dogwood", None, 6.7),
        ("alder", 0, 2.5),
    ]
    assert [circle.radius for circle in drawn(TWO, placed={"ash": 3}).circles] == [13.4, 2.5]
    assert [circle.radius for circle in drawn(TWO, placed={"ash": 1_000, "birch": 5}).circles] == [15.0, 2.5]


@pytest.mark.parametrize(
    ("pools", "is_full"),
    [
        ([], False),
        ([("ash", "places", 3.0, 2.0)], False),
        ([("ash", "places", 3.0, 2.1)], True),
        ([("ash", "places", 0.3, 0.1 + 0.2)], True),
        ([("ash", "places", 3.0, 3.0), ("ash", "places", 2.0, 0.0)], False),
        ([("ash", "places", 2.0, 0.0), ("ash", "places", 3.0, 3.0)], False),
        ([("ash", "places", 3.0, 3.0), ("ash", "hours", 9.0, 0.0)], True),
        ([("ash", "places", 3.0, 0.0), ("ash", "hours", 9.0, 9.0)], False),
        ([("ash", "hours", 9.0, 8.0)], False),
        ([("ash", "hours", 9.0, 8.5)], True),
        ([("birch", "places", 3.0, 3.0)], False),
    ],
)
def test_a_setting_is_full_with_less_than_a_place_left_or_without_places_an_hour(
    pools: list[tuple[str, str, float, float]], *, is_full: bool
) -> None:
    assert {circle.setting: circle.is_full for circle in drawn(TWO, pools=pools).circles}["ash"] is is_full


def ring(*places: tuple[float, float]) -> list[tuple[float, float]]:
    """Where the units of the map of two settings lie on the National Grid."""
    return [(399_200 + 36 * x, 310_800 - 36 * y) for x, y in places]


def test_an_outline_is_drawn_in_steps_of_half_a_unit_each_once() -> None:
    found = drawn(TWO, outlines=[ring((10, 20), (10.1, 20), (110.3, 20), (110.3, 120), (10, 20))])
    assert found.outlines == ("M10,20 110.5,20 110.5,120 10,20Z",)


def test_an_outline_is_cut_a_map_beyond_the_map() -> None:
    found = drawn(TWO, outlines=[ring((-5_000, 20), (10, -5_000), (5_000, 20), (10, 5_000), (-5_000, 20))])
    assert found.outlines == ("M-600,20 10,-322 1200,20 10,644.5 -600,20Z",)


@pytest.mark.parametrize(
    ("low", "high", "is_drawn"),
    [
        ((10, 10), (10.4, 10.9), False),
        ((10, 10), (10.4, 11.2), True),
        ((-50, 10), (-10, 90), False),
        ((-50, 10), (10, 90), True),
        ((10, -50), (90, -10), False),
        ((10, -50), (90, 10), True),
        ((610, 10), (650, 90), False),
        ((590, 10), (650, 90), True),
        ((10, 330), (90, 370), False),
        ((10, 310), (90, 370), True),
    ],
)
def test_outlines_beside_the_map_and_islets_are_left_out(
    low: tuple[float, float], high: tuple[float, float], *, is_drawn: bool
) -> None:
    (west, top), (east, bottom) = low, high
    outline = ring((west, top), (east, top), (east, bottom), (west, bottom), (west, top))
    kept = ring((100, 100), (200, 100), (200, 200), (100, 100))
    found = drawn(TWO, outlines=[outline, kept])
    assert len(found.outlines) == 1 + is_drawn
    assert found.outlines[-1] == "M100,100 200,100 200,200 100,100Z"
