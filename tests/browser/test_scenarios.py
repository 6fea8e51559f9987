"""Procurement asks what if of a run, watches the scenario, and reads it beside the run: who moves and why."""

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

BUYERS = ("saltmarrow", "brackenwold", "dunmarrow", "greystrand")


@in_every_window("buyer", BUYERS)
def test_a_scenario_is_set_watched_and_read_beside_its_run_in_three_screens(
    visit: Visit, width: int, scripts: bool, buyer: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{buyer}.example")
        visitor.open("/runs/start")
        visitor.type("Time limit", "10")
        visitor.click("button", "Start the run")
        visitor.watches("pupils placed", renew="Refresh")
        visitor.click("button", "What if? Scenarios of this run")
        visitor.sees("There is no scenario of this run yet.")
        visitor.look("scenarios-none")
        visitor.click("button", "Set a scenario")
        visitor.reads("Set a scenario")
        visitor.click("button", "Run the scenario")
        visitor.sees("Enter a name")
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("scenario-refused")
        visitor.begin()
        visitor.type("Name of the scenario", "A cap of 10 km")
        visitor.type("Longest daily journey", "10")
        visitor.type("What a step to a fuller kind counts as", "5")
        visitor.click("button", "Run the scenario")
        visitor.sees("A cap of 10 km", "Longest daily journey: 10 km in place of 40.")
        visitor.look("scenarios-progress")
        visitor.watches("Side by side", renew="Refresh")
        visitor.sees("Under each figure is its difference from the base.", "Pupils placed", "What each run goes by")
        visitor.look("scenarios")
        visitor.page.locator("main table").first.get_by_role("link", name="A cap of 10 km").click()
        visitor.clicks += 1
        visitor.reads("A cap of 10 km")
        visitor.sees("Who moves, and why", "The cap of 10 km rules out")
        visitor.took("J13", screens=3, clicks=2)
        visitor.look("scenario")


def test_a_scenario_is_set_and_read_by_keyboard_alone(visit: Visit) -> None:
    with visit() as visitor:
        page, keys = visitor.page, visitor.page.keyboard
        visitor.sign_in("procurement@aldermouth.example")
        visitor.open("/runs/start")
        visitor.begin()
        visitor.tab_to(page.get_by_label("Time limit", exact=True))
        keys.press("Control+A")
        keys.type("5")
        visitor.press(page.get_by_role("button", name="Start the run"))
        visitor.watches("pupils placed")
        visitor.press(page.get_by_role("button", name="What if? Scenarios of this run"))
        visitor.press(page.get_by_role("button", name="Set a scenario"))
        visitor.tab_to(page.get_by_label("Name of the scenario", exact=True))
        keys.type("A cap of 10 km")
        visitor.tab_to(page.get_by_label("Longest daily journey", exact=True))
        keys.press("Control+A")
        keys.type("10")
        visitor.press(page.get_by_role("button", name="Run the scenario"))
        visitor.watches("Side by side")
        visitor.press(page.locator("main table").first.get_by_role("link", name="A cap of 10 km"))
        visitor.reads("A cap of 10 km")
        assert visitor.clicks == 0
