"""The tables of the report, row by row, of an answer that was put together by hand."""

import re
from dataclasses import replace

import pytest

from optimiser.answer import Answer, Assignment, BudgetResult, Distances, KindTotal, PoolResult, Stage
from optimiser.problem import Problem
from optimiser.report import pounds, report_html
from optimiser.solve import match

NOTHING = match(Problem())
BARE = replace(
    NOTHING, budgets=(), pools=(), summary=replace(NOTHING.summary, unplaced=0, unplaced_by_reason={}, stages=())
)


def placed(la: str, kind: str, phase: str, cost: int, km: float = 1.0) -> Assignment:
    return Assignment(
        pupil="P", la=la, phase=phase, provision="p", setting="s", kind=kind, pattern="day", band="mild", fte=1.0,
        road_km=km, child_km=km, price=cost, transport=0, cost=cost, wish=0,
    )  # type: ignore[arg-type] # fmt: skip


def pool(name: str, price: float) -> PoolResult:
    return PoolResult(pool=name, setting=f"of {name}", unit="places", amount=1_200.0, used=3.25, shadow_price=price)


def section(answer: Answer, name: str) -> str:
    html = report_html(Problem(), answer, version="1.0")
    found = re.search(f'<section aria-labelledby="{name}">.*?</section>', html, re.DOTALL)
    assert found is not None
    return found[0]


def rows(answer: Answer, name: str) -> list[list[str]]:
    """The cells of the section's table, its header left out."""
    lines = re.findall("<tr>(.*?)</tr>", section(answer, name), re.DOTALL)[1:]
    return [[re.sub("<.*?>", "", cell) for cell in re.findall("<t[hd].*?</t[hd]>", line, re.DOTALL)] for line in lines]


def widths(answer: Answer, name: str) -> list[list[str]]:
    """The parts of the bar of each row of the section's table."""
    lines = re.findall("<tr>(.*?)</tr>", section(answer, name), re.DOTALL)[1:]
    return [re.findall('<rect[^>]* width="([^"]*)%"', line) for line in lines]


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "£0"), (1_234.4, "£1,234"), (-1_234.6, "−£1,235"), (1_000_000, "£1,000,000")]
)
def test_money_is_whole_pounds_with_its_sign_before_the_pound(amount: float, words: str) -> None:
    assert pounds(amount) == words


def test_kinds_are_counted_with_their_share_of_full_time_and_their_cost() -> None:
    totals = (KindTotal(kind="porous", pupils=4, fte=1.0), KindTotal(kind="full", pupils=1_500, fte=1_500.0))
    answer = replace(
        BARE,
        assignments=(*[placed("1", "porous", "choices", 100)] * 3, placed("1", "full", "choices", 3_000)),
        summary=replace(BARE.summary, placed=1_504, kinds=totals),
    )
    assert rows(answer, "kinds") == [
        ["Full placement", "1,500", "1,500.0", "£3,000", "£2"],
        ["Porous placement", "4", "1.0", "£300", "£75"],
        ["All", "1,504", "1,501.0", "£3,300", "£2"],
    ]
    assert widths(answer, "kinds") == [["100.0"], ["0.07", "0.2"], []]
    nobody = replace(BARE, summary=replace(BARE.summary, kinds=(KindTotal(kind="full", pupils=0, fte=0.0),)))
    assert rows(nobody, "kinds") == [["Full placement", "0", "0.0", "£0", ""], ["All", "0", "0.0", "£0", ""]]


def test_reasons_come_in_their_order_with_their_share_and_without_those_of_nobody() -> None:
    counts = {"request_full": 1, "budget": 1_000, "capacity": 0, "no_option": 1_499, "universal": 2_500}
    answer = replace(BARE, summary=replace(BARE.summary, unplaced=5_000, unplaced_by_reason=counts))
    assert rows(answer, "reasons") == [
        ["needs met by ordinarily available provision", "2,500", "50%"],
        ["no provision is suitable", "1,499", "30%"],
        ["the budget does not reach: somebody must act", "1,000", "20%"],
        ["the setting that the parent requests is full", "1", "0%"],
        ["All", "5,000", "100%"],
    ]
    assert widths(answer, "reasons")[2:] == [["40.0"], ["0.04"], []]
    assert "<p>None.</p>" in section(BARE, "reasons")


