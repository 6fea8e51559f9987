"""The report is complete in itself, says what the answer says, and shows no number that could name a child."""

import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from benchmarks.region import generate
from optimiser.answer import Answer, Assignment, PoolResult, Unplaced
from optimiser.problem import Budget, Pool, Problem
from optimiser.report import report_html
from optimiser.report_charts import histogram
from optimiser.report_map import draw_map
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
    assert not any({"src", "style"} & had.keys() or any(k.startswith("on") for k in had) for _, had in page.tags)
    assert all(had["href"].startswith("#") for had in page.all("a"))
    assert not any("href" in had for tag, had in page.tags if tag != "a")
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
    pictures = page.all("svg", role="img")
    assert len(pictures) == len(page.all("desc")) == 3
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [had["id"] for _, had in page.tags if "id" in had]
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-describedby"):
        assert {had[name] for _, had in page.tags if name in had} <= set(ids)
    assert {had["href"] for had in page.all("a")} <= {f"#{name}" for name in ids}


def test_each_figure_has_a_table_and_a_caption() -> None:
    html = report_html(EXAMPLE, match(EXAMPLE), version="1.0")
    figures = re.findall(r"<figure>.*?</figure>", html, re.DOTALL)
    assert len(figures) >= 5
    assert all("<table>" in figure and "<figcaption>" in figure for figure in figures)


def test_the_page_says_what_the_answer_says() -> None:
    words = re.sub(r"\s+", " ", report(EXAMPLE).words)
    assert "Placed 3 of 3 pupils" in words
    assert "£80,905" in words
    for line in ("Full placement 1 1.0 £", "Porous placement 1 0.4 £", "Outreach package 1 0.2 £", "All 3 1.6 £80,905"):
        assert line in words
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


def made_up(problem: Problem) -> Answer:
    """Nine pupils of ten in the provision that stands at their number, the others unplaced; nothing is solved."""
    offers = problem.provisions
    placed, unplaced = [], []
    for i, pupil in enumerate(problem.pupils):
        row = offers[i % len(offers)]
        if i % 10 == 0:
            unplaced.append(Unplaced(pupil=pupil.pupil, la=pupil.la, phase="choices", reason="capacity", detail="full"))
            continue
        placed.append(
            Assignment(
                pupil=pupil.pupil, la=pupil.la, phase="choices", provision=row.provision, setting=row.setting,
                kind=row.kind, pattern="day", band="mild", fte=1.0, road_km=i % 41, child_km=i % 41,
                price=i * 7 % 90_000, transport=0, cost=i * 7 % 90_000, wish=0,
            )
        )  # fmt: skip
    pools = tuple(
        PoolResult(pool=p.pool, setting=p.setting, unit=p.unit, amount=p.amount, used=0.0, shadow_price=1.0)
        for p in problem.pools
    )
    summary = replace(
        match(EXAMPLE).summary,
        placed=len(placed),
        unplaced=len(unplaced),
        unplaced_by_reason={"capacity": len(unplaced)},
    )
    return Answer(assignments=tuple(placed), unplaced=tuple(unplaced), pools=pools, budgets=(), summary=summary)


def test_ten_thousand_pupils_make_a_small_page_at_once() -> None:
    problem = generate(10_000, 3_000, seed=7)
    answer = made_up(problem)
    began = time.process_time()
    html = report_html(problem, answer, version="1.0")
    assert time.process_time() - began < 2
    assert len(html.encode()) < 5_000_000
    assert not any(pupil.pupil in html for pupil in problem.pupils)


def test_no_number_under_five_is_on_the_map() -> None:
    problem = generate(2_000, 300, seed=7)
    drawn = draw_map(problem, made_up(problem), ())
    assert drawn is not None
    assert drawn.areas
    assert all(area.pupils >= 5 for area in drawn.areas)
    assert sum(area.pupils for area in drawn.areas) + drawn.hidden == 200
    answer = match(EXAMPLE)
    small = draw_map(EXAMPLE, answer, ())
    assert small is not None
    assert {circle.pupils for circle in small.circles} == {None}
    words = re.sub(r"\s+", " ", report(EXAMPLE, answer).words)
    assert "900001 1 to 4" in words


def test_a_home_far_away_does_not_move_the_frame_of_the_map() -> None:
    near, far = crowd(401_000, 300_500, 0), crowd(300_000, 200_000, 4)
    frames = [draw_map(problem, match(problem), ()) for problem in (near, far)]
    assert frames[0] is not None
    assert frames[1] is not None
    assert (frames[0].width, frames[0].height, frames[0].circles) == (
        frames[1].width, frames[1].height, frames[1].circles,
    )  # fmt: skip


def test_pupils_who_need_no_provision_are_not_lacking_on_the_map() -> None:
    problem = crowd(300_000, 200_000, 9)
    answer = match(problem)
    universal = replace(answer, unplaced=tuple(replace(row, reason="universal") for row in answer.unplaced))
    drawn = draw_map(problem, universal, ())
    assert drawn is not None
    assert drawn.areas == ()
    assert drawn.hidden == 0


def test_a_histogram_counts_everybody_once_from_zero() -> None:
    chart = histogram([0.0, 4.9, 5.0, 5.1, *[12.0] * 95, 400.0], exact=str, short=str)
    assert sum(column.count for column in chart.columns) == 100
    assert chart.columns[0].label.startswith("0.0 to under")
    assert chart.columns[-1].label.endswith("and over")
    assert chart.columns[-1].count == 1
    assert chart.up[0].label == "0"
    assert max(column.height for column in chart.columns) <= 200


def test_a_histogram_of_nobody_and_of_nothing_can_be_drawn() -> None:
    for values in ([], [0.0, 0.0]):
        assert sum(column.count for column in histogram(values, exact=str, short=str).columns) == len(values)
