"""The page of how split weeks move: by whom, for whom, and nothing of few pupils."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Authority, Placement, PlacementStatus, PlanStatus, Role, User
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.commissioning import week
from tests.running import Running, running

SignIn = Callable[[str], FlaskClient]
START = date(2026, 1, 5)


def moved(case: Running, specials: tuple[int, ...], reference: str) -> None:
    """Another pupil of the same LA and setting, whose week has had so many sessions at the special setting in turn."""
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, case.la.id)
        mine = session.get_one(Placement, case.placement.id)
        need = builders.need(session, la, reference=reference)
        consultation = commissioning.consultation(session, need, mine.provision)
        award = commissioning.award(session, need, mine.provision, consultation, starts_on=START)
        placement = commissioning.placement(session, award, starts_on=START, status=PlacementStatus.STARTED)
        for number, special in enumerate(specials, start=1):
            day = START + timedelta(weeks=10 * number - 10)
            said = {"week": week(special), "starts_on": day, "review_on": day}
            commissioning.plan(session, placement, number=number, status=PlanStatus.APPROVED, **said)


@pytest.fixture
def case(database: Engine) -> Running:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return running(session, kind="porous")


def client(sign_in: SignIn, actor_id: int) -> FlaskClient:
    with transaction(SYSTEM) as session:
        email = session.get_one(User, actor_id).email
    return sign_in(email)


def test_few_pupils_are_not_counted(case: Running, sign_in: SignIn) -> None:
    for number in range(4):
        moved(case, (4, 2), f"M-{number}")
    page = client(sign_in, case.commissioner.user_id or 0).get("/movement").text
    assert "Fewer than five pupils" in page
    assert "Which way" not in page


def test_both_sides_read_which_way_weeks_have_moved(case: Running, sign_in: SignIn) -> None:
    for number in range(12):
        moved(case, (4, 2) if number < 6 else (4, 6), f"M-{number}")
    la = client(sign_in, case.commissioner.user_id or 0).get("/movement").text
    assert "12 pupils whose week is or was split" in la
    assert "<strong>50%</strong> moved one way, towards the special setting" in la
    assert "By provider" in la
    assert "By local authority" not in la
    provider = client(sign_in, case.editor.user_id or 0).get("/movement").text
    assert "By local authority" in provider
    assert "By provider" not in provider


def test_another_authority_is_told_nothing_of_it(case: Running, sign_in: SignIn) -> None:
    for number in range(12):
        moved(case, (4, 2), f"M-{number}")
    with transaction(SYSTEM) as session:
        stranger = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    assert "Fewer than five pupils" in sign_in(stranger).get("/movement").text
