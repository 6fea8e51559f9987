"""The vacancies page as a provider works it: confirm all with one click, change rows, and nothing lost or silent."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import AuditEvent, Kind, Pool, Role, Unit, now
from marketplace.permissions import SYSTEM
from tests import builders

LONG_AGO = builders.days_ago(40)


@dataclass
class Trust:
    """A provider with an editor who is signed in and a colleague, two pools of its own, and a rival's pool."""

    client: FlaskClient
    colleague: str
    places: int
    hours: int
    rivals: int
    la: str


@pytest.fixture
def trust(sign_in: Callable[[str], FlaskClient]) -> Trust:
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        provider = builders.provider(session)
        setting = builders.setting(session, la, provider, name="Fictional Alder School")
        places = builders.pool(
            session, setting, (7, 11, date(2026, 9, 1), "2"), confirmed_at=LONG_AGO, name="Day places"
        )
        hours = builders.pool(
            session, setting, (0, 6, date(2026, 9, 1), "12.5"), name="Team", unit=Unit.HOURS, confirmed_at=None
        )
        builders.schedule(session, builders.provision(session, places))
        builders.provision(session, hours, kind=Kind.OUTREACH, name="Outreach by the team")
        rival = builders.setting(session, la, builders.provider(session), name="Canary Rival School")
        rivals = builders.pool(session, rival, confirmed_at=LONG_AGO, name="Canary places")
        email = builders.user(session, provider, Role.PROVIDER_EDITOR, name="Editor One").email
        colleague = builders.user(session, provider, Role.PROVIDER_EDITOR, name="Editor Two").email
        commissioner = builders.user(session, la, Role.COMMISSIONER).email
        ids = places.id, hours.id, rivals.id
    return Trust(sign_in(email), colleague, *ids, la=commissioner)


def as_shown(page: str) -> dict[str, str]:
    """The fields of the page's grid as a browser would send them."""
    fields = dict(re.findall(r'<input[^>]*? name="(pools-[^"]+)"[^>]*? value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]*? name="(pools-[^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in fields.items()}


def send(client: FlaskClient, page: str, path: str = "/vacancies", **changes: Any) -> TestResponse:
    """Send the page as it is shown, with some fields typed anew."""
    return client.post(path, data={**as_shown(page), **changes, "csrf_token": builders.csrf_token(page)})


def rows(pool_id: int) -> list[tuple[date, int, int, Decimal]]:
    with transaction(SYSTEM) as session:
        pool = session.get_one(Pool, pool_id)
        return [(row.starts_on, row.low_year, row.high_year, row.amount) for row in pool.vacancies]


def pool(pool_id: int) -> Pool:
    with transaction(SYSTEM) as session:
        return session.get_one(Pool, pool_id)


def events() -> list[str]:
    with transaction(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent.event).where(AuditEvent.subject_type == "pools")))


