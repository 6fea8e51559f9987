"""An uplift from request to letter: a provider asks, the link authority counters, the provider agrees, two authorities
answer differently, the provider publishes, and the letters can be read."""

from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

PROVIDERS = ("lanternhouseeducation", "sandpiperschools", "fernwickspecialistschools", "harbourlightcareandeducation")
PLACEMENTS = (("Fallowby", "7"), ("Greystrand", "5"))


def ask(visitor: Visitor) -> str:
    """Fill in the request for the last of the provider's settings at which no walk has placed anybody, check it and
    send it; its address."""
    visitor.open("/uplifts")
    links = visitor.page.get_by_role("link", name="Ask for").evaluate_all("links => links.map(it => it.pathname)")
    for link in reversed(links):
        visitor.open(link)
        if not visitor.page.get_by_label("Placements, row 1", exact=True).input_value():
            break
    visitor.reads("Ask for other prices")
    visitor.click("button", "Save and check")
    visitor.sees("Say why the prices should change.", "Say which local authorities have placements here")
    expect(visitor.page.get_by_role("heading", name="There is a problem")).to_be_visible()
    visitor.complaints.clear()  # the browser says of every refused form that it was refused
    visitor.look("uplift-refused")
    visitor.page.get_by_role("radio", name="A percentage on every published price").check()
    for label, text in (("Percentage", "6.5"), ("Staff", "72"), ("Premises", "11"), ("Other", "17")):
        visitor.type(label, text)
    visitor.type("Why?", "The pay award, and insurance.")
    for number, (authority, count) in enumerate(PLACEMENTS, 1):
        visitor.choose(f"Local authority, row {number}", authority)
        visitor.page.get_by_label(f"Provision and band, row {number}", exact=True).select_option(index=1)
        visitor.type(f"Placements, row {number}", count)
    visitor.look("uplift-request")
    visitor.click("button", "Save and check")
    visitor.reads("Check before you send")
    visitor.sees("+6.5%", "Fallowby", "Greystrand", "Staff 72%")
    visitor.look("uplift-check")
    visitor.click("button", "Send the request")
    visitor.sees("Sent to 2 authorities.", "Fallowby negotiates for Fallowby, Greystrand")
    visitor.look("uplift-sent")
    return visitor.page.url.removeprefix(visitor.site.address)


def read(visitor: Visitor, link: str) -> str:
    """What a reader finds in the PDF behind a link."""
    href = visitor.page.get_by_role("link", name=link).first.get_attribute("href")
    answer = visitor.page.request.get(f"{visitor.site.address}{href}")
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages)


@in_every_window("provider", PROVIDERS)
def test_an_uplift_goes_from_the_request_to_the_letter(visit: Visit, width: int, scripts: bool, provider: str) -> None:
    window = {"width": width, "scripts": scripts}
    with visit(**window) as asker, visit(**window) as link, visit(**window) as other:
        asker.sign_in(f"provider-editor@{provider}.example")
        link.sign_in("procurement@fallowby.example")
        other.sign_in("approver@greystrand.example")
        address = ask(asker)

        link.open("/")
        link.click("link", "for other prices")
        link.sees("For you to do", "Answer the last proposal")
        link.look("uplifts-authority")
        link.open(address)
        link.sees(
            "What it would cost",
            "Indices of costs",
            "Variance from the band’s price",
            "Place in the price corridor",
            "Place among the prices of other providers",
            "How these figures are made",
            "Other requests for this school year",
        )
        link.look("uplift-assessment")
        link.click("button", "Answer the proposal")
        link.reads("Answer the proposal")
        link.page.get_by_role("radio", name="Propose another percentage").check()
        link.type("Percentage", "3.25")
        link.type("Reasons", "The pay award in full, insurance not.")
        link.look("uplift-reply")
        link.click("button", "Send the answer")
        link.sees("Proposed: +3.25%.")

        asker.open(address)
        asker.sees("The pay award in full, insurance not.")
        asker.click("button", "Answer the proposal")
        asker.page.get_by_role("radio", name="Agree to +3.25%").check()
        asker.click("button", "Send the answer")
        asker.sees("Each authority answers for itself by", "What you are shown of others", "Agreed")
        expect(asker.page.get_by_text("How these figures are made")).to_have_count(0)
        asker.look("uplift-places-provider")

        other.open(address)
        other.click("button", "Accept or decline")
        other.sees("Silence is not acceptance")
        other.page.get_by_role("radio", name="No, it declines").check()
        other.type("Reason", "Not in this year’s budget.")
        other.look("uplift-answer")
        other.click("button", "Send the answer")
        other.sees("Declined for Greystrand alone.")
        assert "Greystrand declines" in read(other, "Letter of Greystrand (PDF)")

        link.open(address)
        link.click("button", "Accept or decline")
        link.page.get_by_role("radio", name="Yes, it accepts").check()
        link.type("Reason", "The evidence is complete.")
        link.click("button", "Send the answer")
        link.sees("Accepted for Fallowby alone.")

        asker.open(address)
        asker.sees("Accepted", "Declined")
        asker.look("uplift-agreed")
        asker.click("button", "Publish the agreed prices")
        asker.sees("Declined: Greystrand", "+3.")
        asker.look("uplift-publish")
        asker.click("button", "Publish these prices")
        asker.sees("Published. Version", "Existing awards keep or take it as their terms say.")
        asker.look("uplift-published")
        letter = read(asker, "Letter of Greystrand (PDF)")
        assert "Not in this year’s budget." in letter
        assert "Fallowby" not in letter
        agreement = read(asker, "Letter of the agreement (PDF)")
        assert "+3.25%" in agreement
        assert "Fallowby" in agreement
        asker.open("/uplifts")
        asker.look("uplifts-provider")
