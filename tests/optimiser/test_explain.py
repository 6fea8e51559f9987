"""Why pupils are unplaced: each reason, what comes with it, and that it is true of random answers."""

from typing import Any

import pytest
from hypothesis import given, settings

from optimiser import Budget, Policy, Pool, Problem, Unplaced, match
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, provision, pupil


def unplaced(*args: Any, **fields: Any) -> Unplaced:
    """The one pupil left out, by the reference, the LA and the phase that are the pupil's."""
    source = problem(*args, **fields)
    (row,) = match(source).unplaced
    (child,) = (child for child in source.pupils if child.pupil == row.pupil)
    assert (row.la, row.phase) == (child.la, "duties" if oracle.is_duty(source, child) else "choices")
    return row


def test_universal_needs_are_met_by_ordinarily_available_provision() -> None:
    row = unplaced((pupil(levels=(0, 0, 0, 0)),))
    assert (row.reason, row.phase, row.refusals) == ("universal", "choices", {})
    assert "ordinarily available" in row.detail


def test_without_an_option_the_refusals_are_counted_by_first_reason() -> None:
    offers = tuple(provision(provision=f"V{i}", needs=("HI",) if i else ("ASD",), high_year=4) for i in range(3))
    offers += (provision(provision="V3", needs=("HI",)),)
    row = unplaced(provisions=offers)
    assert (row.reason, row.refusals) == ("no_option", {"age": 3, "need": 1})
    assert row.detail == "refused by age 3, need 1"


def test_options_worth_less_than_none_are_said_to_be_so() -> None:
    row = unplaced(policy=Policy(unplaced=(1.0, 1.0, 1.0, 1.0, 1.0)))
    assert row.reason == "no_option"
    assert row.detail.startswith("1 option, none better")
    two = (provision(), provision(provision="V2"))
    row = unplaced(provisions=two, policy=Policy(unplaced=(1.0, 1.0, 1.0, 1.0, 1.0)))
    assert row.detail.startswith("2 options, none better")


def test_where_there_is_no_provision_that_is_said() -> None:
    row = unplaced(provisions=())
    assert (row.reason, row.detail) == ("no_option", "there is no provision")


def test_the_best_of_several_full_options_is_named_not_the_first() -> None:
    row = unplaced(provisions=(provision(easting=412_000), provision(provision="V2", pool="K2")), amount=0.0)
    assert (row.provision, row.pool) == ("V2", "K2")


def test_the_full_pool_of_the_best_option_is_named_with_its_price() -> None:
    rivals = (pupil(pupil="P1", priority=1), pupil(pupil="P2"))
    offers = (provision(pool="K1"), provision(provision="V2", pool="K2", easting=412_000))
    row = unplaced(rivals, offers, pools=tuple(
        Pool(pool=name, setting="100001", unit="places", amount=amount) for name, amount in (("K1", 1), ("K2", 0))
    ))  # fmt: skip
    assert (row.pupil, row.reason, row.provision, row.pool) == ("P2", "capacity", "V1", "K1")
    assert row.shadow_price == pytest.approx(4000 - 14 - 4.798)
    assert row.detail == (
        "V1 is best and takes 1 place, but pool K1 is full; "
        "shadow price: one more place is worth 3,981.202 km-equivalents"
    )


def test_the_price_of_a_full_pool_of_hours_is_said_by_the_hour() -> None:
    outreach = provision(kind="outreach")
    pool = Pool(pool="K1", setting="100001", unit="hours", amount=0)
    row = unplaced((pupil(options=("outreach",)),), (outreach,), pools=(pool,))
    assert "takes 5 hours a week, but pool K1 is full; shadow price: one more hour a week is worth" in row.detail


def test_a_full_requested_setting_is_named_as_such() -> None:
    row = unplaced((pupil(request="100001"),), amount=0.0)
    assert (row.reason, row.phase, row.pool) == ("request_full", "duties", "K1")


def test_the_price_of_a_place_that_a_duty_lost_is_that_of_the_duties() -> None:
    answer = match(problem((pupil(request="100001", priority=1), pupil(pupil="P2", request="100001"))))
    (row,) = answer.unplaced
    assert row.shadow_price == answer.summary.phases[0].pool_prices["K1"] > 0
    assert answer.pools[0].shadow_price == 0


def test_what_little_is_left_of_a_pool_is_said() -> None:
    row = unplaced(amount=0.4)
    assert row.detail.startswith("V1 is best and takes 1 place, but pool K1 has 0.4 left; shadow price: ")


def test_what_is_left_of_a_pool_by_rounding_alone_is_nothing() -> None:
    assert 0 < 0.8 - (0.7 + 0.1) < 1e-15
    offers = (provision(kind="porous", sessions=7), provision(provision="V2", kind="porous", sessions=1))
    children = (pupil(pupil="P1", locked="V1"), pupil(pupil="P2", locked="V2"), pupil(pupil="P3", options=("porous",)))
    assert "but pool K1 is full;" in unplaced(children, offers, amount=0.8).detail


def test_the_cheapest_option_with_room_is_named_not_the_first() -> None:
    row = unplaced(
        provisions=(provision(easting=412_000), provision(provision="V2", pool="K2")),
        budgets=(Budget(la="901", budget=47_000),),
    )
    assert (row.reason, row.provision, row.cost) == ("budget", "V2", 47_980)


def test_a_full_locked_provision_is_a_matter_of_capacity_even_where_it_is_requested() -> None:
    row = unplaced((pupil(request="100001", locked="V1"),), amount=0.0)
    assert (row.reason, row.phase) == ("capacity", "duties")


def test_the_cheapest_option_with_room_and_the_pounds_missing_are_named() -> None:
    offers = (
        provision(provision="V1", pool="K1"),
        provision(provision="V2", pool="K2", easting=411_000),
        provision(provision="V3", pool="K3", easting=401_000),
    )
    pools = tuple(
        Pool(pool=f"K{i}", setting="100001", unit="places", amount=amount) for i, amount in ((1, 1), (2, 1), (3, 0))
    )
    row = unplaced(provisions=offers, pools=pools, budgets=(Budget(la="901", budget=47_000),))
    assert (row.reason, row.provision, row.cost, row.missing) == ("budget", "V1", 47_980, 980)
    assert row.detail == "V1 is the cheapest option with room: £47,980 a year, £980 more than is left"


@settings(max_examples=120)
@given(problems(pupils=30, provisions=10))
def test_every_reason_is_true_of_the_answer(random_one: Problem) -> None:
    answer = match(random_one)
    left = {row.pool: row.amount - row.used for row in answer.pools}
    money = {row.la: row.left for row in answer.budgets}
    children = {row.pupil: row for row in random_one.pupils}
    for row in answer.unplaced:
        child = children[row.pupil]
        weight = random_one.policy.unplaced[child.priority - 1]
        options = [pair for pair in oracle.pairs(random_one, child) if pair.objective < weight]
        roomy = [pair for pair in options if pair.use <= left[pair.pool] + 1e-6]
        if row.reason == "universal":
            assert oracle.band_of(random_one, child) == "universal"
        elif row.reason == "no_option":
            assert not options
            assert sum(row.refusals.values()) in (0, len(random_one.provisions))
        elif row.reason == "budget":
            assert (
                min(pair.cost for pair in roomy) == row.cost == money[child.la] + (row.missing or 0) > money[child.la]
            )
        else:
            assert options
            assert not roomy
            assert row.pool in {pair.pool for pair in options}
            assert (row.reason == "request_full") == (oracle.binds(random_one, child) and not child.locked)
