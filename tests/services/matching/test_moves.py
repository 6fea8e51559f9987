"""Why a pupil moves: the most direct reason that holds, for each kind of change and for what it does to others."""

from typing import Any

import pytest

from marketplace.services.matching.changes import what_if_of
from marketplace.services.matching.moves import Base, why_moved
from marketplace.services.matching.supply import database_id
from marketplace.services.matching.what_ifs import Guide, applied
from optimiser import Budget, Price, Problem, match
from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff
from tests.optimiser.problems import problem, provision, pupil

ALDER = provision(provision="1.0-11", pool="1.0-11")
HAZEL = provision(provision="2.0-11", pool="2.0-11", setting="100002", easting=420_000)
SPLIT = provision(provision="3.0-11", pool="1.0-11", kind="porous", sessions=4)
NAMES = {"100001": "Alder House", "100002": "Hazel Lodge"}
P1, P2 = pupil(), pupil(pupil="P2", easting=405_000)
GUIDE = Guide(tariff=load_tariff(DEMONSTRATION_TARIFF), framework=load_framework(DEMONSTRATION_FRAMEWORK), la_codes={})


def prices(**by_provision: int) -> tuple[Price, ...]:
    """A price of each provision at the pupils' band, by _1, _2 …"""
    return tuple(
        Price(provision=f"{name[1:]}.0-11", band="intensive", price=pounds) for name, pounds in by_provision.items()
    )


def why(base: Problem, **changes: Any) -> dict[str, tuple[int | None, str]]:
    """Who is elsewhere with these changes: where, and why."""
    answer = match(base)
    placed: dict[str, int | None] = {row.pupil: None for row in answer.unplaced}
    placed |= {row.pupil: database_id(row.provision) for row in answer.assignments}
    used = {row.pool: row.used for row in answer.pools}
    after = applied(base, what_if_of(changes, GUIDE if "tariff" in changes else None))
    found = match(after)
    places = {row.pupil: database_id(row.provision) for row in found.assignments}
    words = why_moved(Base(problem=base, placed=placed, used=used, changes=changes), after, found, NAMES)
    return {who: (places.get(who), sentence) for who, sentence in words.items()}


def test_nobody_moves_where_nothing_is_changed() -> None:
    assert why(problem((P1, P2), (ALDER, HAZEL))) == {}


def test_who_takes_a_place_that_is_added_and_who_one_that_is_left() -> None:
    base = problem((P1, P2, pupil(pupil="P3", easting=419_000)), (ALDER, HAZEL))
    found = why(base, places={"1.0-11": 1})
    assert {at for at, _ in found.values()} == {1}
    assert {words for _, words in found.values()} == {"Alder House has 1 more place."}
    base = problem((P1, P2, pupil(pupil="P3", easting=419_000, max_km=15.0)), (ALDER, HAZEL))
    moved = why(base, closed=["100002"])
    assert all("Hazel Lodge is closed" in words for _, words in moved.values())


def test_who_follows_into_a_place_that_another_leaves() -> None:
    far = pupil(pupil="P3", easting=421_000, locked="")
    base = problem((P2, far), (ALDER, HAZEL), amount=1.0)
    assert why(base, locked={"P2": "2.0-11"}) == {
        "P2": (2, "The scenario keeps this pupil at Hazel Lodge."),
        "P3": (1, "Others take the room at Hazel Lodge: all pupils together are better placed so."),
    }
    near = problem((P1, P2), (ALDER,), amount=1.0)
    found = why(near, forbidden={"P2": ["1.0-11"]})
    assert found["P1"] == (1, "Others leave room at Alder House, which was full.")
    assert found["P2"] == (None, "The scenario rules out Alder House for this pupil.")


def test_a_longer_cap_lets_a_place_in() -> None:
    base = problem((P2,), (HAZEL,))
    assert why(problem((P2,), (HAZEL,), policy=policy(base, max_km=15.0)), policy={"max_km": 30.0}) == {
        "P2": (2, "The cap of 30 km lets in Hazel Lodge, 21.0 km by road.")
    }


@pytest.mark.parametrize(
    ("budget", "share", "expected"),
    [
        (60_000, 50, (None, "The budget does not reach for Alder House any more, at £47,980 a year.")),
        (30_000, 200, (1, "The larger budget reaches for Alder House, at £47,980 a year.")),
    ],
)
def test_a_budget_reaches_no_more_or_further(budget: int, share: int, expected: tuple[int | None, str]) -> None:
    base = problem((P1,), (ALDER,), budgets=(Budget(la="901", budget=budget),))
    assert why(base, budgets={"901": share}) == {"P1": expected}


def test_prices_of_a_tariff_and_changed_weights_are_told() -> None:
    dear = problem((pupil(),), (ALDER, HAZEL), prices=prices(_1=30_000, _2=500_000))
    assert why(dear, tariff={"id": 1}) == {}
    cheap = problem((pupil(),), (ALDER, HAZEL), prices=prices(_1=500_000, _2=30_000))
    ((at, words),) = why(cheap, tariff={"id": 1}).values()
    assert at == 1
    assert words.startswith("By the tariff Alder House costs £")
    chosen = problem((pupil(options=("full", "porous")),), (ALDER, SPLIT), prices=prices(_1=20_000, _3=200_000))
    words = (
        "By the changed weights (what a step to a fuller kind counts as) Alder House is the better for all together."
    )
    assert why(chosen, policy={"least_restrictive_weight": 20.0}) == {"P1": (3, words)}


def test_a_sentence_names_no_other_pupil() -> None:
    base = problem((P1, P2), (ALDER, HAZEL))
    for _, words in why(base, locked={"P1": "2.0-11"}, places={"1.0-11": -1}).values():
        assert "P1" not in words
        assert "P2" not in words


def policy(source: Problem, **numbers: float) -> Any:
    """The policy of a problem with other numbers."""
    return applied(source, what_if_of({"policy": numbers}, None)).policy
