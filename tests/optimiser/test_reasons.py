"""Why this and not that: the numbers add up, the changes that are said to be enough are, and the sentences say it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from optimiser import Budget, Pool, Problem, Travel, match
from optimiser.inquiry import Inquiry, UnknownError
from optimiser.ledger import StrangeAnswerError
from optimiser.options import options_for
from optimiser.reasons import Alternative, Reasons
from optimiser.standing import standing_of
from tests.optimiser import oracle
from tests.optimiser.problems import problem, problems, provision, pupil


def inquiry(source: Problem) -> Inquiry:
    return Inquiry(source, standing_of(match(source)))


def reduced(source: Problem, found: Reasons) -> dict[str, float]:
    """r_o of every option by the oracle's own arithmetic."""
    money = found.prices.budgets.get(found.pupil.la, 0.0)
    pair_prices = found.prices.pools
    return {
        pair.provision: pair.objective
        - found.unplaced
        + pair_prices.get(pair.pool, 0.0) * pair.use
        + money * pair.cost / 1000
        for pair in oracle.pairs(source, found.pupil)
    }


@settings(max_examples=80)
@given(problems(pupils=12, provisions=8))
def test_the_parts_add_up_to_the_difference_for_every_pupil(source: Problem) -> None:
    asked = inquiry(source)
    for child in source.pupils:
        found = asked.reasons(child.pupil)
        counts = reduced(source, found)
        own = counts[found.chosen.option.provision] if found.chosen else 0.0
        for row in found.alternatives:
            assert row.own + row.pool + row.budget == pytest.approx(row.total, abs=1e-6)
            assert counts[row.option.provision] - own == pytest.approx(row.total, abs=1e-6)
        assert len(found.alternatives) + found.others + bool(found.chosen) == len(counts)


@settings(max_examples=80)
@given(problems(pupils=12, provisions=8))
def test_every_nearer_or_cheaper_option_is_spoken_of(source: Problem) -> None:
    asked = inquiry(source)
    for child in source.pupils:
        found = asked.reasons(child.pupil)
        named = {row.option.provision for row in found.alternatives}
        for option in options_for(source, child).options:
            if found.chosen is None:
                assert option.provision in named
            elif option.provision != found.chosen.option.provision:
                had = found.chosen.option
                is_asked = option.road_km < had.road_km or option.cost < had.cost or option.objective < had.objective
                assert is_asked == (option.provision in named)


def cheaper(source: Problem, row: Alternative, pounds: int) -> Problem:
    """The problem with the option's price lower by some pounds."""
    prices = tuple(
        replace(price, price=price.price - pounds)
        if (price.provision, price.band) == (row.option.provision, row.option.band)
        else price
        for price in source.prices
    )
    return replace(source, prices=prices)


