"""J01: a provider says that its vacancies are still correct, or what they are now, on one page."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

PROVIDERS = ("lanternhouseeducation", "sandpiperschools", "marramgrasscharity", "threeheronsacademies")
OTHERS = ("saltmarrowlearningtrust", "fernwickspecialistschools", "harbourlightcareandeducation", "tidewracklearning")
PLACES = re.compile("^Places, row 1,")


def open_vacancies(visitor: Visitor, provider: str) -> None:
    visitor.sign_in(f"provider-editor@{provider}.example")
    visitor.open("/vacancies")
    visitor.begin()


def sees_everything_confirmed(visitor: Visitor) -> None:
    visitor.page.wait_for_load_state()  # the message comes first, and the pools may still be on their way
    pools = visitor.page.locator("section.app-grid").count()
    assert pools > 1
    expect(visitor.page.get_by_text("Confirmed today", exact=True)).to_have_count(pools)
    expect(visitor.page.get_by_text("not confirmed")).to_have_count(0)


@in_every_window("provider", PROVIDERS)
def test_vacancies_that_are_still_correct_are_confirmed_by_one_click(
    visit: Visit, width: int, scripts: bool, provider: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        open_vacancies(visitor, provider)
        visitor.look("vacancies")
        visitor.click("button", "Still correct")
        visitor.sees("Nothing was changed. Everything on this page is confirmed as still correct.")
        sees_everything_confirmed(visitor)
        visitor.look("vacancies-confirmed")
        visitor.took("J01", screens=1, clicks=1)


@in_every_window("provider", OTHERS)
def test_two_figures_are_changed_on_one_page_and_local_authorities_read_them_at_once(
    visit: Visit, width: int, scripts: bool, provider: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor, visit(width=width, scripts=scripts) as commissioner:
        open_vacancies(visitor, provider)
        # Of pools that state some: of a full one the first row is blank.
        stated = [field for field in visitor.page.get_by_label(PLACES).all() if field.input_value()]
        for field, places in zip(stated, ("71", "72"), strict=False):
            field.fill(places)
        visitor.click("button", "Save and confirm everything on this page")
        visitor.sees("Saved: ", "Everything else on this page is confirmed as still correct.")
        sees_everything_confirmed(visitor)
        expect(stated[0]).to_have_value("71")
        visitor.took("J01", screens=1, clicks=1)
        setting = stated[0].locator("xpath=preceding::h2[starts-with(@id, 'setting-')][1]")
        number = str(setting.get_attribute("id")).removeprefix("setting-")
        commissioner.sign_in("commissioner@aldermouth.example")
        commissioner.open(f"/settings/{number}")
        commissioner.reads(setting.inner_text())
        commissioner.sees("71 places for", "Confirmed today")
        commissioner.look("setting")


def test_vacancies_are_changed_and_confirmed_by_keyboard_alone(visit: Visit) -> None:
    with visit() as visitor:
        open_vacancies(visitor, "driftwoodmultiacademytrust")
        stated = next(field for field in visitor.page.get_by_label(PLACES).all() if field.input_value())
        visitor.tab_to(stated)
        visitor.page.keyboard.type("73")
        visitor.page.keyboard.press("Enter")
        visitor.sees("Saved: ")
        expect(stated).to_have_value("73")
        visitor.press(visitor.page.get_by_role("button", name="Still correct"))
        visitor.sees("Nothing was changed.")
        sees_everything_confirmed(visitor)
        assert visitor.clicks == 0
