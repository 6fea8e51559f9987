"""J04: a provider sets next year's prices by band in two screens, a grid and a check."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

PROVIDERS = ("lanternhouseeducation", "sandpiperschools", "fernwickspecialistschools", "harbourlightcareandeducation")
STEPS = "details.app-steps"
CORE_FEES = 'input[name$="-core-amount"]'


@in_every_window("provider", PROVIDERS)
def test_next_years_prices_are_raised_changed_checked_and_published_in_two_screens(
    visit: Visit, width: int, scripts: bool, provider: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor, visit(width=width, scripts=scripts) as commissioner:
        visitor.sign_in(f"provider-editor@{provider}.example")
        visitor.open("/schedules")
        visitor.look("prices")
        visitor.click("button", "Set next year’s prices")
        visitor.reads("Next prices, version")
        visitor.begin()
        visitor.type("Raise all by", "4")
        visitor.click("button", "Raise all")
        visitor.sees("Every published amount is in the draft with +4%, to the nearest pound.", "now £", "+4.0%")
        visitor.look("prices-grid")
        box = visitor.page.locator(CORE_FEES).last
        box.fill("£123,457")
        visitor.click("button", "Save and check")
        visitor.reads("Check before you publish")
        visitor.sees("These prices hold from", "Existing awards keep their price.", "£123,457", "more than today's")
        visitor.sees("Like for like", "its figures are illustrative")
        visitor.page.locator(f"{STEPS} summary").first.click()
        expect(visitor.page.locator(f"{STEPS}[open] .app-steps__sum")).to_be_visible()
        visitor.look("prices-check")
        visitor.took("J04", screens=2, clicks=3, last="Publish these prices")
        visitor.sees("Published. Version", "Existing awards keep their price.")
        visitor.look("prices-published")
        address = visitor.page.url.removeprefix(visitor.site.address)
        commissioner.sign_in("commissioner@aldermouth.example")
        commissioner.open(address)
        commissioner.sees("£123,457", "They are published and start on")
        expect(commissioner.page.get_by_role("link", name="Go on with the draft")).to_have_count(0)
        commissioner.click("link", "All prices of")
        commissioner.click("link", "Back to")
        commissioner.sees("Like for like", "Price of the band")
        commissioner.page.locator(f"{STEPS} summary").first.click()
        commissioner.look("setting-like-for-like")


def test_next_years_prices_are_set_by_keyboard_alone(visit: Visit) -> None:
    with visit() as visitor:
        visitor.sign_in("provider-editor@oystercatcherfoundation.example")
        visitor.open("/schedules")
        page, keys = visitor.page, visitor.page.keyboard
        visitor.begin()
        visitor.press(page.get_by_role("button", name="Set next year’s prices").first)
        visitor.reads("Next prices, version")
        visitor.tab_to(page.get_by_label("Raise all by", exact=True))
        keys.type("3")
        visitor.press(page.get_by_role("button", name="Raise all"))
        visitor.sees("Every published amount is in the draft with +3%, to the nearest pound.")
        visitor.tab_to(page.locator(CORE_FEES).first)
        keys.type("45678")
        visitor.press(page.get_by_role("button", name="Save and check"))
        visitor.reads("Check before you publish")
        visitor.sees("£45,678")
        visitor.press(page.get_by_role("button", name="Publish these prices"))
        visitor.sees("Published. Version")
        assert visitor.clicks == 0
