"""Somebody at a browser: walks pages by what they say, and counts what the walk costs."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Frame, Locator, Page, expect

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("PICTURES")  # the folder in which to leave pictures, if any
BANNER = "Demonstration data; illustrative tariff"
SERIOUS = {"serious", "critical"}
SAYS = "words => document.body.textContent.includes(words)"
# What a page is made of: two pages of the same markup have the same faults.
MARKUP = "[...new Set([...document.querySelectorAll('*')].map(it => it.tagName + '.' + it.className))].sort().join()"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Lists of records that do not fit: on a narrow screen their rows are to become lists.
CUT_OFF = """[...document.querySelectorAll('.app-scroll:has(.app-records)')]
    .filter(it => it.scrollWidth > it.clientWidth).map(it => it.getAttribute('aria-label'))"""
MOST_TABS = 400  # to anything on a page
PATIENCE = 60_000  # ms for work of a second on a busy machine

WINDOWS = ((1280, True), (1280, False), (320, True), (320, False))  # width in px, and whether scripts run


def in_every_window(name: str, values: tuple[str, ...]) -> pytest.MarkDecorator:
    """Walk at both widths with and without scripts, each time as somebody else: no walk meets another's work."""
    return pytest.mark.parametrize(
        ("width", "scripts", name),
        [(*window, value) for window, value in zip(WINDOWS, values, strict=True)],
        ids=[f"{width}{'' if scripts else '-no-scripts'}" for width, scripts in WINDOWS],
    )


@dataclass(frozen=True)
class Site:
    """Where the site is served, the password of its demonstration accounts, and the markup that axe has passed."""

    address: str
    password: str
    data: Path  # the folder that it lives in
    examined: set[str] = field(default_factory=set)


@dataclass
class Visitor:
    """A person at a window of one width. A click is a press of a link, a button, a radio button, a checkbox or a pick
    list; typing is none, since Tab leads from box to box. A screen is a page opened since the journey began, however
    often it was shown.
    """

    page: Page
    site: Site
    width: int
    scripts: bool
    complaints: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)
    clicks: int = 0

    def __post_init__(self) -> None:
        """Listen for what the browser complains of and which pages it opens."""
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("framenavigated", self._arrive)

    def _arrive(self, frame: Frame) -> None:
        path = urlsplit(frame.url).path
        if frame == self.page.main_frame and path not in self.screens:
            self.screens.append(path)

    def open(self, path: str) -> None:
        """Go to an address of the site, as a link in an e-mail would."""
        self.page.goto(self.site.address + path)

    def sign_in(self, email: str) -> None:
        """Sign in through the real page, and wait until it has been left."""
        self.open("/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(self.site.password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def begin(self, *, here: bool = True) -> None:
        """Begin a journey on the page that is open: count from here. `here`: whether that page is one of its screens,
        or a list from which it is entered."""
        self.screens[:] = [urlsplit(self.page.url).path] if here else []
        self.clicks = 0

    def took(
        self, journey: str, *, screens: int, clicks: int, last: str | None = None, beside: "Visitor | None" = None
    ) -> None:
        """Hold a journey to what it costs, as docs/journeys.md states it (tests/test_docs.py compares). `last` is the
        button that ends it on its last screen: it is pressed, and what it leads to is no screen of the journey.
        `beside` has walked a part of it: a page that both opened is one screen."""
        seen, pressed = len(self.screens), self.clicks
        if beside:
            seen, pressed = len({*self.screens, *beside.screens}), pressed + beside.clicks
        if last:
            self.click("button", last)
            pressed += 1
        assert (seen, pressed) == (screens, clicks), f"{journey}: {seen} screens, {pressed} clicks"

    def click(self, role: str, name: str, *, within: Locator | None = None) -> None:
        """Press a link, a button, a radio button or a checkbox by its words."""
        (within or self.page).get_by_role(role, name=name).first.click()
        self.clicks += 1

    def type(self, label: str, text: str) -> None:
        """Type into a box, in the place of what stands there."""
        self.page.get_by_label(label, exact=True).first.fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from a pick list."""
        self.page.get_by_label(label, exact=True).select_option(option)
        self.clicks += 1

    def sees(self, *texts: str) -> None:
        """Wait until the page says all of this where it can be seen."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)

    def watches(self, ended: str, *, renew: str = "Renew this page") -> None:
        """Wait for the end of a run: the page renews itself, or its link does without scripts."""
        main = self.page.locator("main")
        if self.scripts:
            expect(main).to_contain_text(ended, timeout=PATIENCE)
            return
        for _ in range(PATIENCE // 500):
            if ended in main.inner_text():
                return
            self.page.get_by_role("link", name=renew).click()
            self.page.wait_for_timeout(500)
        raise AssertionError(self.page.content())

    def reads(self, heading: str) -> None:
        """Wait for the page with this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)

    def tab_to(self, target: Locator) -> None:
        """Press Tab until this has the focus; inside a group of radio buttons, the arrow keys."""
        expect(target).to_have_count(1)
        for _ in range(MOST_TABS):
            if target.evaluate("it => it === document.activeElement"):
                return
            self.page.keyboard.press("ArrowDown" if target.evaluate(IS_IN_ITS_GROUP) else "Tab")
        raise AssertionError(f"{target} is not reached by keyboard")

    def press(self, target: Locator) -> None:
        """Press a link or a button by keyboard alone."""
        self.tab_to(target)
        self.page.keyboard.press("Enter")

    def look(self, name: str) -> None:
        """Hold the page to what every page must keep: banner, no sideways scrolling, axe, no errors; and picture it."""
        self.picture(name)
        faults = self.faults()
        assert faults == [], f"{name}: {faults}"

    def picture(self, name: str) -> None:
        """Leave a picture of the page, if pictures are asked for."""
        if PICTURES:
            kind = "" if self.scripts else "-no-scripts"
            self.page.screenshot(path=Path(PICTURES, f"{name}-{self.width}{kind}.png"), full_page=True)

    def faults(self) -> list[str]:
        """What is wrong with the page at this width, once all of it is there."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        sideways = self.page.evaluate(SIDEWAYS)
        return [
            *([] if self.page.evaluate(SAYS, BANNER) else ["does not say that it is a demonstration"]),
            *([f"scrolls {sideways} px sideways"] if sideways > 0 else []),
            *(f"cuts off: {name}" for name in self.page.evaluate(CUT_OFF)),
            *self.axe(),
            *self.complaints,
        ]

    def resize(self, width: int) -> None:
        """Make the window narrower or wider."""
        self.width = width
        self.page.set_viewport_size({"width": width, "height": 900})

    def axe(self) -> list[str]:
        """The serious and critical findings of axe; at one width, none are looked for in markup that had none before.

        Axe needs timers, which do not run without scripts; but the pages are the same, and looked at with scripts too.
        """
        markup = f"{self.width} {self.page.evaluate(MARKUP)}"
        if not self.scripts or markup in self.site.examined:
            return []
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        serious = [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in found["violations"]
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]
        if not serious:
            self.site.examined.add(markup)
        return serious


# Whether the focus is on another radio button of the target's group.
IS_IN_ITS_GROUP = """it => it.type === 'radio' && document.activeElement.type === 'radio'
    && document.activeElement.name === it.name"""
