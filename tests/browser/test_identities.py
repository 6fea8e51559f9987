"""A commissioner states who a pupil is, adds a document, saves and removes it."""

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window
from tests.commissioning import pdf

COMMISSIONERS = (
    "commissioner@aldermouth", "commissioner@brackenwold", "commissioner@dunmarrow", "commissioner@estermere",
)  # fmt: skip


@in_every_window("person", COMMISSIONERS)
def test_who_a_pupil_is_is_stated_opened_and_documented(visit: Visit, width: int, scripts: bool, person: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"{person}.example")
        visitor.open("/needs?status=published")
        visitor.page.locator("main tbody a").first.click()
        visitor.click("link", "Open or state who the pupil is")
        visitor.reads("Who the pupil is")
        visitor.look("identity-door")
        visitor.click("button", "State who the pupil is")
        visitor.type("Name", "Pip Example")
        for box, text in (("Day", "9"), ("Month", "3"), ("Year", "1914")):
            visitor.type(box, text)
        visitor.type("Unique pupil number (optional)", "B801200005001")
        visitor.type("What the family says (optional)", "Small groups, please.\nAnd a school that we can reach.")
        visitor.press(visitor.page.get_by_role("button", name="Keep this"))
        visitor.sees("There is a problem", "Check the year.")
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("identity-refused")
        visitor.type("Year", "2014")
        visitor.click("button", "Keep this")
        visitor.sees("Name, date of birth and what the family says are kept here, sealed.")
        visitor.click("link", "Add a document")
        visitor.look("document-new")
        visitor.click("radio", "Annual review")
        plan = {"name": "Pip’s review.pdf", "mimeType": "application/pdf", "buffer": pdf("Review")}
        visitor.page.get_by_label("The document").set_input_files(plan)
        visitor.click("button", "Add it")
        visitor.sees("1 document is kept here.")
        visitor.click("button", "Show who the pupil is")
        visitor.sees("Pip Example", "9 March 2014", "Pip’s review.pdf", "It is recorded which document you save")
        visitor.look("identity")
        with visitor.page.expect_download() as download:
            visitor.click("button", "Save Pip’s review.pdf")
        assert download.value.suggested_filename == "Pip’s review.pdf"
        assert download.value.path().read_bytes() == plan["buffer"]
        visitor.click("button", "Remove Pip’s review.pdf")
        visitor.reads("Remove this document?")
        visitor.look("document-remove")
        visitor.click("button", "Remove it for good")
        visitor.sees("No document is kept here.")
