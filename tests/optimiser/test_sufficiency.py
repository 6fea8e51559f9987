"""What one more place is worth: priced, predicted and confirmed, each by itself right on problems that a person can
work out, and never more than what is proven."""

import doctest
from dataclasses import replace

import pytest
from hypothesis import given, settings

from benchmarks.region import generate
from optimiser import Pool, Problem, match, sufficiency
from optimiser.one_more import OneMore, with_one_more
from optimiser.solved import solved_of
from optimiser.sufficiency import BY, PlaceWorth, worth_by_group, worth_by_kind, worth_of_places
from tests.optimiser.problems import problem, problems, provision, pupil

TEN_KM = 18.798  # km-equivalents of a place: 14 km, £40,000 and the transport


def waiting(priorities: tuple[int, ...] = (1, 3), **fields: object) -> Problem:
    """Pupils who differ in nothing but their urgency, and a place and a half too few of one kind."""
    children = tuple(pupil(pupil=f"P{at}", priority=urgency) for at, urgency in enumerate(priorities))
    return replace(problem(children, amount=1.0), **fields)  # type: ignore[arg-type]


def worth_in(source: Problem, seconds: float = 10) -> tuple[PlaceWorth, ...]:
    return worth_of_places(source, match(source, seconds=seconds), seconds=seconds).places


def test_the_examples_hold() -> None:
    assert doctest.testmod(sufficiency).attempted > 0
    assert doctest.testmod(sufficiency).failed == 0


def test_a_place_for_whoever_waits_is_worth_what_it_takes_from_the_wait() -> None:
    (row,) = worth_in(waiting())
    assert (row.pool, row.setting, row.unit, row.phase) == ("K1", "100001", "places", "choices")
    for change in (row.worth.predicted, row.worth.confirmed):
        assert change.saving == pytest.approx(4000 - TEN_KM)
        assert (change.placed, change.child_km) == (pytest.approx(1), pytest.approx(14))
        assert change.cost == pytest.approx(40_000 + 7_980)
    assert row.worth.low <= 4000 - TEN_KM + 1e-6 <= row.worth.high + 2e-6
    assert row.worth.agrees
    assert row.worth.is_proven


def test_a_duty_has_the_place_before_any_choice() -> None:
    children = (pupil(pupil="P1"), pupil(pupil="P2", request="100001", priority=1), pupil(pupil="P3", priority=5))
    bound = tuple(replace(row, request="100001") for row in children[:2])
    (row,) = worth_in(replace(waiting(), pupils=(*bound, children[2])))
    assert row.phase == "duties"
    assert row.worth.predicted.saving == pytest.approx(4000 - TEN_KM)
    assert row.worth.confirmed.saving == pytest.approx(4000 - TEN_KM)


def test_where_nobody_lacks_a_place_no_pool_is_looked_at() -> None:
    source = replace(waiting(), pools=(Pool(pool="K1", setting="100001", unit="places", amount=5.0),))
    found = worth_of_places(source, match(source), seconds=5)
    assert (found.places, found.together, found.signs) == ((), None, 1.0)
    assert found.by_price is found.by_relaxation is found.relaxation_by_price is None


def test_the_dearest_come_first_and_only_as_many_as_are_asked_for() -> None:
    near, far = provision(needs=("ASD",)), provision(provision="V2", setting="100002", pool="K2", needs=("HI",))
    children = [pupil(pupil=f"P{at}", priority=3) for at in range(2)]
    children += [pupil(pupil=f"Q{at}", priority=1, primary_need="HI") for at in range(2)]
    source = problem(tuple(children), (near, far))
    assert [row.pool for row in worth_in(source)] == ["K2", "K1"]
    heard: list[tuple[int, int]] = []
    found = worth_of_places(source, match(source), top=1, seconds=5, heard=lambda *each: heard.append(each))
    assert [row.pool for row in found.places] == ["K2"]
    assert heard == [(1, 2), (2, 2)]
    assert found.together is not None
    assert found.together.confirmed == found.places[0].worth.confirmed


