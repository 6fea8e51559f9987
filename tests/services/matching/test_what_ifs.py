"""What if: a frozen problem made otherwise; what is not in it is refused, and the base stays."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.errors import Invalid
from marketplace.services.matching.what_ifs import Guide, WhatIf, applied
from optimiser import Budget, Problem, match
from optimiser.problem import BANDS
from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff
from tests.optimiser.problems import problem, problems, provision, pupil

ALDER, HAZEL = provision(), provision(provision="V2", setting="100002", pool="K2", easting=415_000)
SHARED = provision(provision="V3", kind="porous", sessions=4)
VISITS = provision(provision="V4", kind="outreach", pool="K4")
BASE: Problem = problem(
    (pupil(), pupil(pupil="P2", options=("full", "porous", "outreach"))),
    (ALDER, HAZEL, SHARED, VISITS),
    hours=1.0,
    budgets=(Budget(la="901", budget=1_000_000),),
)


def placed(base: Problem, **changes: Any) -> dict[str, str]:
    """Who is placed where, with these changes."""
    return {row.pupil: row.provision for row in match(applied(base, WhatIf(**changes))).assignments}


def test_nothing_changed_is_the_base_and_the_base_is_never_changed() -> None:
    before = BASE.ordered()
    assert applied(BASE, WhatIf()) == before
    applied(BASE, WhatIf(places={"K1": 5}, closed=["100002"], budgets={"901": 50}, policy={"max_km": 5.0}))
    assert BASE.ordered() == before


def test_places_are_added_and_taken_away() -> None:
    alone = problem((pupil(), pupil(pupil="P2")), (ALDER,), amount=1.0)
    assert len(placed(alone)) == 1
    assert len(placed(alone, places={"K1": 1})) == 2
    assert placed(alone, places={"K1": -1}) == {}


def test_a_closed_setting_takes_nobody_and_the_others_go_on() -> None:
    assert set(placed(BASE, closed=["100001"]).values()) == {"V2"}


def test_kinds_that_are_not_allowed_are_left_out() -> None:
    assert placed(BASE)["P2"] == "V4"
    assert placed(BASE, kinds=["full", "porous"])["P2"] == "V3"
    assert placed(BASE, kinds=["full"])["P2"] == "V2"


def test_locks_and_forbids_stand_beside_those_of_the_base() -> None:
    base = problem((pupil(forbidden=("V2",)),), (ALDER, HAZEL))
    assert applied(base, WhatIf(forbidden={"P1": ["V1", "V2"]})).pupils[0].forbidden == ("V2", "V1")
    assert placed(base, forbidden={"P1": ["V1"]}) == {}
    assert placed(base, locked={"P1": "V2"}) == {"P1": "V2"}


def test_a_budget_is_a_share_of_the_bases_in_whole_pounds() -> None:
    odd = problem(budgets=(Budget(la="901", budget=101),))
    assert applied(odd, WhatIf(budgets={"901": 50})).budgets == (Budget(la="901", budget=51),)  # a half goes up


def test_a_cap_on_distance_is_a_number_of_the_policy() -> None:
    assert placed(problem(), policy={"max_km": 13.0}) == {}


def test_a_tariff_takes_the_place_of_published_prices_but_for_outreach() -> None:
    guide = Guide(
        tariff=load_tariff(DEMONSTRATION_TARIFF), framework=load_framework(DEMONSTRATION_FRAMEWORK),
        la_codes={"100001": "202"},
    )  # fmt: skip
    edition = provision(provision="V9.profound", setting_type="independent")
    base = problem((pupil(),), (ALDER, SHARED, VISITS, edition))
    prices = {(row.provision, row.band): row.price for row in applied(base, WhatIf(guide=guide)).prices}
    assert prices["V1", "intensive"] == 48_000 * 1.18 - 10_000  # place funding is paid anyway
    assert prices["V3", "intensive"] == round(48_000 * 0.4 * 1.18 * 1.1)
    assert prices["V4", "intensive"] == 40_000
    assert prices["V9.profound", "intensive"] == round(66_000 * 1.18)
    assert prices["V1", "mild"] == 40_000  # of which the tariff says nothing


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"budgets": {"999": 90}}, "budgets", "No budget is set for 999."),
        ({"budgets": {"901": 301}}, "budgets", "from 0 to 300"),
        ({"places": {"K9": 1}}, "places", "There is no pool K9."),
        ({"places": {"K1": -2}}, "places", "Pool K1 has 1 free"),
        ({"closed": ["100009"]}, "closed", "No setting has the URN 100009."),
        ({"kinds": []}, "kinds", "Allow one kind"),
        ({"kinds": ["half"]}, "kinds", "There is no kind half."),
        ({"locked": {"P9": "V1"}}, "locked", "There is no pupil P9."),
        ({"locked": {"P1": "V9"}}, "provision", "There is no provision V9."),
        ({"forbidden": {"P1": ["V9"]}}, "provision", "There is no provision V9."),
        ({"policy": {"least_restrictive_weight": 5_000.0}}, "least_restrictive_weight", "Lower it"),
    ],
)
def test_what_is_not_there_or_cannot_be_is_refused_by_name(changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        applied(BASE, WhatIf(**changes))
    assert words in refused.value.errors[field][0]


@settings(max_examples=25)
@given(base=problems(), data=st.data())
def test_more_places_never_make_an_answer_worse(base: Problem, data: st.DataObject) -> None:
    if not base.pools:
        return
    pool = data.draw(st.sampled_from(base.pools))
    amounts = {row.pool: row.amount for row in applied(base, WhatIf(places={pool.pool: 2})).pools}
    assert amounts == {row.pool: row.amount + 2 * (row == pool) for row in base.pools}
    before, after = (match(each).summary.phases[0] for each in (base, applied(base, WhatIf(places={pool.pool: 2}))))
    assert after.bound <= before.objective + 1e-6


def test_every_band_has_a_price_after_a_tariff() -> None:
    guide = Guide(
        tariff=load_tariff(DEMONSTRATION_TARIFF), framework=load_framework(DEMONSTRATION_FRAMEWORK), la_codes={}
    )
    found = applied(BASE, WhatIf(guide=guide))
    assert {row.band for row in found.prices if row.provision == "V1"} == set(BANDS[1:])
    assert len(found.prices) == len(BASE.prices)
