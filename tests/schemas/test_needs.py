"""What the question pages take and refuse, and the words of each refusal."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from marketplace.models import Band, Ground, Pattern
from marketplace.schemas.needs import MainstreamSchema, NeedSchema, ProfileSchema, PupilSchema, RequestSchema

PUPIL = {"reference": "EX-1042", "year_group": "8", "home": "QX4"}
PROFILE = {
    "level_ci": "3", "level_cl": "2", "level_semh": "1", "level_sp": "0", "primary_need": "ASD", "pattern": "day",
}  # fmt: skip
MAINSTREAM = {"mainstream": "A calm room and a key adult.", "kinds": ["outreach", "full"]}
REQUEST = {"priority": "3"}


def errors(schema: type[Schema], **answers: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        schema().load(answers)
    assert isinstance(caught.value.messages, dict)
    return caught.value.messages


def test_every_question_at_once_reads_as_the_questions_one_by_one() -> None:
    whole = NeedSchema().load({**PUPIL, **MAINSTREAM, **PROFILE, **REQUEST, "wish_2": "7", "starts_on": "1/9/2027"})
    assert whole["reference"] == "EX-1042"
    assert (whole["year_group"], whole["home_area"], whole["starts_on"]) == (8, "QX4", date(2027, 9, 1))
    assert whole["kinds"] == ["full", "outreach"]
    assert whole["pattern"] is Pattern.DAY
    assert whole["wishes"] == [7]
    assert "home" not in whole
    assert "wish_2" not in whole


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (None, "Enter your own reference"),
        ("Rowan", "looks like a name"),
        ("Rowan-Ash-2014", "looks like a name"),
        ("A123456789012", "looks like a pupil or NHS number"),
        ("A12345678901B", "looks like a pupil or NHS number"),
        ("9434765919", "looks like a pupil or NHS number"),
        ("EX 1042", "Use up to 40 letters"),
        ("1" * 41, "Use up to 40 letters"),
        ("-1", "Use up to 40 letters"),
    ],
)
def test_a_reference_that_could_tell_who_the_pupil_is_is_refused(reference: str | None, words: str) -> None:
    assert words in errors(PupilSchema, **{**PUPIL, "reference": reference})["reference"][0]


@pytest.mark.parametrize(
    ("typed", "district"), [("QX4 9ZZ", "QX4"), ("qx49zz", "QX4"), ("qx4", "QX4"), ("E1W 1AA", "E1W")]
)
def test_of_a_full_postcode_only_the_district_is_read(typed: str, district: str) -> None:
    loaded = PupilSchema().load({**PUPIL, "home": typed})
    assert loaded["home_area"] == district
    assert typed.upper() == district or typed not in str(loaded)


@pytest.mark.parametrize("typed", ["405000, 305000", "405000,305000", "405000 305000"])
def test_a_grid_reference_is_read_as_easting_and_northing(typed: str) -> None:
    loaded = PupilSchema().load({**PUPIL, "home": typed})
    assert (loaded["home_area"], loaded["easting"], loaded["northing"]) == (None, 405000, 305000)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the postcode district"),
        ("12 Elm Road", "Enter a postcode district"),
        ("999999, 305000", "not in England"),
        ("405000, 999999", "not in England"),
    ],
)
def test_a_home_that_is_neither_is_refused(typed: str, words: str) -> None:
    assert words in errors(PupilSchema, **{**PUPIL, "home": typed})["home"][0]


@pytest.mark.parametrize("kinds", [[], ["full", "elsewhere"], None, "full"])
def test_at_least_one_known_kind_is_asked_for(kinds: Any) -> None:
    assert "at least one kind" in errors(MainstreamSchema, **{**MAINSTREAM, "kinds": kinds})["kinds"][0]


def test_what_would_make_mainstream_work_must_be_said() -> None:
    assert "mainstream" in errors(MainstreamSchema, kinds=["full"])
    assert "4,000" in errors(MainstreamSchema, mainstream="a" * 4001, kinds=["full"])["mainstream"][0]


@pytest.mark.parametrize("level", [None, "6", "-1", "high"])
def test_a_level_is_one_of_six(level: str | None) -> None:
    assert errors(ProfileSchema, **{**PROFILE, "level_semh": level}) == {
        "level_semh": ["Choose the level in social, emotional and mental health."]
    }


def test_the_primary_need_is_not_also_a_secondary_one() -> None:
    assert "secondary_needs" in errors(ProfileSchema, **PROFILE, secondary_needs=["ASD", "SLCN"])


def test_another_band_than_the_derived_one_needs_its_reason_and_a_reason_its_band() -> None:
    assert "band_override_reason" in errors(ProfileSchema, **PROFILE, band_override="profound")
    assert "band_override" in errors(ProfileSchema, **PROFILE, band_override_reason="Two to one all day.")
    loaded = ProfileSchema().load({**PROFILE, "band_override": "profound", "band_override_reason": "Two to one."})
    assert loaded["band_override"] is Band.PROFOUND


def test_a_ground_needs_a_request_and_evidence_and_evidence_a_ground() -> None:
    assert "ground_evidence" in errors(RequestSchema, **REQUEST, request_id="5", ground="resources")
    assert "request_id" in errors(RequestSchema, **REQUEST, ground="resources", ground_evidence="See the report.")
    assert "ground" in errors(RequestSchema, **REQUEST, request_id="5", ground_evidence="See the report.")
    loaded = RequestSchema().load({**REQUEST, "request_id": "5", "ground": "resources", "ground_evidence": "Report."})
    assert loaded["ground"] is Ground.RESOURCES


def test_wishes_keep_their_order_and_each_setting_counts_once() -> None:
    loaded = RequestSchema().load({**REQUEST, "wish_1": "9", "wish_2": "4", "wish_3": "9"})
    assert loaded["wishes"] == [9, 4]


@pytest.mark.parametrize("typed", ["0", "-3", "501", "near", "NaN"])
def test_the_longest_journey_is_a_distance(typed: str) -> None:
    assert "longest journey" in errors(RequestSchema, **REQUEST, max_km=typed)["max_km"][0]


def test_the_longest_journey_is_kept_to_a_tenth_of_a_kilometre() -> None:
    assert RequestSchema().load({**REQUEST, "max_km": "12.54"})["max_km"] == Decimal("12.5")


@pytest.mark.parametrize("setting", ["0", "99999999999999999999", "Fictional School"])
def test_a_setting_is_chosen_from_the_list(setting: str) -> None:
    assert errors(RequestSchema, **REQUEST, request_id=setting)["request_id"] == ["Choose the setting from the list."]
