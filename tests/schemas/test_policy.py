"""The numbers of a matching policy, as boxes and policy files state them."""

from typing import Any

import pytest
from marshmallow import ValidationError

from marketplace import vocabulary
from marketplace.schemas.policy import PolicySchema
from marketplace.services.matching.policy import PUBLISHED, changed, policy_of
from optimiser import Policy


def test_numbers_are_read_as_people_type_them_and_as_toml_has_them() -> None:
    typed = {"circuity": " 1.3 ", "unplaced_1": "16,000", "journeys_day": "380", "max_km": 40, "bound_gap": 0.001}
    unplaced = {f"unplaced_{place}": "1,000.5" for place in range(2, 6)}
    loaded = PolicySchema().load({**typed, **unplaced})
    assert loaded["circuity"] == 1.3
    assert loaded["unplaced_1"] == 16_000
    assert loaded["unplaced_5"] == 1_000.5
    assert loaded["max_km"] == 40
    assert type(loaded["journeys_day"]) is int


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("circuity", "0.9"),
        ("circuity", "-1"),
        ("circuity", "1,4"),
        ("circuity", "1.4 times"),
        ("circuity", "1e1"),
        ("circuity", "nan"),
        ("circuity", float("nan")),
        ("circuity", float("inf")),
        ("circuity", True),
        ("circuity", [1.4]),
        ("circuity", 10**400),
        ("max_km", "2001"),
        ("journeys_day", "0"),
        ("journeys_day", "1.5"),
        ("bound_gap", "1.1"),
        ("cost_weight", "9" * 400),
        ("co_occurrence", "perhaps"),
    ],
)
def test_what_is_no_number_of_the_policy_is_refused_in_words(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        PolicySchema().load({name: value})
    assert list(refused.value.messages_dict) == [name]
    assert refused.value.messages_dict[name][0].startswith("Enter ")


def test_a_list_is_given_whole_or_not_at_all() -> None:
    with pytest.raises(ValidationError) as refused:
        PolicySchema().load({"unplaced_1": "5", "unplaced_2": "4", "free_below_km_2": "3"})
    assert refused.value.messages_dict == {
        "unplaced_3": ["Give all 5 of these numbers, or none."],
        "free_below_km_1": ["Give all 2 of these numbers, or none."],
    }


def test_what_is_not_given_stays_as_published() -> None:
    assert policy_of({}) == Policy()
    policy = policy_of({"max_km": 25.0, "journeys_day": 300})
    assert policy == Policy(max_km=25.0, journeys={"day": 300, "weekly": 76, "termly": 12, "annual": 12})
    assert changed(policy) == {"max_km": 25.0, "journeys_day": 300}


def test_every_number_of_the_policy_is_read_and_all_but_the_rule_of_bands_are_asked_for() -> None:
    assert set(PolicySchema().fields) == set(PUBLISHED)
    assert set(vocabulary.POLICY) == set(PUBLISHED) - {"co_occurrence"}
