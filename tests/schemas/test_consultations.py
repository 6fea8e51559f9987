"""What is ticked: ids of rows, each once, and no more than one form of ours holds."""

import pytest
from marshmallow import ValidationError

from marketplace.schemas.consultations import MOST, ChosenSchema, ConsultationsQuerySchema, ReminderSchema


def test_what_is_ticked_twice_counts_once_in_the_order_of_the_ticks() -> None:
    assert ChosenSchema().load({"provision_ids": ["7", "3", "7"]}) == {"provision_ids": [7, 3]}
    assert ChosenSchema().load({}) == {"provision_ids": []}, "that nothing is ticked, the use case says"


@pytest.mark.parametrize(
    "typed", [["0"], ["-1"], [str(2**63)], ["x"], ["1", ""], "7", [None], list(range(1, MOST + 2))]
)
def test_what_no_list_of_ours_sends_is_refused_in_words(typed: object) -> None:
    with pytest.raises(ValidationError, match="Choose from the list again"):
        ChosenSchema().load({"provision_ids": typed})


def test_a_reminder_knows_the_case_to_go_back_to_if_any() -> None:
    assert ReminderSchema().load({"consultation_ids": ["1"]}) == {"consultation_ids": [1], "need_id": None}
    assert ReminderSchema().load({"consultation_ids": ["1"], "need_id": "5"})["need_id"] == 5
    with pytest.raises(ValidationError):
        ReminderSchema().load({"consultation_ids": ["1"], "need_id": "0"})


def test_the_list_is_asked_for_by_status_overdue_and_seen() -> None:
    assert ConsultationsQuerySchema().load({}) == {"status": [], "overdue": False, "seen": None, "page": 1}
    asked = {"status": ["refused", "sent"], "overdue": "true", "seen": "no", "page": "3"}
    assert ConsultationsQuerySchema().load(asked) == {
        "status": ["sent", "refused"], "overdue": True, "seen": "no", "page": 3,
    }  # fmt: skip
