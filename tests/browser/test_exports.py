"""The SEN2 return, from what is missing to the files, and a year's awards, from what would be published to the file;
each also at the width of a phone and without scripts."""

import io
import json
import zipfile

from playwright.sync_api import expect

from tests.browser.conftest import Backstage, Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("Aldermouth", "Brackenwold", "Greystrand", "Dunmarrow")


def saved(visitor: Visitor, role: str, name: str) -> bytes:
    """What a link or a button hands out to be saved."""
    with visitor.page.expect_download() as download:
        visitor.click(role, name)
    return download.value.path().read_bytes()


def return_cases(visitor: Visitor, reference: str) -> None:
    """The commissioner reads what is missing, puts nothing right, and takes the files."""
    visitor.open("/needs")
    visitor.click("link", "SEN2 return")
    visitor.reads("SEN2 return")
    visitor.sees("Person Record", "Who the pupil is, is not stated", "The files name every pupil.")
    visitor.look("sen2-return")
    expect(visitor.page.get_by_text("Robin Examplechild")).to_have_count(0)
    with zipfile.ZipFile(io.BytesIO(saved(visitor, "button", "Take the files"))) as files:
        person = files.read("1-person.csv").decode("utf-8-sig")
    assert f"{reference},Robin Examplechild" in person


def publish(visitor: Visitor, year: int) -> None:
    """Procurement sees what would be published, and saves it; the year that goes on is not published."""
    visitor.open("/ledger")
    visitor.click("link", "Publish awards")
    visitor.sees("other providers together", "Do not publish this file yet", "20 awards with a contract")
    visitor.look("open-contracting")
    content = json.loads(saved(visitor, "button", "Save the file"))
    assert len(content["releases"]) == 2
    visitor.open(f"/open-contracting?year={year + 1}")
    visitor.sees("Nothing is published of this year before it has ended")
    visitor.look("open-contracting-not-over")


@in_every_window("authority", AUTHORITIES)
def test_the_return_and_the_awards_leave_the_marketplace(
    visit: Visit, backstage: Backstage, width: int, scripts: bool, authority: str
) -> None:
    scene = backstage("bought", authority)
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"commissioner@{authority.lower()}.example")
        return_cases(visitor, scene["reference"])
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{authority.lower()}.example")
        publish(visitor, scene["year"])
