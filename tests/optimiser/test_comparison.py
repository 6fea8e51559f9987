"""One pupil's options compared at given prices, every number worked out by hand."""

from dataclasses import replace

import pytest

from optimiser import Budget, Policy, Pool, Price, Problem, Travel, match
from optimiser.inquiry import Inquiry
from optimiser.reasons import Alternative, Reasons
from optimiser.standing import PhasePrices, standing_of
from tests.optimiser.problems import problem, provision

# km, £ a year, pool. A driven km costs £100 a year, so from 4.828 km on it counts 1 + 0.06 at 0.1 + 0.5 for £1,000.
OFFERS = {
    "V1": (10.0, 40_000, "K1"),  # 10 + 4.1, pool 3, budget 20.5: 37.6; what the pupil has
    "V2": (5.0, 60_000, "K2"),  # 5 + 6.05, pool 6, budget 30.25: 47.3
    "V3": (12.0, 30_000, "K1"),  # 12 + 3.12, pool 3, budget 15.6: 33.72; the least
    "V4": (9.0, 38_000, "K4"),  # 9 + 3.89, pool 8, budget 19.45: 40.34
    "V5": (39.0, 1_000, "K5"),  # 39 + 0.49, pool 50, budget 2.45: 91.94
    "V6": (20.0, 50_000, "K2"),  # dearer, farther and no better
}
PRICES = {"K1": 3.0, "K2": 6.0, "K4": 8.0, "K5": 50.0}


def source() -> Problem:
    return problem(
        provisions=tuple(
            provision(provision=name, setting=f"10000{name[1:]}", pool=pool) for name, (_, _, pool) in OFFERS.items()
        ),
        pools=tuple(
            Pool(pool=name, setting="100001", unit="places", amount=0.25 if name == "K4" else 1.0) for name in PRICES
        ),
        prices=tuple(Price(provision=name, band="intensive", price=price) for name, (_, price, _) in OFFERS.items()),
        travel=tuple(Travel(pupil="P1", setting=f"10000{name[1:]}", km=km) for name, (km, _, _) in OFFERS.items()),
        budgets=(Budget(la="900", budget=1), Budget(la="901", budget=45_000)),
        policy=Policy(transport_rate=10 / 38),
    )


@pytest.fixture(scope="module")
def found() -> Reasons:
    standing = standing_of(match(source()))
    prices = PhasePrices(pools=PRICES, budgets={"901": 0.5}, gap=0.0)
    standing = replace(standing, chosen={"P1": "V1"}, unplaced={}, prices={**standing.prices, "choices": prices})
    return Inquiry(source(), standing).reasons("P1")


def row_of(found: Reasons, name: str) -> Alternative:
    return next(row for row in found.alternatives if row.option.provision == name)


def test_what_is_nearer_cheaper_or_better_is_compared_and_the_rest_is_counted(found: Reasons) -> None:
    assert {row.option.provision for row in found.alternatives} == {"V2", "V3", "V4", "V5"}
    assert found.others == 1
    assert found.chosen is not None
    assert found.chosen.total == pytest.approx(37.6)


@pytest.mark.parametrize(
    ("name", "own", "pool", "budget", "margin"),
    [
        ("V2", 11.05 - 14.1, 3.0, 9.75, 47.3 - 33.72),
        ("V3", 15.12 - 14.1, 0.0, -4.9, 33.72 - 37.6),
        ("V4", 12.89 - 14.1, 5.0, -1.05, 40.34 - 33.72),
        ("V5", 39.49 - 14.1, 47.0, -18.05, 91.94 - 33.72),
    ],
)
def test_each_part_is_a_difference_from_what_the_pupil_has(
    found: Reasons, name: str, own: float, pool: float, budget: float, margin: float
) -> None:
    row = row_of(found, name)
    assert (row.own, row.pool, row.budget) == (pytest.approx(own), pytest.approx(pool), pytest.approx(budget))
    assert row.total == pytest.approx(own + pool + budget)
    assert row.margin == pytest.approx(margin)


@pytest.mark.parametrize(
    ("name", "pounds", "km", "pool_price"),
    [
        ("V2", 22_634, None, None),  # 13.58 / 0.6; next door it would count 42
        ("V3", None, None, None),  # the best already
        ("V4", 11_034, 6.08, 1.38),  # 6.62 / 0.6; 2.92 km, on foot, count 33.72; 8 - 6.62
        ("V5", None, None, None),  # more than its fee, its way or its pool's price
    ],
)
def test_what_would_make_it_the_best(
    found: Reasons, name: str, pounds: int | None, km: float | None, pool_price: float | None
) -> None:
    row = row_of(found, name)
    assert row.pounds == pounds
    assert row.km == (None if km is None else pytest.approx(km, abs=1e-6))
    assert row.pool_price == (None if pool_price is None else pytest.approx(pool_price))


@pytest.mark.parametrize(
    ("name", "lacking", "missing"),
    [
        ("V2", 0.0, 15_500),  # £60,500 less the £4,000 left and the £41,000 given back
        ("V3", 0.0, 0),  # the place of its pool is the pupil's own
        ("V4", 0.75, 0),
        ("V5", 0.0, 0),
    ],
)
def test_what_it_lacks_as_the_answer_stands(found: Reasons, name: str, lacking: float, missing: int) -> None:
    row = row_of(found, name)
    assert (row.lacking, row.missing) == (lacking, missing)
