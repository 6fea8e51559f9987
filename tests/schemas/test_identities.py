"""Who a pupil is, as people type it."""

from datetime import date
from typing import Any

import pytest
from marshmallow import ValidationError

from marketplace.schemas.identities import IdentitySchema

GOOD = {"name": "Pip Example", "birth_date": "9 March 2014"}


def load(**values: Any) -> dict[str, Any]:
    return IdentitySchema().load({**GOOD, **values})  # type: ignore[no-any-return]


def test_name_and_date_of_birth_are_all_that_must_be_stated() -> None:
    assert load() == {
        "name": "Pip Example", "birth_date": date(2014, 3, 9), "upn": None, "family_view": None, "child_view": None,
        "version": None,
    }  # fmt: skip
    with pytest.raises(ValidationError) as refused:
        IdentitySchema().load({})
    assert refused.value.messages == {
        "name": ["Enter the pupil’s name."],
        "birth_date": ["Enter the pupil’s date of birth."],
    }


@pytest.mark.parametrize(
    "typed",
    [
        "B801200005001",
        " b801 2000-05001 ",
        "M80120000500A",  # temporary numbers: the last letter counts as its place among those that are used, A as 0,
        "P80120000500K",  # K as 9
    ],
)
def test_a_pupil_number_whose_letter_fits_is_read(typed: str) -> None:
    number = "".join(typed.upper().replace("-", "").split())
    assert load(upn=typed)["upn"] == number


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("A801200005001", "its first letter does not fit"),
        ("B801200005010", "its first letter does not fit"),  # two digits changed places
        ("Q207000016049", "its first letter does not fit"),
        ("B80120000500", "a letter and 12 digits"),
        ("B8012000050011", "a letter and 12 digits"),
        ("I801200005001", "a letter and 12 digits"),
        ("B80120000500S", "a letter and 12 digits"),
        ("B8012000A5001", "a letter and 12 digits"),
        ("B80120000500١", "a letter and 12 digits"),  # a digit, but not one of ours
    ],
)
def test_a_pupil_number_that_is_none_is_refused(typed: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        load(upn=typed)
    (message,) = refused.value.messages["upn"]  # type: ignore[index]
    assert words in message


@pytest.mark.parametrize(("field", "limit"), [("name", 200), ("family_view", 4000), ("child_view", 4000)])
def test_texts_have_a_length_that_is_told(field: str, limit: int) -> None:
    assert load(**{field: "x" * limit})[field] == "x" * limit
    with pytest.raises(ValidationError, match=f"Use {limit:,} characters or fewer"):
        load(**{field: "x" * (limit + 1)})
