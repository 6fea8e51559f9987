"""What others ask for: an LA looks at what it may publish of its awards, and at what its SEN2 return takes from here,
and takes both."""

import io
import json
import zipfile

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

AUTHORITIES = ("aldermouth", "brackenwold", "dunmarrow", "fallowby")


@in_every_window("authority", AUTHORITIES)
def test_what_may_be_published_and_what_the_return_takes_are_looked_at_and_taken(
    visit: Visit, width: int, scripts: bool, authority: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"approver@{authority}.example")
        visitor.open("/ledger")
        visitor.click("link", "Open contracting")
        visitor.reads("Open contracting, ")
        visitor.look("open-contracting")
        take = visitor.page.get_by_role("button", name="Take the file (.json)")
        if take.count():  # the awards of a few months may be too few
            with visitor.page.expect_download() as download:
                take.click()
            assert json.loads(download.value.path().read_text())["version"] == "1.1"
        visitor.open("/needs")
        visitor.click("link", "SEN2 return")
        visitor.reads("SEN2 return, ")
        visitor.sees("Module 1 person", "Not held here: ")
        visitor.look("sen2")
        with visitor.page.expect_download() as download:
            visitor.click("button", "Take the files (.zip)")
        with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
            assert len(archive.namelist()) == 5
