"""A need without an EHCP in letters, briefs and lists: the duty stands there, and nothing that only a plan gives."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from marketplace.models import Footing, SettingType
from marketplace.services import law
from marketplace.services.award_letters import letter_of
from marketplace.services.briefs import brief_of
from marketplace.services.family_letters import family_letter
from marketplace.services.out_of_education import ALL, Out, groups_out, pupils_out
from tests import builders
from tests.running import ON, Running, running

ONLY_OF_A_PLAN = (
    "section 51:",
    "Section I",
    "section I ",
    "section F",
    "section 38",
    "section 39",
    "mediation",
    "annual",
)


def case_of(session: Session, footing: Footing) -> Running:
    case = running(session, type=SettingType.AP, evidence={"choices": [], "test": law.DUTIES[footing]})
    case.need.footing, case.need.roll_school = footing, "Larch High School"
    if footing is not Footing.AT_RISK:
        case.need.last_education_on = date(2026, 11, 13)
    session.flush()
    return case


@pytest.mark.parametrize("footing", [each for each in Footing if not each.has_plan])
def test_letters_name_the_duty_and_claim_nothing_that_only_a_plan_gives(session: Session, footing: Footing) -> None:
    case = case_of(session, footing)
    letters = [
        letter_of(session, case.commissioner, case.placement.award, at=case.of(ON)["at"]),
        family_letter(session, case.commissioner, case.need, on=ON),
    ]
    for letter in letters:
        said = " ".join([*letter["opening"], *letter["closing"]])
        assert "Your child is" in said
        assert ("section 51A" if footing in {Footing.EXCLUDED, Footing.SUSPENDED} else "may complain") in said
        assert [words for words in ONLY_OF_A_PLAN if words in said] == []
        assert "pupil" not in " ".join(letter["closing"])


def test_letters_of_a_pupil_with_a_plan_stay_as_they_were(session: Session) -> None:
    case = running(session)
    letter = letter_of(session, case.commissioner, case.placement.award, at=case.of(ON)["at"])
    assert "The authority will name this setting in section I" in letter["opening"][1]
    assert "Children and Families Act 2014, section 51" in " ".join(letter["closing"])


def test_the_sixth_day_stands_in_the_familys_letter(session: Session) -> None:
    case = case_of(session, Footing.EXCLUDED)
    facts = family_letter(session, case.commissioner, case.need, on=ON)["facts"]
    assert ["Full-time education due", "23 November 2026"] in facts


def test_a_setting_reads_whether_there_is_a_plan_and_not_of_which_school_the_pupil_is(session: Session) -> None:
    case = case_of(session, Footing.EXCLUDED)
    brief = brief_of(case.need, case.placement.provision, road_km=12)
    assert (brief["footing"], brief["last_education_on"]) == ("excluded", "2026-11-13")
    assert "Larch" not in str(brief)


def outs(authority: str, *days: int) -> list[Out]:
    return [Out(authority, Footing.EXCLUDED, count) for count in days]


def test_a_group_is_shown_only_where_no_figure_of_it_is_of_one_to_four_pupils() -> None:
    found = outs("Norbury", *[9] * 6) + outs("Southbury", *[9] * 7, 3, 3) + outs("Eastbury", *[2] * 5)
    rows = groups_out(found, lambda row: row.authority)
    # Of Southbury two have been out for few days, so it is put together with Eastbury.
    assert [(row.name, row.n, row.long) for row in rows] == [("Norbury", 6, 6), ("2 others", 14, 7), (ALL, 20, 13)]
    assert rows[-1].median_days == 9


def test_of_fewer_than_five_there_are_no_figures_and_of_few_long_ones_no_count() -> None:
    assert groups_out(outs("Norbury", 1, 2, 3, 9), lambda row: row.authority) == []
    rows = groups_out(outs("Norbury", *[1] * 6, 9, 9), lambda row: row.authority)
    assert [(row.name, row.n, row.long) for row in rows] == [(ALL, 8, None)]


def test_who_is_placed_or_withdrawn_is_not_out_of_education(session: Session) -> None:
    case = case_of(session, Footing.EXCLUDED)
    assert [row.days for row in pupils_out(session, on=ON)] == [11]  # agreed, and not begun
    out = {"footing": Footing.EXCLUDED, "roll_school": "x", "last_education_on": date(2026, 11, 27)}
    builders.need(session, case.la, status="withdrawn", **out)
    builders.need(session, case.la, status="draft", published_at=None, **out)
    assert [row.days for row in pupils_out(session, on=ON)] == [11, 1]