def test_one_click_confirms_everything_shown_and_says_that_nothing_was_changed(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    assert "Still correct" in page
    assert "Not confirmed for 40 days" in page
    assert "Never confirmed" in page
    before = rows(trust.places), rows(trust.hours)
    answer = send(trust.client, page)
    assert answer.status_code == 302
    again = trust.client.get("/vacancies").text
    assert "Nothing was changed. Everything on this page is confirmed as still correct." in again
    assert again.count("Confirmed today") == 2
    assert "by Editor One" in again
    assert (rows(trust.places), rows(trust.hours)) == before
    assert events() == ["vacancies confirmed", "vacancies confirmed"]


def test_a_confirmation_is_seen_by_local_authorities_at_once(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    la = sign_in(trust.la)
    page = f"/settings/{pool(trust.places).setting_id}"
    assert "Not confirmed for 40 days" in la.get(page).text
    send(trust.client, trust.client.get("/vacancies").text)
    assert "Not confirmed" not in la.get(page).text
    assert "Editor One" not in la.get(page).text


def test_a_confirmation_leaves_a_rivals_pool_as_it_was(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    assert "Canary" not in page
    send(trust.client, page)
    assert pool(trust.rivals).confirmed_at == LONG_AGO


def test_a_rivals_pool_in_the_form_is_not_found_and_nothing_is_kept(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    answer = send(trust.client, page, **{f"pools-{trust.rivals}-version": "1"})
    assert answer.status_code == 404
    assert "Canary" not in answer.text
    assert pool(trust.places).confirmed_at == pool(trust.rivals).confirmed_at == LONG_AGO


def test_two_edits_are_kept_with_one_click_and_the_page_names_what_changed(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    name = f"pools-{trust.places}-rows"
    answer = send(trust.client, page, **{f"{name}-0-amount": "3", f"{name}-1-low_year": "12",
                                         f"{name}-1-starts_on": "1/9/2027", f"{name}-1-amount": "0.4"})  # fmt: skip
    assert answer.status_code == 302
    assert "Saved: Fictional Alder School, Day places." in trust.client.get("/vacancies").text
    assert rows(trust.places) == [
        (date(2026, 9, 1), 7, 11, Decimal(3)),
        (date(2027, 9, 1), 12, 12, Decimal("0.4")),
    ]
    assert sorted(events()) == ["vacancies changed", "vacancies confirmed"]
    assert pool(trust.places).confirmed_at == pool(trust.hours).confirmed_at


def test_an_old_row_may_give_way_to_one_that_overlaps_it(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    answer = send(trust.client, page, **{f"pools-{trust.places}-rows-0-low_year": "8"})
    assert answer.status_code == 302
    assert rows(trust.places) == [(date(2026, 9, 1), 8, 11, Decimal(2))]


@pytest.mark.parametrize("cleared", [{"amount": "0"}, {"amount": "", "low_year": "", "high_year": "", "starts_on": ""}])
def test_a_row_is_removed_by_zero_or_by_clearing_it(trust: Trust, cleared: dict[str, str]) -> None:
    page = trust.client.get("/vacancies").text
    send(trust.client, page, **{f"pools-{trust.places}-rows-0-{name}": value for name, value in cleared.items()})
    assert rows(trust.places) == []


def test_a_blank_date_is_open_from_today(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    name = f"pools-{trust.places}-rows-1"
    send(trust.client, page, **{f"{name}-low_year": "12", f"{name}-amount": "1"})
    assert rows(trust.places)[1][0] in {now().date(), now().date() + timedelta(days=1)}  # London is ahead in summer


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("amount", "", "Enter how many, like 2 or 0.5"),
        ("amount", "two", "Enter how many, like 2 or 0.5"),
        ("amount", "-1", "Enter how many, like 2 or 0.5"),
        ("amount", "100000", "Enter how many, like 2 or 0.5"),
        ("amount", "0.25", "Enter how many, like 2 or 0.5"),
        ("amount", "1e3", "Enter how many, like 2 or 0.5"),
        ("low_year", "15", "Choose the first year group."),
        ("low_year", "", "Choose the first year group."),
        ("high_year", "6", "The last year group is below the first. Swap them."),
        ("starts_on", "31 June 2027", "Enter a real date, like 1 September 2027."),
        ("starts_on", "1/9/3027", "Enter a date in this century."),
    ],
)
def test_a_bad_cell_is_named_linked_and_kept_as_typed(trust: Trust, field: str, value: str, words: str) -> None:
    page = trust.client.get("/vacancies").text
    name = f"pools-{trust.places}-rows-0-{field}"
    answer = send(trust.client, page, **{name: value, f"pools-{trust.hours}-rows-0-amount": "77"})
    assert answer.status_code == 422
    assert answer.text.count(f"Fictional Alder School, Day places, row 1: {words[:1].lower()}{words[1:]}") == 2
    assert f'href="#{name}"' in answer.text
    assert f'id="{name}"' in answer.text
    assert f'id="{name}-error"' in answer.text
    typed = as_shown(answer.text)
    assert typed[name] == (value if field != "low_year" else "")  # a list has no such year to show
    assert typed[f"pools-{trust.hours}-rows-0-amount"] == "77"
    assert rows(trust.hours)[0][3] == Decimal("12.5")
    assert pool(trust.places).confirmed_at == LONG_AGO


def test_hours_go_by_halves(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    name = f"pools-{trust.hours}-rows-0-amount"
    answer = send(trust.client, page, **{name: "12.4"})
    assert answer.status_code == 422
    assert "Fictional Alder School, Team, row 1: enter hours in halves, like 12 or 12.5." in answer.text
    assert f'href="#{name}"' in answer.text


def test_rows_of_one_date_that_overlap_are_refused_in_words_at_the_second(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    name = f"pools-{trust.places}-rows-1"
    typed = {f"{name}-low_year": "11", f"{name}-starts_on": "1 September 2026", f"{name}-amount": "1"}
    answer = send(trust.client, page, **typed)
    assert answer.status_code == 422
    assert "row 2: a row above has this date and some of these year groups." in answer.text
    assert f'href="#{name}-low_year"' in answer.text
    assert rows(trust.places) == [(date(2026, 9, 1), 7, 11, Decimal(2))]


def test_another_row_is_added_without_losing_what_was_typed(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    name = f"pools-{trust.places}-rows"
    answer = send(trust.client, page, "/vacancies/rows", add=str(trust.places), **{f"{name}-1-amount": "9"})
    assert answer.status_code == 200
    typed = as_shown(answer.text)
    assert typed[f"{name}-1-amount"] == "9"
    assert typed[f"{name}-2-amount"] == ""
    assert f"pools-{trust.hours}-rows-2-amount" not in typed
    assert len(rows(trust.places)) == 1


def test_a_stale_page_is_refused_with_what_is_kept_now_and_may_then_be_sent_again(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    name = f"pools-{trust.places}-rows-0-amount"
    mine = trust.client.get("/vacancies").text
    colleague = sign_in(trust.colleague)
    send(colleague, colleague.get("/vacancies").text, **{name: "5"})
    answer = send(trust.client, mine, **{name: "1"})
    assert answer.status_code == 409
    assert "somebody else has changed Fictional Alder School, Day places" in answer.text
    assert "5 places for Year 7 to Year 11, open now" in answer.text
    assert as_shown(answer.text)[name] == "1"
    assert rows(trust.places)[0][3] == Decimal(5)
    assert send(trust.client, answer.text).status_code == 302
    assert rows(trust.places)[0][3] == Decimal(1)


def test_a_page_refused_for_another_reason_still_tells_what_a_colleague_changed(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    name = f"pools-{trust.places}-rows-0-amount"
    mine = trust.client.get("/vacancies").text
    colleague = sign_in(trust.colleague)
    send(colleague, colleague.get("/vacancies").text, **{name: "5"})
    answer = send(trust.client, mine, **{name: "many"})
    assert answer.status_code == 422
    assert "5 places for Year 7 to Year 11, open now" in answer.text


def test_a_colleagues_confirmation_makes_no_page_stale(trust: Trust, sign_in: Callable[[str], FlaskClient]) -> None:
    mine = trust.client.get("/vacancies").text
    colleague = sign_in(trust.colleague)
    send(colleague, colleague.get("/vacancies").text)
    assert send(trust.client, mine).status_code == 302


def test_fields_that_the_page_does_not_have_change_nothing(trust: Trust) -> None:
    page = trust.client.get("/vacancies").text
    extra = {
        f"pools-{trust.places}-setting_id": "1",
        f"pools-{trust.places}-rows-0-id": "1",
        "confirmed_at": "2020-01-01",
    }
    assert send(trust.client, page, **extra).status_code == 302
    assert "Nothing was changed" in trust.client.get("/vacancies").text
    assert rows(trust.places) == [(date(2026, 9, 1), 7, 11, Decimal(2))]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"pools": "x"},
        {"pools-x-version": "1"},
        {"pools-{}": "x"},
        {"pools-{}": "x", "pools-{}-rows-0-amount": "1"},
        {"pools-{}-rows": "x"},
        {"pools-{}-version": "9" * 30},
        {"pools-{}-version": "1", "pools-{}-rows-0": "x"},
        {"pools-{}-version": "1", "pools-{}-rows-x-amount": "1"},
    ],
)
def test_a_form_that_is_nobodys_is_refused_and_breaks_nothing(trust: Trust, form: dict[str, str]) -> None:
    data = {name.format(trust.places): value for name, value in form.items()}
    data["csrf_token"] = builders.csrf_token(trust.client.get("/vacancies").text)
    answer = trust.client.post("/vacancies", data=data)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert trust.client.post("/vacancies/rows", data={**data, "add": "x"}).status_code == 200


def test_a_local_authority_neither_opens_nor_sends_the_page(
    trust: Trust, sign_in: Callable[[str], FlaskClient]
) -> None:
    la = sign_in(trust.la)
    assert la.get("/vacancies").status_code == 403
    token = builders.csrf_token(la.get("/").text)
    answer = la.post("/vacancies", data={f"pools-{trust.places}-version": "1", "csrf_token": token})
    assert answer.status_code == 403
    assert pool(trust.places).confirmed_at == LONG_AGO


def test_a_provider_without_pools_is_shown_the_next_step(sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email
    page = sign_in(email).get("/vacancies").text
    assert "You have no places or hours to offer yet." in page
    assert 'href="/provisions"' in page
