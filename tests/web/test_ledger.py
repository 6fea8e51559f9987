"""The ledger as an authority reads it: every sum is of the same lines, to the penny; the file is safe to open."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import Authority, Band, Budget, LedgerLine, LedgerTotal, Role, User
from marketplace.permissions import SYSTEM
from marketplace.services import ledger_accounts, placement_corrections, placements
from marketplace.services.ledger import due
from tests import builders
from tests.running import INTENSIVE, PROFOUND, Running, running
from tests.services.test_placements import start, vary
from tests.web.test_placements import TODAY, text

ON = date(2027, 2, 1)


@pytest.fixture
def case(database: object) -> Running:  # noqa: ARG001
    """A placement from 4 January, profound from 1 February on, suspended from 1 March, which was undone."""
    with transaction(SYSTEM) as session:
        found = running(session)
        start(session, found)
        vary(session, found, ON, band=Band.PROFOUND)
        placements.suspend_placement(
            session, found.commissioner, **found.of(ON), day=date(2027, 3, 1), is_paid=False, reason="Ill."
        )
        last = placement_corrections.last_event(session, found.placement, found.commissioner)
        assert last is not None
        placement_corrections.undo_event(
            session, found.commissioner, **found.of(ON), event_id=last.id, reason="By mistake."
        )
        return found


@pytest.fixture
def client(case: Running, sign_in: Callable[[str], FlaskClient]) -> Any:
    with transaction(SYSTEM) as session:
        email = session.get_one(User, case.commissioner.user_id).email
    with time_machine.travel(TODAY):
        yield sign_in(email)


def test_an_account_comes_to_the_days_times_the_fees_however_it_is_broken_down(case: Running) -> None:
    with transaction(case.commissioner) as session:
        found = ledger_accounts.account(session, authority_id=case.la.id, year=2026, on=ON)
    intensive = due(INTENSIVE, date(2027, 1, 4), date(2027, 1, 31))
    profound = due(PROFOUND, date(2027, 2, 1), date(2027, 3, 31))
    assert found.total == intensive + profound
    assert [(part.name, part.amount, part.placements) for part in found.by_setting] == [
        (case.setting.name, found.total, 1)
    ]
    assert [(part.name, part.amount) for part in found.by_band] == [("Intensive", intensive), ("Profound", profound)]
    assert found.until_now == intensive + due(PROFOUND, ON, ON)
    assert found.budget is None


def test_what_is_due_until_a_day_grows_with_the_days_to_the_total(case: Running) -> None:
    with transaction(case.commissioner) as session:
        days = (date(2027, 1, 3), date(2027, 1, 4), date(2027, 2, 28), date(2027, 3, 31), date(2027, 5, 1))
        found = [ledger_accounts.account(session, authority_id=case.la.id, year=2026, on=day) for day in days]
    assert [each.until_now for each in found] == [
        0,
        due(INTENSIVE, date(2027, 1, 4), date(2027, 1, 4)),
        due(INTENSIVE, date(2027, 1, 4), date(2027, 1, 31)) + due(PROFOUND, ON, date(2027, 2, 28)),
        found[0].total,
        found[0].total,
    ]


def test_the_page_shows_the_account_beside_the_budget_with_every_line_and_reversal(
    case: Running, client: FlaskClient
) -> None:
    with transaction(SYSTEM) as session:
        session.add(Budget(authority_id=case.la.id, amount=1_000_000_00))
        lines = session.scalars(select(LedgerLine).where(LedgerLine.year == 2026)).all()
        total = session.scalars(select(LedgerTotal.amount).where(LedgerTotal.year == 2026)).one()
    page = text(client.get(f"/ledger/{case.la.id}").text)
    pounds = f"£{total // 100:,}.{total % 100:02}"
    assert page.count(pounds) == 4  # committed, by setting, and the total of both tables
    assert "Of which to 1 February 2027" in page
    assert f"£{(1_000_000_00 - total) // 100:,}.{(1_000_000_00 - total) % 100:02} is not committed" in page
    assert f"{len(lines)} lines" in page
    assert all(f"reverses {line.reverses_id}" in page for line in lines if line.reverses_id)
    assert "2027 to 2028" in page


def test_more_than_the_budget_is_said_and_caps_nothing(case: Running, client: FlaskClient) -> None:
    with transaction(SYSTEM) as session:
        session.add(Budget(authority_id=case.la.id, amount=1_00))
    page = text(client.get(f"/ledger/{case.la.id}?year=2026").text)
    assert "more is committed than the budget" in page
    assert "never by itself a lawful reason" in page


def test_the_index_lists_every_year_with_its_total(case: Running, client: FlaskClient) -> None:
    page = client.get("/ledger").text
    assert "this year" in page
    assert page.count(case.la.name) >= 2
    assert f'href="/ledger/{case.la.id}?year=2027"' in page


def test_the_file_comes_to_the_total_and_no_cell_is_a_formula(case: Running, client: FlaskClient) -> None:
    with transaction(SYSTEM) as session:
        setting = session.merge(case.setting)
        setting.name = '=HYPERLINK("http://evil.example")'
    answer = client.get(f"/ledger/{case.la.id}/lines.csv?year=2026")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    with transaction(SYSTEM) as session:
        total = session.scalars(select(LedgerTotal.amount).where(LedgerTotal.year == 2026)).one()
    assert sum(Decimal(row["Amount £"]) for row in rows) * 100 == total
    assert {row["Setting"] for row in rows} == {'\'=HYPERLINK("http://evil.example")'}
    assert {row["Financial year"] for row in rows} == {"2026-27"}
    reversed_ = {row["Reverses line"]: row["Amount £"] for row in rows if row["Reverses line"]}
    assert all(Decimal(row["Amount £"]) == -Decimal(reversed_[row["Line"]]) for row in rows if row["Line"] in reversed_)


def test_a_year_in_which_nothing_was_charged_has_no_account(case: Running, client: FlaskClient) -> None:
    for path in ("", "/lines.csv"):
        assert client.get(f"/ledger/{case.la.id}{path}?year=2020").status_code == 404
        assert client.get(f"/ledger/{case.la.id}{path}?year=x").status_code == 422


def test_before_the_first_award_the_ledger_says_so(sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.authority(session), Role.PROCUREMENT).email
    assert "Nothing has been charged yet." in sign_in(email).get("/ledger").text


def test_a_region_reads_the_ledgers_of_its_authorities_and_no_other(
    case: Running, sign_in: Callable[[str], FlaskClient]
) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, case.la.id)
        mine = builders.user(session, la.region, Role.PROCUREMENT).email
        other = builders.user(session, builders.region(session), Role.PROCUREMENT).email
    with time_machine.travel(TODAY):
        assert sign_in(mine).get(f"/ledger/{case.la.id}").status_code == 200
        client = sign_in(other)
        assert client.get(f"/ledger/{case.la.id}").status_code == 404
        assert case.la.name not in client.get("/ledger").text
