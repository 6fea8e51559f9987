"""The band rule, checked against its own words and for every profile there is (6 levels in 4 areas: 1,296)."""

from dataclasses import replace
from itertools import product

import pytest

from pricing.framework import DEMONSTRATION_FRAMEWORK, Framework, load_framework
from pricing.profile import Area, Band, Level, NeedsProfile, band_for

FRAMEWORK = load_framework(DEMONSTRATION_FRAMEWORK)
WITHOUT_STEP = replace(FRAMEWORK, has_co_occurrence=False)
PROFILES = [NeedsProfile(*levels) for levels in product(Level, repeat=4)]


def price_level(profile: NeedsProfile, framework: Framework = FRAMEWORK) -> int:
    band = band_for(profile, framework).band
    return 0 if band is None else band.level


def test_every_profile_follows_the_rule() -> None:
    for profile in PROFILES:
        ordered = sorted(profile.levels.values(), reverse=True)
        steps = ordered[0] >= 2 and ordered[0] == ordered[1]
        assert price_level(profile) == min(5, ordered[0] + steps)


def test_without_co_occurrence_the_band_is_the_highest_level() -> None:
    for profile in PROFILES:
        assert price_level(profile, WITHOUT_STEP) == max(profile.levels.values())


def test_raising_one_of_two_equal_levels_keeps_the_band() -> None:
    assert band_for(NeedsProfile(3, 3, 0, 0), FRAMEWORK).band is Band.PROFOUND
    assert band_for(NeedsProfile(4, 3, 0, 0), FRAMEWORK).band is Band.PROFOUND


@pytest.mark.parametrize("framework", [FRAMEWORK, WITHOUT_STEP], ids=["with the step", "without the step"])
def test_a_higher_level_in_any_area_never_lowers_the_band(framework: Framework) -> None:
    for profile in PROFILES:
        for area, level in profile.levels.items():
            if level < Level.EXCEPTIONAL:
                raised = NeedsProfile(**{**profile.levels, area: level + 1})
                assert price_level(raised, framework) >= price_level(profile, framework)


def test_the_order_of_the_areas_does_not_matter() -> None:
    for profile in PROFILES:
        backwards = NeedsProfile(*reversed(profile.levels.values()))
        assert band_for(backwards, FRAMEWORK).band == band_for(profile, FRAMEWORK).band


@pytest.mark.parametrize(
    ("levels", "reasons"),
    [
        (
            (0, 0, 0, 0),
            (
                "Every area is at the universal level.",
                "Ordinarily available provision meets such needs, so there is no band.",
            ),
        ),
        (
            (0, 0, 2, 0),
            (
                "Highest level is moderate, in social, emotional and mental health.",
                "One area stands at that level, so it is the band: moderate.",
            ),
        ),
        (
            (1, 1, 0, 1),
            (
                (
                    "Highest level is mild, in communication and interaction, in cognition and learning"
                    " and in sensory and/or physical needs."
                ),
                "Three areas stand at that level; the step higher begins at moderate, so it is the band: mild.",
            ),
        ),
        (
            (5, 5, 5, 5),
            (
                (
                    "Highest level is exceptional, in communication and interaction, in cognition and learning,"
                    " in social, emotional and mental health and in sensory and/or physical needs."
                ),
                "Four areas stand at that level; no band is higher, so it is the band: exceptional.",
            ),
        ),
    ],
)
def test_the_reasons_are_sentences_that_a_commissioner_can_read(
    levels: tuple[int, int, int, int], reasons: tuple[str, ...]
) -> None:
    assert band_for(NeedsProfile(*levels), FRAMEWORK).reasons == reasons


def test_a_framework_without_the_step_says_so() -> None:
    decision = band_for(NeedsProfile(3, 3, 0, 0), WITHOUT_STEP)
    assert decision.reasons[1].startswith("Two areas stand at that level; this framework takes no step for that")


def test_every_reason_fits_where_a_need_keeps_it() -> None:
    assert max(len(reason) for profile in PROFILES for reason in band_for(profile, FRAMEWORK).reasons) <= 400


@pytest.mark.parametrize("value", [-1, 6, 2.5, None, "3"])
def test_a_level_outside_the_scale_is_refused_by_area(value: object) -> None:
    with pytest.raises(ValueError, match=r"The level of cognition and learning is .* from 0 .universal. to 5"):
        NeedsProfile(0, value, 0, 0)  # type: ignore[arg-type]


def test_whole_numbers_become_levels_in_the_order_of_the_code() -> None:
    assert NeedsProfile(0, 1, 2, 3).levels == {
        Area.CI: Level.UNIVERSAL,
        Area.CL: Level.MILD,
        Area.SEMH: Level.MODERATE,
        Area.SP: Level.INTENSIVE,
    }
