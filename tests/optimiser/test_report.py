"""The report is complete in itself, says what the answer says, and shows no number that could name a child."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from optimiser.answer import Answer
from optimiser.problem import Budget, Pool, Problem
from optimiser.report import report_html
from optimiser.solve import match
from optimiser.template import EXAMPLE


class Page(HTMLParser):
    """Tags with their attributes, and the words, of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data + " "

    def all(self, tag: str, **attributes: str) -> list[dict[str, Any]]:
        return [had for name, had in self.tags if name == tag and attributes.items() <= had.items()]


def report(problem: Problem, answer: Answer | None = None) -> Page:
    return Page(report_html(problem, answer or match(problem), version="1.0"))


def crowd(east: int, north: int, number: int) -> Problem:
    """The example with so many pupils at one home, and the three of the example elsewhere."""
    one = EXAMPLE.pupils[0]
    pupils = [replace(one, pupil=f"C-{i:02}", easting=east, northing=north) for i in range(number)]
    return replace(EXAMPLE, pupils=(*EXAMPLE.pupils, *pupils))


def test_the_page_fetches_nothing_and_runs_no_script() -> None:
    html = report_html(EXAMPLE, match(EXAMPLE), version="1.0")
    page = Page(html)
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("img")
    assert not any(
        {"src", "href", "style"} & had.keys() or any(k.startswith("on") for k in had) for _, had in page.tags
    )
    assert "http://" not in html
    assert "https://" not in html
    assert "url(" not in html
    assert page.all("meta", **{"http-equiv": "Content-Security-Policy"})


def test_the_page_can_be_used_by_everybody() -> None:
    page = report(EXAMPLE)
    assert page.all("html", lang="en-GB")
    for landmark in ("header", "main", "footer", "h1", "title"):
        assert page.all(landmark)
    tables = page.all("table")
    assert len(page.all("caption")) == len(tables)
    assert len(page.all("div", role="region", tabindex="0")) == len(tables)
    assert all("scope" in had for had in page.all("th"))
    assert len(page.all("svg", role="img")) == 1
    ids = [had["id"] for _, had in page.tags if "id" in had]
    assert len(ids) == len(set(ids))
    assert {had["aria-labelledby"] for _, had in page.tags if "aria-labelledby" in had} <= set(ids)


def test_the_page_says_what_the_answer_says() -> None:
    words = re.sub(r"\s+", " ", report(EXAMPLE).words)
    assert "Placed 3 of 3 pupils" in words
    assert "£80,905" in words
    assert "Full placement 1 1.0 Porous placement 1 0.4 Outreach package 1 0.2" in words
    assert "999 £150,000 £54,905 £26,000 £69,095 54%" in words
    assert "whom to consult, never a decision" in words
    assert "straight lines times 1.4, except where travel.csv gives them" in words


def test_what_is_unplaced_and_the_dearest_shortages_are_shown() -> None:
    full = replace(EXAMPLE, pools=tuple(replace(pool, amount=0.0) for pool in EXAMPLE.pools))
    answer = match(full)
    words = re.sub(r"\s+", " ", report(full, answer).words)
    assert "every suitable provision is full" in words
    for pool in answer.pools:
        assert pool.shadow_price > 0
        assert f"0.0 of 0.0 {pool.shadow_price:,.1f}" in words


def test_an_area_is_drawn_from_five_pupils_on() -> None:
    assert report(crowd(300_000, 200_000, 4)).all("rect", **{"class": "area"}) == []
    page = report(crowd(300_000, 200_000, 5))
    assert len(page.all("rect", **{"class": "area"})) == 1
    assert "300000 200000 5" in re.sub(r"\s+", " ", page.words)


def test_no_home_is_on_the_page() -> None:
    problem = crowd(312_345, 256_789, 7)
    html = report_html(problem, match(problem), version="1.0")
    for pupil in problem.pupils:
        assert pupil.pupil not in html
        assert str(pupil.easting) not in html
        assert str(pupil.northing) not in html


def test_ids_from_the_files_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    pools = (Pool(pool=evil, setting="900001", unit="places", amount=0.0), *EXAMPLE.pools[1:])
    provisions = tuple(replace(row, pool=evil) if row.pool == "alder-places" else row for row in EXAMPLE.provisions)
    page = report(replace(EXAMPLE, pools=pools, provisions=provisions))
    assert not page.all("script")
    assert evil in page.words


def test_a_problem_of_nothing_has_a_page_too() -> None:
    page = report(Problem(budgets=(Budget(la="999", budget=0),)))
    assert "There is nothing to draw." in page.words
