"""What others ask for: an LA looks at what it may publish of its awards, and at what its SEN2 return takes from here,
and takes that."""

import io
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
        visitor.click("link", "Publish awards")
        visitor.reads("Publish awards of")
        visitor.sees("What is published, and why not more")
        visitor.look("open-contracting")
        visitor.open("/needs")
        visitor.click("link", "SEN2 return")
        visitor.reads("SEN2 return, ")
        visitor.sees("Module 1 person", "Not held here: ")
        visitor.look("sen2")
        with visitor.page.expect_download() as download:
            visitor.click("button", "Take the files (.zip)")
        with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
            assert len(archive.namelist()) == 5
