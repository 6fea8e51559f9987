"""Why nobody is recommended: counted by provision, by the group that comes furthest, in the pupil's own edition."""

from datetime import date

from sqlalchemy.orm import Session

import optimiser
from marketplace.models import Band, Need
from marketplace.services.matching.problem import problem_of
from marketplace.services.matching.reasons import refusals, why
from marketplace.services.matching.supply import supply
from tests import builders

ON = date(2026, 11, 23)
AUTUMN = date(2026, 9, 1)


def asked(session: Session, *needs: Need) -> optimiser.Problem:
    return problem_of(supply(session, on=ON, needs=needs), needs)


def test_a_provision_with_several_groups_counts_once_by_the_group_that_comes_furthest(session: Session) -> None:
    builders.framework(session)
    la = builders.authority(session)
    groups = [(low, low + 1, AUTUMN, "1") for low in (1, 3, 5, 7)]
    provision = builders.provision(
        session, builders.pool(session, builders.setting(session, la), *groups), low_year=0, high_year=8, max_ci=1
    )
    builders.schedule(session, provision)
    need = builders.need(session, la)
    problem = asked(session, need)
    assert len(problem.provisions) == 4
    assert refusals(problem, problem.pupils) == {str(need.id): {"level": 1}}


def test_only_the_pupils_own_edition_of_the_market_counts(session: Session) -> None:
    builders.framework(session)
    la = builders.authority(session)
    for _ in range(3):
        builders.schedule(session, builders.provision(session, builders.pool(session, builders.setting(session, la))))
    blind, decided, settled = (
        builders.need(session, la, primary_need="VI"),
        builders.need(session, la, max_km=1, band_override=Band.PROFOUND, band_override_reason="Decided."),
        builders.need(session, la, requirements=["hoist"]),
    )
    problem = asked(session, blind, decided, settled)
    assert len(problem.provisions) == 6
    assert refusals(problem, problem.pupils) == {
        str(blind.id): {"need": 3},
        str(decided.id): {"travel": 3},
        str(settled.id): {"facilities": 3},
    }


def test_a_full_setting_is_named_with_what_one_more_place_is_worth(session: Session) -> None:
    builders.framework(session)
    la = builders.authority(session)
    setting = builders.setting(session, la, name="Ash Grove School")
    builders.schedule(session, builders.provision(session, builders.pool(session, setting, (7, 11, AUTUMN, "1"))))
    problem = asked(session, *(builders.need(session, la) for _ in range(2)))
    (sentence,) = why(problem, optimiser.match(problem).unplaced, {str(setting.urn): setting.name}).values()
    assert sentence.startswith(
        "The best of the suitable, Ash Grove School, is full. One more place there would improve"
    )
