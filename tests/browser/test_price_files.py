"""J12: a provider publishes prices by a file: errors first, mended, sent again, looked at, published together."""

import csv
import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

PROVIDERS = ("marramgrasscharity", "threeheronsacademies", "tidewracklearning", "saltmarrowlearningtrust")


def template(visitor: Visitor, form: str, folder: Path) -> Path:
    """Take the template as a person would: press its link, keep the file."""
    with visitor.page.expect_download() as download:
        visitor.click("link", f"Template as {form}")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def save(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), "utf-8-sig")


def choose_and_send(page: Page, path: Path) -> None:
    page.get_by_label("File of prices").set_input_files(path)
    page.get_by_role("button", name="Check and save as drafts").click()


@in_every_window("provider", PROVIDERS)
def test_prices_are_published_by_a_file_with_errors_that_are_mended(
    visit: Visit, width: int, scripts: bool, provider: str, tmp_path: Path
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"provider-editor@{provider}.example")
        visitor.open("/schedules")
        visitor.click("link", "Upload prices from a spreadsheet")
        visitor.reads("Upload prices")
        visitor.look("price-file")
        path = template(visitor, "CSV", tmp_path)
        rows = rows_of(path)
        amount, band = rows[0].index("amount"), rows[0].index("band")
        for row in rows[1:]:
            if row[amount] not in {"", "0"}:
                row[amount] = str(int(row[amount]) + 50)
        rows[1][amount] = "£41,200.50"
        good = [list(row) for row in rows]
        rows[1][amount], rows[2][amount], rows[3][band] = "41.2k", "=A1", "moderat"
        save(path, rows)
        choose_and_send(visitor.page, path)
        visitor.reads("Upload prices")
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.sees("Nothing was saved.", "nobody should have to guess what was rounded", "the nearest is moderate")
        expect(visitor.page).to_have_title(re.compile("^Error: "))
        visitor.look("price-file-errors")
        with visitor.page.expect_download() as errors:
            visitor.click("link", "Download the errors (CSV)")
        errors.value.save_as(tmp_path / "errors.csv")
        assert ["2", "amount", "41.2k"] in [row[:3] for row in rows_of(tmp_path / "errors.csv")]
        save(path, good)
        choose_and_send(visitor.page, path)
        visitor.reads("Drafts of prices")
        visitor.sees("Nobody else sees them until you publish them.", "from a file")
        visitor.look("price-drafts")
        visitor.page.locator("main table a").first.click()
        visitor.reads("Check before you publish")
        visitor.sees("Like for like")
        visitor.look("price-drafts-check")
        visitor.page.go_back()
        visitor.click("button", "Continue to publish")
        visitor.reads("Publish the prices of")
        visitor.look("price-drafts-confirm")
        visitor.click("button", "Publish ")
        visitor.sees("Published: the prices of", "Existing awards keep their price.")
        expect(visitor.page.get_by_text("is not published yet")).to_have_count(0)


def test_a_workbook_is_changed_and_sent_by_keyboard_alone(visit: Visit, tmp_path: Path) -> None:
    with visit() as visitor:
        visitor.sign_in("provider-editor@driftwoodmultiacademytrust.example")
        visitor.open("/schedules/upload")
        path = template(visitor, "a workbook", tmp_path)
        book = load_workbook(path)
        amounts = [cell.value for cell in book["prices"][1]].index("amount") + 1
        book["prices"].cell(2, amounts).value = 40_000.5
        book.save(path)
        visitor.page.get_by_label("File of prices").set_input_files(path)
        visitor.begin()
        visitor.press(visitor.page.get_by_role("button", name="Check and save as drafts"))
        visitor.reads("Drafts of prices")
        visitor.page.locator("main table a").first.press("Enter")
        visitor.sees("£40,000.50")
        assert visitor.clicks == 0


@pytest.mark.parametrize("width", [1280, 320])
def test_a_file_that_is_too_large_is_answered_in_words(visit: Visit, tmp_path: Path, width: int) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(b"x" * 10_500_000)
    with visit(width=width) as visitor:
        visitor.sign_in("provider-editor@driftwoodmultiacademytrust.example")
        visitor.open("/schedules/upload")
        choose_and_send(visitor.page, path)
        visitor.reads("What was sent is too large")