def test_budgets_are_shown_with_what_is_left_and_las_without_one_with_what_they_spend() -> None:
    def budget(la: str, amount: int, duties: int, choices: int) -> BudgetResult:
        left = amount - duties - choices
        return BudgetResult(la=la, budget=amount, duties=duties, choices=choices, left=left, shadow_price=0.0)

    answer = replace(
        BARE,
        budgets=(budget("302", 1_000, 1_500, 500), budget("301", 1_000, 250, 300), budget("303", 0, 0, 0)),
        assignments=(
            placed("305", "full", "choices", 70),
            placed("304", "full", "duties", 5_000),
            placed("304", "full", "choices", 40),
            placed("304", "full", "choices", 2),
            placed("301", "full", "choices", 300),
        ),
    )
    assert rows(answer, "budgets") == [
        ["302", "£1,000", "£1,500", "£500", "−£1,000", "200%"],
        ["301", "£1,000", "£250", "£300", "£450", "55%"],
        ["303", "£0", "£0", "£0", "£0", ""],
        ["304", "no limit", "£5,000", "£42", "", ""],
        ["305", "no limit", "£0", "£70", "", ""],
    ]
    assert widths(answer, "budgets") == [["75.0", "25.0"], ["12.5", "15.0"], ["0.0"], [], []]


def test_a_budget_half_spent_fills_half_of_the_chart_and_duties_beyond_nothing_the_whole() -> None:
    half = BudgetResult(la="301", budget=1_000, duties=500, choices=0, left=500, shadow_price=0.0)
    nothing = BudgetResult(la="302", budget=0, duties=1, choices=0, left=-1, shadow_price=0.0)
    assert widths(replace(BARE, budgets=(half,)), "budgets") == [["50.0"]]
    assert widths(replace(BARE, budgets=(nothing,)), "budgets") == [["100.0"]]
    assert rows(replace(BARE, budgets=(nothing,)), "budgets") == [["302", "£0", "£1", "£0", "−£1", ""]]


@pytest.mark.parametrize(
    ("cost", "label", "mark"),
    [
        (0, "£0 to under £1", "£1"),
        (900, "£800 to under £900", "£400"),
        (3_000, "£2,500 to under £3,000", "£1.5k"),
        (5_000, "£4,500 to under £5,000", "£1k"),
        (90_000, "£80,000 to under £90,000", "£20k"),
        (5_000_000, "£4,500,000 to under £5,000,000", "£1m"),
    ],
)
def test_costs_are_written_in_full_in_the_table_and_shortly_on_the_axis(cost: int, label: str, mark: str) -> None:
    answer = replace(BARE, assignments=(placed("1", "full", "choices", cost),), summary=replace(BARE.summary, placed=1))
    assert label in [row[0] for row in rows(answer, "costs")]
    assert f">{mark}</text>" in section(answer, "costs")


def test_journeys_are_counted_by_km_of_the_child() -> None:
    stays = [placed("1", "full", "choices", 1, km) for km in (0.0, 0.5, 3.0)]
    answer = replace(BARE, assignments=tuple(stays), summary=replace(BARE.summary, placed=3))
    assert rows(answer, "distances") == [
        ["0 km to under 1 km", "2", "67%"],
        ["1 km to under 2 km", "0", "0%"],
        ["2 km to under 3 km", "0", "0%"],
        ["3 km to under 4 km", "1", "33%"],
    ]


def test_the_ten_dearest_shortages_are_shown_dearest_first_and_none_that_is_worth_nothing() -> None:
    pools = [pool("enough", 0.0), *(pool(f"p{i:02}", float(i)) for i in range(1, 12)), pool("a", 11.0)]
    found = rows(replace(BARE, pools=tuple(pools)), "shortages")
    assert [row[0] for row in found] == ["a", "p11", *(f"p{i:02}" for i in range(10, 2, -1))]
    assert found[0] == ["a", "of a", "places", "3.2 of 1,200.0", "11.0"]
    few = replace(BARE, pools=(pool("enough", 0.0), pool("short", 0.04)))
    assert rows(few, "shortages") == [["short", "of short", "places", "3.2 of 1,200.0", "0.0"]]


def test_stages_are_shown_with_their_seconds() -> None:
    stages = (Stage(name="options", seconds=1.25, peak_mb=10.0), Stage(name="prices", seconds=2_500.0, peak_mb=10.0))
    answer = replace(BARE, summary=replace(BARE.summary, stages=stages))
    assert rows(answer, "stages") == [["options", "1.2"], ["prices", "2,500.0"]]
    assert widths(answer, "stages") == [["0.05"], ["100.0"]]


def test_the_main_figures_are_those_of_the_summary() -> None:
    figures = replace(
        BARE.summary, placed=1_000, unplaced=234, cost=5_000_000, child_km=Distances(mean=4.25, median=3.06, p90=9.99)
    )
    html = report_html(Problem(), replace(BARE, summary=figures), version="7.8")
    words = " ".join(re.sub("<.*?>", " ", html).split())
    assert "Placed 1,000 of 1,234 pupils Unplaced 234 pupils" in words
    assert "£5,000,000" in words
    assert "3.1 km median; mean 4.2, one in ten over 10.0" in words
    assert "except where travel.csv gives them" not in words
    assert "Version 7.8." in words