@settings(max_examples=80)
@given(problems(pupils=12, provisions=8))
def test_the_pounds_that_are_said_to_be_enough_are_and_half_of_them_are_not(source: Problem) -> None:
    asked = inquiry(source)
    for child in source.pupils:
        found = asked.reasons(child.pupil)
        for row in found.alternatives:
            name = row.option.provision
            if row.pounds is None or row.pounds + 1 > row.option.price:
                continue
            counts = reduced(cheaper(source, row, row.pounds + 1), found)
            assert counts[name] == min([0.0, *counts.values()])
            if row.margin > 1e-6:
                counts = reduced(cheaper(source, row, row.pounds // 2), found)
                assert counts[name] > min([0.0, *(r for other, r in counts.items() if other != name)]) - 1e-9


@settings(max_examples=80)
@given(problems(pupils=12, provisions=8))
def test_the_km_and_the_pools_price_that_are_said_to_be_enough_are(source: Problem) -> None:
    asked = inquiry(source)
    for child in source.pupils:
        found = asked.reasons(child.pupil)
        for row in found.alternatives:
            name, option = row.option.provision, row.option
            if row.km is not None:
                km = round(option.road_km - row.km, 3)  # a whole number of metres
                others = tuple(
                    one for one in source.travel if (one.pupil, one.setting) != (child.pupil, option.setting)
                )
                near, less = (
                    replace(source, travel=(*others, Travel(pupil=child.pupil, setting=option.setting, km=way)))
                    for way in (km, min(km + 0.002, option.road_km))
                )
                rest = [r for other, r in reduced(source, found).items() if other != name]
                assert reduced(near, found)[name] <= min([0.0, *rest]) + 1e-6
                assert reduced(less, found)[name] > min([0.0, *rest]) - 1e-6  # two metres less are not
            if row.pool_price is not None:
                now = found.prices.pools[option.pool]
                assert 0 <= row.pool_price <= now
                assert row.pool_price < now or row.margin < 1e-6  # where the option is the best but for rounding
                r = reduced(source, found)[name] - (now - row.pool_price) * option.use
                rest = [r for other, r in reduced(source, found).items() if other != name]
                assert r == pytest.approx(min([0.0, *rest]), abs=1e-6)


def rivals() -> Problem:
    """P1, the more urgent, has the one place next door; P2 goes farther, to V2."""
    return problem(
        (pupil(pupil="P1", priority=1, wishes=("100001",)), pupil(pupil="P2")),
        (provision(pool="K1"), provision(provision="V2", setting="100002", pool="K2", easting=420_000)),
    )


def test_a_place_that_others_want_more_is_explained_by_its_price() -> None:
    lines = inquiry(rivals()).pupil("P2")
    assert lines == [
        "P2 (LA 901) is placed in V2 (full, setting 100002): 28 km by road, £55,960 a year.",
        "That counts 33.60 km-equivalents: 28.00 for the child's way, 5.60 for the cost.",
        "Decided with the choices, within what the duties leave.",
        "The prices are those of the choices; the answer is proven within 0.000%.",
        "",
        "Why not each option that is nearer, cheaper or better for the pupil alone:",
        "",
        "V1 (full, setting 100001): 14 km by road (14 km nearer), £47,980 a year (£7,980 cheaper).",
        *lines[8:],
    ]
    assert lines[8].startswith("  Against the placement: for the pupil alone −14.80 (child's way −14.00, cost −0.80);")
    assert "its pool K1 +" in lines[8]
    assert "  To take it the pupil needs 1 place more in pool K1." in lines


def test_an_unplaced_pupil_is_told_what_would_have_to_be_free() -> None:
    source = problem((pupil(pupil="P1", priority=1), pupil(pupil="P2")), budgets=(Budget(la="901", budget=50_000),))
    lines = inquiry(source).pupil("P2")
    assert lines[0].startswith("P2 (LA 901) is unplaced: V1 is best and takes 1 place, but pool K1 is full;")
    assert lines[1] == "Being unplaced counts 4,000.00 km-equivalents at priority 3."
    assert "  To take it the pupil needs 1 place more in pool K1 and £45,960 more in the budget of LA 901." in lines


def test_the_best_of_all_needs_no_comparison() -> None:
    lines = inquiry(problem()).pupil("P1")
    assert lines[-1] == "No other option is nearer, cheaper or better for the pupil alone."


def test_an_option_worse_by_the_policy_alone_is_said_to_be_so_and_a_nearer_unsuitable_one_why() -> None:
    offers = (
        provision(),
        provision(provision="V2", setting="100002", pool="K2", kind="porous", sessions=9, easting=425_000),
        provision(provision="V3", setting="100003", pool="K3", easting=401_000, needs=("HI",)),
    )
    prices = tuple(
        replace(row, price=1_000) if row.provision == "V2" else row for row in problem(provisions=offers).prices
    )
    lines = inquiry(problem((pupil(options=("full", "porous")),), offers, prices=prices)).pupil("P1")
    assert "  It is no better for this pupil by what the policy counts, whatever others want." in lines
    assert lines[-1] == "  V3, 1.4 km: does not meet the primary need"


def test_a_duty_is_said_to_be_one() -> None:
    lines = inquiry(problem((pupil(request="100001"),))).pupil("P1")
    assert "The parent's request for setting 100001 binds." in lines
    assert "Decided with the duties, which come before any budget." in lines
    lines = inquiry(problem((pupil(locked="V1"),))).pupil("P1")
    assert "V1 is fixed by an order or a running placement." in lines


def test_room_that_the_search_left_unused_is_owned_to() -> None:
    source = rivals()
    answer = match(source)
    standing = standing_of(answer)
    left = replace(standing, chosen={"P2": "V2"}, unplaced={"P1": "left out"})
    assert any("nothing but the search explains it" in line for line in Inquiry(source, left).pupil("P2"))


def test_what_the_best_at_these_prices_lacks_is_said_too() -> None:
    source = rivals()
    standing = standing_of(match(source))
    free = replace(standing.prices["choices"], pools={})
    lines = Inquiry(source, replace(standing, prices={**standing.prices, "choices": free})).pupil("P2")
    assert any(
        line.startswith("  At these prices it would be better, and what is left does not hold") for line in lines
    )
    assert lines[-1] == "  To take it the pupil needs 1 place more in pool K1."


def test_hours_are_spoken_of_as_hours() -> None:
    pool = Pool(pool="K1", setting="100001", unit="hours", amount=0)
    source = problem((pupil(options=("outreach",)),), (provision(kind="outreach"),), pools=(pool,))
    assert "  To take it the pupil needs 5 hours a week more in pool K1." in inquiry(source).pupil("P1")


def test_who_and_what_is_unknown_is_refused() -> None:
    asked = inquiry(problem())
    with pytest.raises(UnknownError, match="no pupil P9"):
        asked.pupil("P9")
    with pytest.raises(UnknownError, match="no pool K9"):
        asked.pool("K9", 10)
    with pytest.raises(UnknownError, match="no budget of LA 901"):
        asked.budget("901", 10)


@pytest.mark.parametrize("chosen", [{"P9": "V1"}, {"P1": "V9"}])
def test_an_answer_to_another_problem_is_refused(chosen: dict[str, str]) -> None:
    source = problem()
    with pytest.raises(StrangeAnswerError):
        Inquiry(source, replace(standing_of(match(source)), chosen=chosen))


def test_a_placement_without_eligibility_is_refused() -> None:
    source = problem((pupil(sex="M"),), (provision(sex="F"),))
    asked = Inquiry(source, replace(standing_of(match(problem())), chosen={"P1": "V1"}))
    with pytest.raises(StrangeAnswerError, match="not eligible"):
        asked.pupil("P1")
