"""J15: a manager sees a price against the peers; a commissioner compares a setting and follows a figure to its line; a
provider sees where it stands."""

import csv
import io

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

MANAGERS = ("approver@aldermouth", "approver@brackenwold", "procurement@dunmarrow", "commissioner@estermere")
PROVIDERS = ("lanternhouseeducation", "sandpiperschools", "fernwickspecialistschools", "harbourlightcareandeducation")
STEPS = "details.app-steps"


@in_every_window("person", MANAGERS)
def test_a_manager_has_the_price_against_the_peers_in_three_clicks(
    visit: Visit, width: int, scripts: bool, person: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"{person}.example")
        if width < 640 and scripts:  # the navigation is folded
            visitor.page.get_by_role("button", name="Menu").click()
        visitor.begin()
        visitor.click("link", "Benchmarks")
        visitor.reads("Benchmarks")
        visitor.click("link", "Intensive", within=visitor.page.locator(".app-choices"))
        visitor.sees("54 prices at 54 settings: median £", "counted from the dearest", "How these figures are made")
        visitor.took("J15", screens=2, clicks=2)
        expect(visitor.page.locator(".app-chart__picture")).to_be_visible()
        visitor.look("benchmarks")
        visitor.click("link", "Table", within=visitor.page.locator(".app-choices"))
        visitor.sees("(yours)", "All of these", "Bands’ prices added up")
        visitor.look("benchmarks-table")
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("link", name="CSV").click()
        rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
        shown = visitor.page.locator("main tbody tr")
        expect(shown).to_have_count(len(rows) - 1)
        visitor.click("link", "Weekly boarding", within=visitor.page.locator(".app-choices"))
        visitor.sees("too few for quartiles")
        visitor.look("benchmarks-too-few")
        visitor.click("link", "Each setting’s price by name")
        visitor.sees("8 prices at 8 settings")
        visitor.look("benchmarks-settings")
        visitor.click("link", "Remove filter: Weekly boarding")
        visitor.sees("Several patterns are mixed here.")


@in_every_window("person", MANAGERS)
def test_a_setting_is_compared_and_a_figure_followed_to_its_published_line(
    visit: Visit, width: int, scripts: bool, person: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"{person}.example")
        visitor.open("/benchmarks?band=intensive&pattern=termly&by=setting&view=table")
        visitor.page.locator("main tbody th a").first.click()
        visitor.reads("Where the prices of")
        visitor.sees("median £", "cheaper", "dearer", "Corridor", "its figures are illustrative")
        visitor.look("benchmarks-setting")
        visitor.page.locator(f"{STEPS} summary").first.click()
        step = visitor.page.locator(f"{STEPS}[open] a").first
        said = step.locator("xpath=ancestor::div[1]/dd").inner_text()
        step.click()
        visitor.reads("Prices from")
        line = visitor.page.locator(":target")
        expect(line).to_be_in_viewport()
        expect(line).to_contain_text(said)
        visitor.look("benchmarks-line")


@in_every_window("provider", PROVIDERS)
def test_a_provider_sees_where_it_stands_and_no_rival(visit: Visit, width: int, scripts: bool, provider: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"provider-editor@{provider}.example")
        visitor.open("/standing")
        visitor.reads("Where you stand")
        visitor.sees("Saltmarrow: median £", "other providers", "Yours is", "quarter")
        for other in PROVIDERS:
            if other != provider:
                assert other not in "".join(visitor.page.content().lower().split())
        visitor.look("standing")
        figure = visitor.page.locator('[data-heading="Yours, like for like"] a').first
        figure.click()
        visitor.reads("Prices from")
        expect(visitor.page.locator(":target")).to_be_in_viewport()


def test_the_price_against_the_peers_is_found_by_keyboard_alone(visit: Visit) -> None:
    with visit() as visitor:
        visitor.sign_in("approver@greystrand.example")
        visitor.begin()
        visitor.press(visitor.page.get_by_role("link", name="Benchmarks", exact=True).first)
        visitor.reads("Benchmarks")
        visitor.press(visitor.page.locator(".app-choices").get_by_role("link", name="Intensive"))
        visitor.sees("54 prices at 54 settings: median £")
        visitor.press(visitor.page.locator(".app-choices").get_by_role("link", name="Table"))
        visitor.sees("(yours)")
        assert visitor.clicks == 0
