"""The vacancies page where places are taken through the marketplace: what is taken is told, what is free is stated."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from flask.testing import FlaskClient

from marketplace.db import transaction
from marketplace.models import Pool
from marketplace.permissions import SYSTEM
from marketplace.services import capacity
from tests import builders, commissioning
from tests.web.test_vacancies import Trust, as_shown, pool, rows, send, trust

__all__ = ["trust"]  # a fixture


def taken(trust: Trust, amount: str = "1") -> None:
    """Of the trust's places some are awarded to a pupil."""
    with transaction(SYSTEM) as session:
        places = session.get_one(Pool, trust.places)
        provision = places.provisions[0]
        award = commissioning.award(session, builders.need(session, places.setting.authority), provision)
        of = {"authority_id": award.authority_id, "subject": award, "amount": Decimal(amount)}
        capacity.take(session, SYSTEM, provision=provision, year_group=8, on=date(2027, 1, 4), **of)


def test_what_is_taken_is_told_and_not_counted_among_what_is_free(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    taken(trust)
    page = trust.client.get("/vacancies").text
    assert "Taken through the marketplace, and not counted below: 1." in page
    assert page.count("Taken through the marketplace") == 1
    assert as_shown(page)[f"pools-{trust.places}-rows-0-amount"] == "1"
    assert send(trust.client, page).status_code == 302
    assert "Nothing was changed." in trust.client.get("/vacancies").text
    assert rows(trust.places) == [(date(2026, 9, 1), 7, 11, Decimal(2))]
    la, setting = sign_in(trust.la), f"/settings/{pool(trust.places).setting_id}"
    assert "1 place for Year 7 to Year 11, open now" in la.get(setting).text
    taken(trust)
    assert "Nothing vacant" in la.get(setting).text
    assert as_shown(trust.client.get("/vacancies").text)[f"pools-{trust.places}-rows-0-amount"] == ""


def test_a_page_opened_before_a_place_was_awarded_is_stale_and_tells_what_is_free_now(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    taken(trust)
    answer = send(trust.client, page)
    assert answer.status_code == 409
    assert "somebody else has changed Fictional Alder School, Day places" in answer.text
    assert "1 place for Year 7 to Year 11, open now" in answer.text
    assert as_shown(answer.text)[f"pools-{trust.places}-rows-0-amount"] == "2"  # what was typed


def test_other_year_groups_for_a_row_in_use_are_refused_at_the_row(trust: Trust) -> None:
    taken(trust)
    name = f"pools-{trust.places}-rows-0-low_year"
    answer = send(trust.client, trust.client.get("/vacancies").text, **{name: "8"})
    assert answer.status_code == 422
    assert "row 1: of Year 7 to Year 11 from 1 September 2026, 1 is taken through the marketplace." in answer.text
    assert f'href="#{name}"' in answer.text
