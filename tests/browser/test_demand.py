"""A provider sees what is posted around its settings, and of one of them of what kinds."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

PROVIDERS = ("lanternhouseeducation", "sandpiperschools", "fernwickspecialistschools", "harbourlightcareandeducation")


@in_every_window("provider", PROVIDERS)
def test_a_provider_sees_the_demand_around_a_setting(visit: Visit, width: int, scripts: bool, provider: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"provider-editor@{provider}.example")
        visitor.open("/demand")
        visitor.reads("Demand around your settings")
        visitor.sees("about", "Up to 10 km", "How these figures are made")
        visitor.look("demand")
        visitor.begin()
        visitor.page.locator("main tbody th a").first.click()
        visitor.reads("Demand around")
        visitor.sees("By primary need", "By highest level", "By year group", "Autistic spectrum disorder")
        expect(visitor.page.locator(".app-chart__picture")).to_have_count(3)
        visitor.look("demand-setting")
        visitor.page.get_by_text("How these figures are made, and what they keep back").click()
        visitor.sees("groups of 5 or more that lie together")
        visitor.look("demand-made")
