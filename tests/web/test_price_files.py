"""Prices from a file through the real pages: from the template to publication, and everything that is refused."""

import base64
import csv as csv_module
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from html import unescape
from typing import Any

import pytest
import time_machine
import xlsxwriter
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook
from sqlalchemy import Engine, select
from werkzeug.datastructures import FileStorage

from marketplace.db import transaction
from marketplace.models import Kind, PriceLine, PriceSchedule, Role, ScheduleStatus, Unit
from marketplace.permissions import SYSTEM
from tests import builders
from tests.web.price_files import HEADER, UPLOAD, csv, faults, post_whole, send_file, ticked
from tests.web.test_schedules import boxes, send

SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """24 November 2026: the coming academic year is 2027/28."""
    with time_machine.travel("2026-11-24 10:00+00:00", tick=True):
        yield


@dataclass
class Trust:
    """A provider with two settings, each with a day school, the first with an outreach team; and people around it."""

    first: int
    second: int
    day: int
    team: int
    other: int
    urn: int
    second_urn: int
    rival_urn: int
    editor: str
    rival: str
    commissioner: str


@pytest.fixture
def trust(database: Engine) -> Trust:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        provider, other = builders.provider(session), builders.provider(session)
        first = builders.setting(session, la, provider, name="Heron House", urn=900801)
        second = builders.setting(session, la, provider, name="Little Heron", urn=900802)
        foreign = builders.setting(session, la, other, name="Rival Canary School", urn=900803)
        day = builders.provision(session, builders.pool(session, first), name="Autism day school")
        hours = builders.pool(session, first, name="Team", unit=Unit.HOURS)
        team = builders.provision(session, hours, name="Outreach team", kind=Kind.OUTREACH)
        small = builders.provision(session, builders.pool(session, second), name="Nurture day school")
        builders.provision(session, builders.pool(session, foreign), name="Rival provision")
        builders.schedule(session, day, moderate=3_000_000, intensive=4_800_000)
        builders.schedule(session, small, moderate=2_800_000)
        return Trust(
            first.id, second.id, day.id, team.id, small.id, 900801, 900802, 900803,
            builders.user(session, provider, Role.PROVIDER_EDITOR).email,
            builders.user(session, other, Role.PROVIDER_EDITOR).email,
            builders.user(session, la, Role.COMMISSIONER).email,
        )  # fmt: skip


DAY = "900801,Heron House,Autism day school"
SMALL = "900802,Little Heron,Nurture day school"
GOOD = csv(
    f"{DAY},moderate,core,,,38,31000,2027/28",
    f'{DAY},moderate,therapy,salt,1.5,38,"£1,200.50",2027/28',
    f"{DAY},intensive,core,,,38,48000,2027/28",
    f"{SMALL},moderate,core,,,38,28500,2027/28",
)


def drafts() -> list[PriceSchedule]:
    with transaction(SYSTEM) as session:
        rows = session.scalars(
            select(PriceSchedule).where(PriceSchedule.status == ScheduleStatus.DRAFT).order_by(PriceSchedule.setting_id)
        ).all()
        for row in rows:
            assert row.lines is not None
        return list(rows)


def held(row: PriceSchedule) -> dict[str, int]:
    return {line.key.partition("-")[2]: line.amount for line in row.lines}


def refused(client: FlaskClient, *lines: str, **options: str) -> list[tuple[str, str, str, str]]:
    """The faults of a file, of which nothing may be kept."""
    found = faults(send_file(client, csv(*lines), **options))  # type: ignore[arg-type]
    assert drafts() == []
    return found


# ---- the way through


