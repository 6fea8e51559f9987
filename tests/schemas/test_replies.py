"""A reply as it is typed: only what belongs to the answer that is chosen is read, and no price."""

from datetime import date
from typing import Any

import pytest
from marshmallow import ValidationError

from marketplace.models import Band, RefusalCode
from marketplace.schemas.replies import ReplySchema

OFFER = {"version": "3", "reply": "offer", "provision_id": "12-intensive", "starts_on": "6 January 2027"}


def errors(**typed: str) -> dict[str, Any]:
    with pytest.raises(ValidationError) as refused:
        ReplySchema().load(typed)
    return refused.value.messages  # type: ignore[return-value]


def test_an_offer_is_a_provision_with_its_band_a_day_and_what_is_asked_beside_the_price() -> None:
    typed = {**OFFER, "variation": "£1,200.50", "variation_reason": "A key adult.", "is_held": "true", "price": "1"}
    assert ReplySchema().load(typed) == {
        "version": 3,
        "reply": "offer",
        "offer": {
            "provision_id": 12, "band": Band.INTENSIVE, "starts_on": date(2027, 1, 6), "variation": 120_050,
            "variation_reason": "A key adult.", "note": None, "is_held": True,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "pence"), [("-1,200", -120_000), ("− £5", -500), ("+5", 500), ("£0.50", 50), ("-0", 0), ("", 0)]
)
def test_a_variation_is_more_or_less_in_pounds(typed: str, pence: int) -> None:
    reason = "Because." if pence else ""
    loaded = ReplySchema().load({**OFFER, "variation": typed, "variation_reason": reason})
    assert loaded["offer"]["variation"] == pence


@pytest.mark.parametrize("typed", ["--5", "1.2k", "£", "5%", "1,2", "9" * 10])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    assert list(errors(**OFFER, variation=typed, variation_reason="x")) == ["variation"]


@pytest.mark.parametrize("typed", ["12", "12-royal", "0-mild", "-1-mild", f"{2**63}-mild", "12-mild-mild", "x-mild"])
def test_what_is_no_provision_with_a_band_is_refused(typed: str) -> None:
    assert list(errors(**{**OFFER, "provision_id": typed})) == ["provision_id"]


def test_of_a_refusal_the_boxes_that_hold_words_are_the_reasons_in_their_one_order() -> None:
    typed = {
        "version": "3",
        "reply": "refuse",
        "reasons-other": " X\x00 ",
        "reasons-staffing": "Y",
        "reasons-full": "Z",
        "reasons-therapy": "  ",
    }
    loaded = ReplySchema().load(typed)
    assert loaded["reasons"] == {RefusalCode.STAFFING: "Y", RefusalCode.OTHER: "X"}
    assert list(loaded["reasons"]) == [RefusalCode.STAFFING, RefusalCode.OTHER]
    assert "offer" not in loaded


def test_what_was_typed_under_another_answer_is_no_fault_of_this_one() -> None:
    typed = {**OFFER, "starts_on": "never", "variation": "much", "provision_id": "none", "reasons-other": "x" * 5000}
    assert ReplySchema().load({**typed, "reply": "full"}) == {
        "version": 3, "reply": "full", "reasons": {RefusalCode.FULL: ""},
    }  # fmt: skip
    assert list(errors(**{**typed, "reply": "refuse"})) == ["reasons"]
    assert sorted(errors(**{**typed, "reply": "offer"})) == ["provision_id", "starts_on", "variation"]


def test_everything_that_an_offer_lacks_is_said_at_once() -> None:
    assert sorted(errors(version="3", reply="offer", variation="5")) == [
        "provision_id", "starts_on", "variation_reason",
    ]  # fmt: skip
    assert sorted(errors(reply="maybe")) == ["reply", "version"]
