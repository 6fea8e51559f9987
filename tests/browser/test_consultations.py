"""J07, J08, J03 and J02: a commissioner consults five settings at once and chases them; each reads what needs it today,
opens it and answers in two screens; the commissioner reads the replies."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window

AUTHORITIES = ("brackenwold", "dunmarrow", "estermere", "fallowby")
START = date.today() + timedelta(days=60)  # noqa: DTZ011 - months ahead, whatever the zone
CONSULT = "Consult the selected settings"


@dataclass
class Asked:
    """The settings that were consulted: each name with the address of its page, and of its consultation once it is."""

    settings: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


def open_options(visitor: Visitor, authority: str, *, at_least: int) -> None:
    """The ranked options of the first need of the LA that so many settings can be consulted about."""
    visitor.sign_in(f"commissioner@{authority}.example")
    visitor.open("/needs?status=published&band=intensive&sort=reference")
    needs = visitor.page.locator("th a[href^='/needs/']").evaluate_all("links => links.map(it => it.pathname)")
    for need in needs:
        visitor.open(f"{need}/options")
        if len(set(visitor.page.locator("tr:has(input[name=provision_ids]) th > a").all_inner_texts())) >= at_least:
            return
    raise AssertionError(f"no need of {authority} has {at_least} settings to consult")


def tick(visitor: Visitor, count: int) -> Asked:
    """Tick the first provision of so many settings."""
    asked = Asked()
    for row in visitor.page.locator("tr:has(input[name=provision_ids])").all():
        link = row.locator("th > a")
        name = link.inner_text()
        if name not in asked.settings and len(asked.settings) < count:
            row.get_by_role("checkbox").check()
            asked.settings[name] = str(link.get_attribute("href"))
    assert len(asked.settings) == count
    return asked


def provider_of(visitor: Visitor, setting: str) -> str:
    """The e-mail address of the editor of the provider that runs a setting."""
    visitor.open(setting)
    row = visitor.page.locator(".govuk-summary-list__row", has=visitor.page.get_by_text("Provider", exact=True))
    name = row.locator("dd").first.inner_text()
    return f"provider-editor@{re.sub('[^a-z]', '', name.lower())}.example"


def consult(visitor: Visitor, count: int) -> Asked:
    """J07, from the ranked options to the receipts; the ticks are not counted."""
    visitor.begin()
    asked = tick(visitor, count)
    visitor.look("options-ticked")
    visitor.click("button", CONSULT)
    visitor.reads(f"Check before you consult {count} settings")
    visitor.sees("What would make mainstream work", "Each has 15 calendar days to reply")
    visitor.look("consult-check")
    visitor.took("J07", screens=2, clicks=2, last=f"Send to {count} settings")
    visitor.sees(f"{count} settings consulted", "Receipts", *asked.settings)
    visitor.look("consulted")
    for row in visitor.page.locator("tbody tr").all():
        number = row.get_by_role("link").get_attribute("href")
        asked.numbers[row.locator("th").inner_text().split("\n")[0]] = str(number).removeprefix("/consultations/")
    assert asked.numbers.keys() == asked.settings.keys()
    return asked


def chase(visitor: Visitor, count: int) -> None:
    """J08: one page, one click for all that have not replied, whichever walk consulted them."""
    visitor.open("/consultations")
    visitor.begin()
    visitor.sees("Day 0 of 15", "15 days left", "Not seen", "No reply yet")
    visitor.look("consultations")
    button = visitor.page.get_by_role("button", name="that have not replied").inner_text()
    waiting = int(re.sub(r"\D", "", button))
    assert waiting >= count
    visitor.click("button", button)
    visitor.sees(f"A reminder is sent to {waiting} settings.", "Last reminded")
    visitor.took("J08", screens=1, clicks=1)


def answer(visitor: Visitor, words: str) -> None:
    """Choose one of the answers, under which its form opens."""
    visitor.page.locator("summary", has_text=words).click()
    visitor.clicks += 1


def offer(visitor: Visitor, number: str) -> None:
    """J02 from the page to which an e-mail leads: opened, offered in two screens."""
    visitor.open(f"/inbox/{number}")
    visitor.begin()
    visitor.look("consultation-unopened")
    visitor.click("button", "Open the consultation")
    visitor.sees("What would make mainstream work", "Your reply")
    visitor.look("consultation-opened")
    answer(visitor, "Yes, we can meet the need")
    for label, text in (("Day", START.day), ("Month", START.month), ("Year", START.year)):
        visitor.type(label, str(text))
    visitor.look("reply-offer")
    visitor.click("button", "Check the offer")
    visitor.reads("Check the reply")
    visitor.sees("Published price", "a year", "In all, a year")
    visitor.look("reply-check")
    visitor.click("button", "Send the reply")
    visitor.sees("You can change it until the authority decides.", "It can meet the need")
    visitor.look("reply-sent")
    visitor.took("J02", screens=2, clicks=4)


def refuse(visitor: Visitor, number: str) -> None:
    """J02 for a refusal: what is wrong is said beside its field, and words beside a reason are the reason."""
    visitor.open(f"/inbox/{number}")
    visitor.click("button", "Open the consultation")
    visitor.sees("Your reply")
    visitor.begin()
    answer(visitor, "No, we cannot meet the need")
    visitor.type("The staff that it would take cannot be found", "Two teachers are leaving.")
    visitor.look("reply-refuse")
    visitor.click("button", "Check the refusal")
    visitor.reads("Check the reply")
    visitor.sees("Two teachers are leaving.", "The authority must consider each reason")
    visitor.click("button", "Send the reply")
    visitor.sees("It cannot meet the need", "Two teachers are leaving.")
    visitor.took("J02", screens=2, clicks=3)


@in_every_window("authority", AUTHORITIES)
def test_five_settings_are_consulted_at_once_chased_and_answer(
    visit: Visit, width: int, scripts: bool, authority: str
) -> None:
    window = {"width": width, "scripts": scripts}
    with visit(**window) as commissioner, visit(**window) as first, visit(**window) as second:
        open_options(commissioner, authority, at_least=5)
        need = commissioner.page.url.removeprefix(commissioner.site.address).removesuffix("/options")
        asked = consult(commissioner, 5)
        chase(commissioner, 5)
        (one, number_one), (other, number_other) = list(asked.numbers.items())[:2]
        first.sign_in(provider_of(commissioner, asked.settings[one]))
        first.begin()
        first.sees("Consultations", "Due later", "15 days left", one)
        first.took("J03", screens=1, clicks=0)
        first.look("home-provider-asked")
        offer(first, number_one)
        first.open("/inbox")
        first.sees("Answered: the authority decides")
        first.look("inbox")
        second.sign_in(provider_of(commissioner, asked.settings[other]))
        refuse(second, number_other)

        commissioner.open("/consultations")
        commissioner.sees("Replied: compare and decide", "Can meet the need", "Cannot meet the need: 1 reason", "Seen")
        commissioner.look("consultations-replied")
        commissioner.page.locator(f"a[href='/consultations/{number_other}']").first.click()
        commissioner.sees("Two teachers are leaving.", "Swalcliffe Park")
        commissioner.look("consultation-refused")
        commissioner.click("link", "Withdraw this consultation")
        commissioner.reads(f"Withdraw the consultation of {other}")
        commissioner.look("consultation-withdraw")
        commissioner.click("button", "Withdraw the consultation")
        commissioner.sees("The consultation is withdrawn, and the setting is told.")
        commissioner.open(need)
        commissioner.sees("Consultations", "Day 0 of 15", "Withdrawn")
        commissioner.look("need-consulted")
        commissioner.open("/")
        expect(commissioner.page.get_by_role("link", name=re.compile(r"^\d+ repl(y|ies)$"))).to_be_visible()
        second.open(f"/inbox/{number_other}")
        second.sees("has withdrawn this consultation")
        second.look("consultation-outcome")


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (320, True), (1280, False)])
def test_ticks_are_not_lost_by_filters_sorting_or_another_page(visit: Visit, width: int, scripts: bool) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        open_options(visitor, "aldermouth", at_least=3)
        visitor.click("button", CONSULT)
        visitor.sees("Select at least one setting to consult")
        expect(visitor.page.get_by_role("heading", name="There is a problem")).to_be_visible()
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("options-nothing-ticked")
        asked = tick(visitor, 2)
        if scripts:
            visitor.sees("2 selected")
        else:
            visitor.click("button", "Keep the ticks and look further")
        visitor.click("link", "Total a year")
        expect(visitor.page.locator("th[aria-sort]")).to_contain_text("Total a year")
        expect(visitor.page.locator("input[name=provision_ids]:checked")).to_have_count(2)
        if width == 320:
            visitor.page.locator("details.app-filters__panel summary").click()
        visitor.type("Within", "1")
        visitor.click("button", "Apply filters")
        visitor.sees("Also selected, not on this page", *asked.settings)
        expect(visitor.page.locator("input[name=provision_ids]:checked")).to_have_count(2)
        visitor.look("options-ticked-elsewhere")
        visitor.click("link", "Clear all filters")
        expect(visitor.page.locator("input[name=provision_ids]:checked")).to_have_count(2)


def test_settings_are_consulted_and_answer_by_keyboard_alone(visit: Visit) -> None:
    with visit() as commissioner, visit() as provider:
        open_options(commissioner, "greystrand", at_least=1)
        commissioner.begin()
        page, keys = commissioner.page, commissioner.page.keyboard
        row = page.locator("tr:has(input[name=provision_ids])").first
        setting = str(row.locator("th > a").get_attribute("href"))
        commissioner.tab_to(row.get_by_role("checkbox"))
        keys.press("Space")
        commissioner.press(page.get_by_role("button", name=CONSULT))
        commissioner.reads("Check before you consult 1 setting")
        commissioner.press(page.get_by_role("button", name="Send to 1 setting"))
        commissioner.sees("1 setting consulted")
        number = str(page.locator("tbody a").get_attribute("href")).removeprefix("/consultations/")
        commissioner.open(commissioner.screens[0].removesuffix("/options"))  # the need, without those of other walks
        commissioner.press(page.get_by_role("button", name="Send a reminder"))
        commissioner.sees("A reminder is sent to 1 setting.")
        assert commissioner.clicks == 0

        provider.sign_in(provider_of(commissioner, setting))
        provider.begin()
        page, keys = provider.page, provider.page.keyboard
        provider.press(page.get_by_role("button", name=f"Open Consultation {number}", exact=True))
        provider.sees("Your reply")
        provider.press(page.locator("summary", has_text="We are full"))
        provider.tab_to(page.get_by_label("When might a place open?"))
        keys.type("In the summer.")
        provider.press(page.get_by_role("button", name="Check the reply"))
        provider.reads("Check the reply")
        provider.press(page.get_by_role("button", name="Send the reply"))
        provider.sees("It is full", "In the summer.")
        assert provider.clicks == 0