def test_a_file_becomes_drafts_that_are_looked_at_and_published_together(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    answer = send_file(client, GOOD)
    assert answer.location == "/schedules/drafts"
    page = client.get(answer.location).text
    assert "prices.csv is in 2 drafts. Nobody else sees them until you publish them." in page
    assert "2 prices" in page
    assert "+3.7%" in page  # the mean of +7.3% and +0.0%
    assert "unchanged to +7.3%" in page
    first, second = drafts()
    assert held(first) == {"moderate-core": 3_100_000, "moderate-therapy-salt": 120_050, "intensive-core": 4_800_000}
    assert (first.starts_on, second.starts_on) == (date(2027, 9, 1), date(2027, 9, 1))
    assert "£32,200.50" in client.get(f"/schedules/{first.id}/check").text
    last = client.post("/schedules/drafts", data={"drafts": ticked(page), "csrf_token": builders.csrf_token(page)}).text
    assert "Publish the prices of 2 settings?" in last
    assert "version 1 ends the day before" in last
    assert len(drafts()) == 2, "a last look changes nothing"
    done = client.post(
        "/schedules/drafts/publish", data={"drafts": ticked(last), "csrf_token": builders.csrf_token(last)}
    )
    assert done.location == "/schedules"
    assert "Published: the prices of 2 settings." in client.get("/schedules").text
    la = sign_in(trust.commissioner)
    shown = la.get(f"/schedules/{first.id}").text
    assert "£1,200.50" in shown
    assert "£32,200.50" in shown


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_holds_what_is_published_and_is_read_back_as_it_is(
    trust: Trust, sign_in: SignIn, form: str
) -> None:
    client = sign_in(trust.editor)
    file = client.get(f"/schedules/template.{form}")
    assert file.headers["Content-Disposition"] == f"attachment; filename=prices-2027-28.{form}"
    rows = read(file.data, form)
    assert rows[0] == HEADER.split(",")
    assert ["900801", "Heron House", "Autism day school", "moderate", "core", "", "", "38", "30000", "2027/28"] in rows
    assert ["900801", "Heron House", "Outreach team", "mild", "core", "", "", "", "", "2027/28"] in rows
    assert send_file(client, file.data, name=f"my prices.{form}").status_code == 302
    assert [held(row) for row in drafts()] == [
        {"moderate-core": 3_000_000, "intensive-core": 4_800_000},
        {"moderate-core": 2_800_000},
    ]


def read(content: bytes, form: str) -> list[list[str]]:
    if form == "csv":
        return list(csv_module.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(content))["prices"]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_a_file_without_any_figure_is_refused(trust: Trust, sign_in: SignIn) -> None:
    ((row, _, _, words),) = refused(sign_in(trust.editor), f"{DAY},moderate,core,,,,,")
    assert (row, words) == ("all", "The file states no price. Fill in at least one core line with its amount.")


def test_the_template_of_one_setting_holds_that_one_and_a_rivals_is_not_there(trust: Trust, sign_in: SignIn) -> None:
    path = f"/settings/{trust.second}/schedules/template.csv"
    text = sign_in(trust.editor).get(path).text
    assert "Little Heron" in text
    assert "Heron House" not in text
    assert sign_in(trust.rival).get(path).status_code == 404
    assert sign_in(trust.commissioner).get(path).status_code == 403


def test_a_setting_without_figures_in_the_file_stays_as_it_is(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    assert send_file(client, csv(f"{DAY},moderate,core,,,38,31000,", f"{SMALL},moderate,core,,,,,")).status_code == 302
    assert [row.setting_id for row in drafts()] == [trust.first]


def test_a_file_sent_twice_gives_the_same_drafts_and_no_second_version(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    before = [(row.id, row.version, row.edit) for row in drafts()]
    again = send_file(client, GOOD)
    assert "2 of them held all of it already." in client.get(again.location).text
    assert [(row.id, row.version, row.edit) for row in drafts()] == before


def test_a_file_takes_the_place_of_what_its_drafts_hold(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    send_file(client, csv(f"{DAY},moderate,core,,,38,33000,"))
    first, second = drafts()
    assert held(first) == {"moderate-core": 3_300_000}
    assert held(second) == {"moderate-core": 2_850_000}
    assert "1 no longer stated" in client.get("/schedules/drafts").text


def test_what_was_changed_on_the_grid_since_is_not_ticked(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    first, second = drafts()
    grid = client.get(f"/schedules/{first.id}/grid").text
    assert boxes(grid)[f"lines-{trust.day}-moderate-therapy-salt-amount"] == "1,200.50"
    send(client, f"/schedules/{first.id}/grid", grid)
    page = client.get("/schedules/drafts").text
    assert ticked(page) == [f"{second.id}:{second.edit}"]
    assert held(drafts()[0]) == held(first), "the pence are kept on the grid"


# ---- what is refused, everything in one pass


def test_every_error_of_the_whole_file_comes_in_one_pass_with_row_column_value_and_remedy(
    trust: Trust, sign_in: SignIn
) -> None:
    client = sign_in(trust.editor)
    answer = send_file(
        client,
        csv(
            f"{DAY},moderat,core,,,38,30000,",
            f"{DAY},intensive,therapie,salt,1,38,900,",
            f"{DAY},profound,core,,,60,1.2k,",
            f"{DAY},profound,therapy,salt,,38,-900,",
            f"{SMALL},moderate,residential,,,38,9000,",
            "900001,,Autism day school,moderate,core,,,38,1,",
        ),
    )
    found = faults(answer)
    assert [(row, column, value) for row, column, value, _ in found] == [
        ("2", "band", "moderat"),
        ("3", "part", "therapie"),
        ("4", "weeks", "60"),
        ("4", "amount", "1.2k"),
        ("5", "amount", "-900"),
        ("5", "hours a week", "–"),
        ("6", "part", "–"),
        ("7", "URN", "900001"),
    ]
    words = {(row, column): text for row, column, _, text in found}
    assert "the nearest is moderate. Give one of mild, moderate, intensive" in words["2", "band"]
    assert "the nearest is therapy" in words["3", "part"]
    assert "nobody should have to guess what was rounded" in words["4", "amount"]
    assert words["5", "amount"].startswith("Is negative.")
    assert words["5", "hours a week"] == "Enter the hours a week that this amount buys, or 0 for none."
    assert words["6", "part"].startswith("Nurture day school, moderate: it has no core price. Add a core line")
    assert re.search(r'<a href="#file">\s*prices.csv has 8 errors. Nothing was saved.', answer.text)
    assert drafts() == []
    told = download(answer.text)[1:]
    assert [(row, column, text) for row, column, _, text in told] == [
        (row, column.replace("–", ""), text) for row, column, _, text in found
    ]
    assert told[4][2] == "'-900"


def download(page: str) -> list[list[str]]:
    """The file of errors that the page's link holds."""
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download', page)
    assert link
    return list(csv_module.reader(io.StringIO(base64.b64decode(unescape(link[1])).decode("utf-8-sig"))))


def test_the_file_of_errors_holds_all_of_them_and_runs_no_formula(trust: Trust, sign_in: SignIn) -> None:
    answer = send_file(sign_in(trust.editor), csv(*[f"{DAY},=1+{number},core,,,38,1," for number in range(150)]))
    assert len(faults(answer)) == 100
    assert "The first 100 of 150 are shown" in answer.text
    rows = download(answer.text)
    assert rows[0] == ["row", "column", "value", "what is wrong and how to put it right"]
    assert rows[1][:3] == ["2", "band", "'=1+0"]
    assert len(rows) == 151
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_negative_amount_is_refused(trust: Trust, sign_in: SignIn) -> None:
    ((row, column, value, words),) = refused(sign_in(trust.editor), f"{DAY},moderate,core,,,38,-500,")
    assert (row, column, value) == ("2", "amount", "-500")
    assert words == "Is negative. Give pounds with all their digits, 0 or more, as 48000 or £1,200.50."


def test_a_price_without_a_core_line_is_refused(trust: Trust, sign_in: SignIn) -> None:
    ((row, column, _, words),) = refused(sign_in(trust.editor), f"{DAY},moderate,therapy,salt,1,38,900,")
    assert (row, column) == ("2", "part")
    assert words.startswith("Autism day school, moderate: it has no core price.")


def test_a_core_line_with_a_bad_figure_is_not_also_called_missing(trust: Trust, sign_in: SignIn) -> None:
    lines = [f"{DAY},moderate,core,,,38,1.2k,", f"{DAY},moderate,therapy,salt,1,38,900,"]
    assert [fault[:2] for fault in refused(sign_in(trust.editor), *lines)] == [("2", "amount")]


@pytest.mark.parametrize("slip", [f"{DAY},moderate,cor,,,38,9,", f"{DAY},moderat,core,,,38,9,",
                                  "900801,,Autism dayschool,moderate,core,,,38,9,"])  # fmt: skip
def test_a_core_line_that_a_slip_hides_is_not_called_missing(trust: Trust, sign_in: SignIn, slip: str) -> None:
    found = refused(sign_in(trust.editor), slip, f"{DAY},moderate,therapy,salt,1,38,900,")
    assert [row for row, *_ in found] == ["2"]


def test_hours_without_an_amount_are_refused(trust: Trust, sign_in: SignIn) -> None:
    lines = [f"{DAY},moderate,core,,,38,30000,", f"{DAY},moderate,therapy,salt,2,38,,"]
    ((row, column, _, words),) = refused(sign_in(trust.editor), *lines)
    assert (row, column) == ("3", "amount")
    assert words.startswith("Enter the amount that goes with these hours or weeks (0 if nothing is charged)")


def test_an_outreach_package_says_how_many_hours_it_buys(trust: Trust, sign_in: SignIn) -> None:
    ((row, column, _, words),) = refused(sign_in(trust.editor), "900801,,Outreach team,mild,core,,,38,9000,")
    assert (row, column) == ("2", "hours a week")
    assert "state the staff hours a week" in words


def test_a_therapy_without_its_discipline_is_refused(trust: Trust, sign_in: SignIn) -> None:
    lines = [f"{DAY},moderate,core,salt,,38,30000,", f"{DAY},moderate,therapy,,2,38,900,"]
    found = refused(sign_in(trust.editor), *lines)
    assert [fault[:2] for fault in found] == [("2", "discipline"), ("3", "discipline")]


@pytest.mark.parametrize("amount", ['"£1,200.50"', "1200.50", "1200.5", '"1,200.50"'])
def test_pence_are_kept(trust: Trust, sign_in: SignIn, amount: str) -> None:
    assert send_file(sign_in(trust.editor), csv(f"{DAY},moderate,core,,,38,{amount},")).status_code == 302
    assert held(drafts()[0]) == {"moderate-core": 120_050}


@pytest.mark.parametrize("amount", ["1.2k", "£48k", "1.2 million"])
def test_a_shortened_amount_is_refused_with_the_reason(trust: Trust, sign_in: SignIn, amount: str) -> None:
    ((_, column, value, words),) = refused(sign_in(trust.editor), f"{DAY},moderate,core,,,38,{amount},")
    assert (column, value) == ("amount", amount)
    assert words.endswith("with all its digits: nobody should have to guess what was rounded.")


def test_prices_that_start_with_a_published_version_are_refused(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    page = client.get("/schedules/drafts").text
    client.post("/schedules/drafts/publish", data={"drafts": ticked(page)[:1], "csrf_token": builders.csrf_token(page)})
    (left,) = drafts()
    found = faults(send_file(client, GOOD))
    words = "Prices from 1 September 2027 are published already, as version 2. Choose a later day for these."
    assert found == [("2", "from", "1 September 2027", f"Heron House: {words}")]
    assert [row.edit for row in drafts()] == [left.edit]


@pytest.mark.parametrize("starts_on", ["31/8/2027", "1/9/2028", "1/9/2026"])
def test_a_start_outside_the_coming_academic_year_is_refused_with_the_year_expected(
    trust: Trust, sign_in: SignIn, starts_on: str
) -> None:
    answer = send_file(sign_in(trust.editor), GOOD, starts_on=starts_on)
    words = "A file sets the prices of 2027/28: choose a day from 1 September 2027 to 31 August 2028."
    ((row, column, _, said),) = faults(answer)
    assert (row, column) == ("all", "from")
    assert said.startswith(words)
    assert re.search(rf'<a href="#starts_on">\s*{words}', answer.text)
    assert drafts() == []


def test_a_file_of_another_year_is_refused_once_with_the_year_expected(trust: Trust, sign_in: SignIn) -> None:
    lines = [f"{DAY},moderate,core,,,38,1,2026/27", f"{DAY},intensive,core,,,38,1,2026/27"]
    ((row, column, value, words),) = refused(sign_in(trust.editor), *lines)
    assert (row, column, value) == ("2", "academic year", "2026/27")
    assert words.startswith("The year expected is 2027/28. ")
    assert "2 rows" in words


def test_a_line_that_stands_twice_is_refused_with_the_row_of_the_first(trust: Trust, sign_in: SignIn) -> None:
    lines = [f"{DAY},moderate,core,,,38,1,", f"{DAY},intensive,core,,,38,1,", f"{DAY},Moderate,Core,,,38,2,"]
    ((row, _, _, words),) = refused(sign_in(trust.editor), *lines)
    assert (row, words) == ("4", "The same line stands in row 2. Keep one of the two.")


def test_a_rivals_setting_and_one_that_nobody_has_are_answered_in_the_same_words(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    rivals, nobodys = (
        refused(client, f"{urn},,Rival provision,moderate,core,,,38,1,") for urn in (trust.rival_urn, 999_999)
    )
    assert [fault[3] for fault in rivals] == [fault[3] for fault in nobodys]
    assert "Rival Canary" not in str(rivals)


def test_a_rivals_provision_is_as_unknown_as_any(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    ((_, column, _, words),) = refused(client, "900801,,Rival provision,moderate,core,,,38,1,")
    assert column == "provision"
    assert words == "Heron House has no provision of this name. Use one of Autism day school, Outreach team."
    ((_, _, _, near),) = refused(client, "900801,,Autism dayschool,moderate,core,,,38,1,")
    assert near.endswith("Write Autism day school.")


def test_a_name_that_is_not_that_of_the_urn_is_refused(trust: Trust, sign_in: SignIn) -> None:
    ((_, column, value, words),) = refused(
        sign_in(trust.editor), "900801,Little Heron,Autism day school,mild,core,,,38,1,"
    )
    assert (column, value) == ("setting", "Little Heron")
    assert words.startswith("The setting with this URN is Heron House.")


def test_provisions_of_one_name_are_told_apart_by_their_numbers(trust: Trust, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        row = session.get_one(
            PriceSchedule, session.scalars(select(PriceSchedule.id).order_by(PriceSchedule.id)).first()
        )
        twin = builders.provision(
            session, builders.pool(session, row.setting, name="Twin"), name="Autism day school"
        ).id
    client = sign_in(trust.editor)
    ((_, _, _, words),) = refused(client, f"{DAY},moderate,core,,,38,1,")
    assert words.endswith(f"Write Autism day school ({trust.day}) or Autism day school ({twin}).")
    assert send_file(client, client.get("/schedules/template.csv").data).status_code == 302
    assert send_file(client, csv(f"{DAY} ({twin}),moderate,core,,,38,1,")).status_code == 302
    assert [line.provision_id for line in drafts()[0].lines] == [twin]


@pytest.mark.parametrize("cell", ["=1+1", "+31000", "@SUM(A1)", "-A1"])
@pytest.mark.parametrize("column", ["provision", "amount"])
def test_a_cell_of_a_csv_file_that_a_spreadsheet_would_run_is_refused(
    trust: Trust, sign_in: SignIn, cell: str, column: str
) -> None:
    cells = {"provision": "Autism day school", "amount": "1"} | {column: cell}
    found = refused(sign_in(trust.editor), f"900801,,{cells['provision']},moderate,core,,,38,{cells['amount']},")
    assert [(row, name, value) for row, name, value, _ in found] == [("2", column, cell)]
    assert found[0][3].startswith("Is a formula, or would be taken for one.")


def workbook(*rows: tuple[object, ...], change: Callable[[Any], object] = repr) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "prices"
    sheet.append(HEADER.split(","))
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


CORE = (900801, "Heron House", "Autism day school", "moderate", "core", None, None, 38, 1200.5, "2027/28")


def test_the_numbers_of_a_workbook_are_read_to_the_penny(trust: Trust, sign_in: SignIn) -> None:
    assert send_file(sign_in(trust.editor), workbook(CORE), name="prices.XLSX").status_code == 302
    assert held(drafts()[0]) == {"moderate-core": 120_050}


def test_a_formula_of_a_workbook_is_refused_with_its_cell(trust: Trust, sign_in: SignIn) -> None:
    answer = send_file(sign_in(trust.editor), workbook((*CORE[:8], "=SUM(1,2)", None)), name="prices.xlsx")
    ((row, column, value, words),) = faults(answer)
    assert (row, column, value) == ("2", "amount", "=SUM(1,2)")
    assert words == "Is a formula. Paste the value itself into the cell."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda sheet: sheet.merge_cells("B1:C1"), "Has merged cells in its header row."),
        (lambda sheet: setattr(sheet.row_dimensions[1], "hidden", True), "Has a header row that is hidden."),
        (lambda sheet: sheet.insert_rows(1), "Has no header row."),
    ],
    ids=["merged", "hidden", "empty"],
)
def test_a_header_row_that_people_do_not_see_as_it_is_read_is_refused(
    trust: Trust, sign_in: SignIn, change: Callable[[Any], object], words: str
) -> None:
    ((row, _, _, said),) = faults(send_file(sign_in(trust.editor), workbook(CORE, change=change), name="prices.xlsx"))
    assert row == "1"
    assert said.startswith(words)
    assert drafts() == []


def test_a_hidden_row_below_the_header_is_read_as_any_other(trust: Trust, sign_in: SignIn) -> None:
    file = workbook(CORE, change=lambda sheet: setattr(sheet.row_dimensions[2], "hidden", True))
    assert send_file(sign_in(trust.editor), file, name="prices.xlsx").status_code == 302


def test_twenty_thousand_rows_are_read_and_one_more_is_refused(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    blank = f"{SMALL},moderate,core,,,,,"
    rows = [f"{DAY},moderate,core,,,38,31000,", *[blank] * 19_999]
    assert send_file(client, csv(*rows)).status_code == 302
    ((row, _, _, words),) = faults(send_file(client, csv(*rows, blank)))
    assert row == "20002"
    assert words.startswith("Has more than 20,000 rows.")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD.decode().encode("utf-16"), "Holds a NUL byte, so it is no CSV text."),
        (GOOD.decode().encode("cp1252"), "Is not UTF-8 text."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "Holds a NUL byte"),
        (b"", "Has no header row."),
        (b"\n\n", "Has no header row."),
    ],
    ids=["utf-16", "cp1252", "picture", "empty", "blank"],
)
def test_what_is_no_csv_text_in_utf_8_is_refused_with_the_way_to_save_it(
    trust: Trust, sign_in: SignIn, content: bytes, words: str
) -> None:
    ((_, _, _, said),) = faults(send_file(sign_in(trust.editor), content))
    assert said.startswith(words)
    assert drafts() == []


def test_another_kind_of_file_and_no_file_at_all_are_refused(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    ((_, _, _, said),) = faults(send_file(client, GOOD, name="prices.ods"))
    assert said == "Is neither a .csv nor an .xlsx file. Save it as one of the two."
    nothing = send_file(client, b"", name="")
    assert nothing.status_code == 422
    assert "Choose the file of prices" in nothing.text


def test_an_archive_that_unpacks_to_far_more_is_refused_before_it_is_read(trust: Trust, sign_in: SignIn) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": False}) as book:
        sheet = book.add_worksheet("prices")
        for number in range(2000):  # 64 MB unpacked, and no more than 80 times what they are packed
            sheet.write_string(number, 0, sha256(str(number).encode()).hexdigest()[:32] * 1000)
        for number in range(20_000):
            sheet.write_string(number, 1, sha256(str(number).encode()).hexdigest())
    file = content.getvalue()
    assert 64_000_000 / 100 < len(file) < 10_000_000
    ((row, _, _, said),) = faults(send_file(sign_in(trust.editor), file, name="prices.xlsx"))
    assert row == "all"
    assert said.startswith("Unpacks to far more than a workbook of this size holds.")


def test_a_file_beyond_ten_megabytes_is_not_even_read(trust: Trust, sign_in: SignIn) -> None:
    answer = send_file(sign_in(trust.editor), b"x" * 10_000_001)
    assert answer.status_code == 413
    assert "split the file (at most 10 MB)" in answer.text


def test_a_file_beyond_a_megabyte_is_read_here_and_nowhere_else(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    large = csv(f"{DAY},moderate,core,,,38,1,", *[f"{SMALL},moderate,core,,,,,{' ' * 1000}"] * 2000)
    assert send_file(client, large).status_code == 302
    form = {
        "file": FileStorage(io.BytesIO(b"x" * 2_000_000), "x"),
        "csrf_token": builders.csrf_token(client.get(UPLOAD).text),
    }
    assert post_whole(client, "/schedules/drafts", form).status_code == 413


def test_a_file_name_is_shown_without_folders_and_never_run(trust: Trust, sign_in: SignIn) -> None:
    answer = send_file(sign_in(trust.editor), csv("1"), name="../../etc/<script>alert(1)</script>\u202eprices.csv")
    assert "<script>alert" not in answer.text
    assert "etc" not in answer.text.split("<main")[1]
    long = send_file(sign_in(trust.editor), csv("1"), name="x" * 500 + ".csv")
    assert "x" * 81 not in long.text


# ---- somebody else in between


def test_a_draft_that_somebody_saved_since_the_page_was_opened_is_not_replaced(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    opened = client.get(UPLOAD).text
    answer = builders.post(client, f"/settings/{trust.first}/schedules/start", page="/schedules")
    (draft,) = drafts()
    stale = send_file(client, GOOD, page=opened)
    assert stale.status_code == 409
    assert "Somebody else has saved drafts since you opened this page: Heron House." in stale.text
    assert [(row.id, row.edit) for row in drafts()] == [(draft.id, draft.edit)]
    assert send_file(client, GOOD, page=stale.text).status_code == 302
    assert answer.location == f"/schedules/{draft.id}/grid"


def test_drafts_that_changed_since_the_last_look_are_not_published_nor_any_beside_them(
    trust: Trust, sign_in: SignIn
) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    page = client.get("/schedules/drafts").text
    send_file(client, csv(f"{DAY},moderate,core,,,38,99,"))
    form = {"drafts": ticked(page), "csrf_token": builders.csrf_token(page)}
    answer = client.post("/schedules/drafts/publish", data=form)
    assert answer.status_code == 409
    assert "Nothing was published. Heron House: Somebody else has saved this draft" in answer.text
    assert len(drafts()) == 2


def test_nothing_ticked_says_so_and_a_rivals_draft_is_not_there(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    page = client.get("/schedules/drafts").text
    token = builders.csrf_token(page)
    answer = client.post("/schedules/drafts", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "Tick at least one setting whose prices are to be published." in answer.text
    rival = sign_in(trust.rival)
    assert "Heron" not in rival.get("/schedules/drafts").text
    form = {"drafts": ticked(page), "csrf_token": builders.csrf_token(rival.get(UPLOAD).text)}
    assert rival.post("/schedules/drafts/publish", data=form).status_code == 404
    assert "Heron" not in rival.post("/schedules/drafts", data=form).text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(PriceLine.id)).all()
    assert len(drafts()) == 2


def test_a_draft_that_is_not_ready_has_no_tick_and_says_how_much_is_in_the_way(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    builders.post(client, f"/settings/{trust.first}/schedules/start", page="/schedules")
    (draft,) = drafts()
    core = f"lines-{trust.day}-moderate-core"
    changes = {f"{core}-amount": "", f"{core}-weeks": "", f"lines-{trust.day}-moderate-equipment-amount": "900"}
    send(client, f"/schedules/{draft.id}/grid", client.get(f"/schedules/{draft.id}/grid").text, **changes)
    page = client.get("/schedules/drafts").text
    assert "1 thing to put right first" in page
    assert 'name="drafts"' not in page


def test_pence_reach_the_pages_of_authorities_on_the_day_that_prices_start(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    send_file(client, GOOD)
    page = client.get("/schedules/drafts").text
    client.post("/schedules/drafts/publish", data={"drafts": ticked(page), "csrf_token": builders.csrf_token(page)})
    with time_machine.travel("2027-09-01 10:00+00:00"):
        shown = sign_in(trust.commissioner).get(f"/settings/{trust.first}").text
    assert "£32,200.50" in shown


def test_parts_of_which_no_band_has_any_are_told_in_one_line(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    none = [f"{DAY},{band},therapy,{name},0,,," for band in ("moderate", "intensive") for name in ("salt", "physio")]
    send_file(client, csv(*[f"{DAY},{band},core,,,38,30000," for band in ("moderate", "intensive")], *none))
    (draft,) = drafts()
    page = client.get(f"/schedules/{draft.id}/check").text
    assert "None for any band: speech and language therapy, physiotherapy." in re.sub(r"</?span[^>]*>", "", page)
    assert "Physiotherapy</th>" not in page