def test_all_of_them_together_are_the_sum_where_they_have_nothing_to_do_with_each_other() -> None:
    near, far = provision(needs=("ASD",)), provision(provision="V2", setting="100002", pool="K2", needs=("HI",))
    children = [pupil(pupil=f"P{at}", priority=at + 1, primary_need=need) for at, need in enumerate(("ASD", "HI") * 2)]
    source = problem(tuple(children), (near, far))
    found = worth_of_places(source, match(source), seconds=5)
    assert found.together is not None
    assert found.together.confirmed.saving == pytest.approx(sum(row.worth.confirmed.saving for row in found.places))
    assert found.together.confirmed.placed == 2


@settings(max_examples=30, deadline=None)
@given(problems(pupils=7, provisions=5))
def test_a_saving_lies_within_what_is_proven_and_is_never_a_loss(source: Problem) -> None:
    answer = match(source, seconds=10)
    for row in worth_of_places(source, answer, top=3, seconds=10).places:
        assert row.worth.low <= row.worth.confirmed.saving + 1e-6
        assert row.worth.confirmed.saving <= row.worth.high + 1e-6
        assert row.worth.confirmed.saving >= 0
        # A dual is the slope at this side or at the other: a whole unit is worth no more than that.
        assert -1e-6 <= row.worth.predicted.saving <= row.shadow_price + 1e-6


def test_an_answer_with_a_place_more_teaches_a_better_one_without() -> None:
    source = generate(120, 45, seed=7)
    good = match(source, seconds=60)
    poor = match(replace(source, policy=replace(source.policy, bound_gap=0.5)), seconds=60)
    solved = solved_of(source, poor)
    one_more = OneMore(solved)
    before = solved.choices.programme.objective(one_more._best)
    one_more.give_back(good)
    after = solved.choices.programme.objective(one_more._best)
    assert after <= good.summary.phases[1].objective + 1e-6
    assert after < before


def test_an_answer_whose_duties_differ_teaches_nothing() -> None:
    children = (pupil(pupil="P1", request="100001"), pupil(pupil="P2", request="100001", priority=1))
    source = replace(waiting(), pupils=children)
    one_more = OneMore(solved_of(source, match(source)))
    before = one_more._best.tolist()
    one_more.give_back(match(with_one_more(source.ordered(), [0])))
    assert one_more._best.tolist() == before


def test_a_group_is_told_who_waits_and_what_a_place_of_its_own_would_be_worth() -> None:
    children = (
        pupil(pupil="P1", priority=1),
        pupil(pupil="P2", priority=3),
        pupil(pupil="P3", priority=5, primary_need="HI", year_group=9),
    )
    source = problem(children, (provision(needs=("ASD", "HI")),))
    solved = solved_of(source, match(source))
    price = solved.choices.prices.pools[0]
    assert 4000 - TEN_KM - 1e-6 <= price <= 16000 - TEN_KM + 1e-6
    found = {row.group: row for row in worth_by_group(solved, BY["need"])}
    assert (found["ASD"].pupils, found["ASD"].waiting) == (2, 1)
    assert (found["HI"].pupils, found["HI"].waiting, found["HI"].pool) == (1, 1, "K1")
    assert found["HI"].shadow_price == pytest.approx(1000 - TEN_KM)
    assert found["ASD"].shadow_price == pytest.approx(price)
    assert [row.group for row in worth_by_group(solved, BY["phase"])] == ["primary", "secondary"]
    assert [row.group for row in worth_by_group(solved, BY["level"])] == ["intensive"]


def test_no_group_gains_more_than_all_do() -> None:
    source = waiting()
    solved = solved_of(source, match(source))
    (row,) = worth_by_group(solved, BY["need"], {"K1": 7.0})
    assert (row.pool, row.shadow_price) == ("K1", 7.0)
    (row,) = worth_by_kind(solved, {"K1": 0.0})
    assert (row.pool, row.shadow_price) == ("", 0.0)


def test_by_kind_a_pupil_counts_for_every_kind_that_would_do() -> None:
    offers = (provision(), provision(provision="V2", kind="porous", sessions=5, setting="100002", pool="K2"))
    children = (pupil(pupil="P1", options=("full", "porous")), pupil(pupil="P2"), pupil(pupil="P3"))
    source = problem(children, offers)
    full, porous = worth_by_kind(solved_of(source, match(source)))
    assert (full.group, full.pupils, full.waiting, full.pool) == ("full", 3, 1, "K1")
    assert (porous.group, porous.pupils, porous.waiting) == ("porous", 1, 0)
    assert (porous.pool, porous.shadow_price) == ("", 0.0)  # half of its place is free
