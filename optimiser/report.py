"""report.html: one self-contained page that shows a run to people. No network, no script, no child's home on the map.

Figures come from the answer; the only things made here are sums by kind and LA and the shapes of the charts and of the
map, in which no number under five is drawn. A pupil's reference is never on the page.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from optimiser.answer import Answer, BudgetResult, PoolResult, Summary
from optimiser.boundaries import Outline
from optimiser.problem import KINDS, Problem
from optimiser.report_charts import Bar, Histogram, Row, bars, histogram
from optimiser.report_map import SMALLEST_CELL, draw_map

DEAREST = 10  # pools listed as the dearest shortages
PHASE_NAMES = {"duties": "Duties", "choices": "Choices"}
REASONS = {
    "universal": "needs met by ordinarily available provision",
    "no_option": "no provision is suitable",
    "capacity": "every suitable provision is full",
    "budget": "the budget does not reach: somebody must act",
    "request_full": "the setting that the parent requests is full",
}
KIND_NAMES = {"full": "Full placement", "porous": "Porous placement", "outreach": "Outreach package"}


def report_html(problem: Problem, answer: Answer, *, version: str, outlines: Sequence[Outline] = ()) -> str:
    """The page, complete in itself; `outlines` of LAs are drawn under the map."""
    return _template().render(
        figures=answer.summary,
        version=version,
        policy=problem.policy,
        kinds=_kind_bars(answer),
        reasons=_reason_bars(answer.summary),
        budgets=_budget_bars(answer),
        distances=_distances(answer),
        costs=_costs(answer),
        shortages=_shortage_bars(answer.pools),
        phases=[phase for phase in answer.summary.phases if phase.pupils],
        phase_names=PHASE_NAMES,
        stages=_stage_bars(answer.summary),
        map=draw_map(problem, answer, outlines),
        smallest=SMALLEST_CELL,
        has_travel=bool(problem.travel),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("optimiser", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pounds"] = pounds
    environment.filters["whole"] = lambda number: f"{number:,.0f}"
    return environment.get_template("report.html.jinja")


def pounds(amount: float) -> str:
    """Whole £ with commas; a minus sign stands before the £."""
    return f"{'−' if amount < 0 else ''}£{abs(amount):,.0f}"


def dearest(pools: Iterable[PoolResult]) -> list[PoolResult]:
    """The pools of which one more place or hour is worth most, dearest first."""
    short = (pool for pool in pools if pool.shadow_price > 0)
    return sorted(short, key=lambda pool: (-pool.shadow_price, pool.pool))[:DEAREST]


def _kind_bars(answer: Answer) -> list[Bar]:
    """The whole bar is the pupils of the kind, its first part their FTE."""
    totals = {total.kind: total for total in answer.summary.kinds}
    costs: Counter[str] = Counter()
    for row in answer.assignments:
        costs[row.kind] += row.cost

    def row_of(name: str, pupils: int, fte: float, cost: int) -> Row:
        whole = min(fte, float(pupils))
        mean = pounds(cost / pupils) if pupils else ""
        return name, (whole, pupils - whole), (), (f"{pupils:,}", f"{fte:,.1f}", pounds(cost), mean)

    rows = [row_of(KIND_NAMES[k], totals[k].pupils, totals[k].fte, costs[k]) for k in KINDS if k in totals]
    fte = sum(total.fte for total in totals.values())
    name, _, texts, numbers = row_of("All", answer.summary.placed, fte, costs.total())
    return bars([*rows, (name, (), texts, numbers)]) if rows else []


def _reason_bars(figures: Summary) -> list[Bar]:
    counts = figures.unplaced_by_reason

    def row_of(name: str, parts: tuple[float, ...], count: int) -> Row:
        return name, parts, (), (f"{count:,}", f"{count / figures.unplaced:.0%}")

    rows = [row_of(REASONS[reason], (counts[reason],), counts[reason]) for reason in REASONS if counts.get(reason)]
    return bars([*rows, row_of("All", (), figures.unplaced)]) if rows else []


def _budget_bars(answer: Answer) -> list[Bar]:
    """Bars show the share of its budget that each LA spends, duties first; an LA without a budget has no bar."""
    spent: dict[str, Counter[str]] = {}
    for row in answer.assignments:
        spent.setdefault(row.la, Counter())[row.phase] += row.cost
    rows: list[Row] = []
    for budget in answer.budgets:
        spent.pop(budget.la, None)
        rows.append(_budget_row(budget))
    for la, costs in sorted(spent.items()):
        rows.append((la, (), (), ("no limit", pounds(costs["duties"]), pounds(costs["choices"]), "", "")))
    return bars(rows, at_least=1.0)


def _budget_row(row: BudgetResult) -> Row:
    """What is left is below zero where the duties cost more than the budget."""
    parts = tuple(part / row.budget if row.budget else float(part > 0) for part in (row.duties, row.choices))
    amounts = (row.budget, row.duties, row.choices, row.budget - row.duties - row.choices)
    return row.la, parts, (), (*map(pounds, amounts), f"{sum(parts):.0%}" if row.budget else "")


def _distances(answer: Answer) -> Histogram:
    kilometres = [row.child_km for row in answer.assignments]
    return histogram(kilometres, exact=lambda km: f"{km:,.0f} km", short=lambda km: f"{km:,.0f}")


def _costs(answer: Answer) -> Histogram:
    return histogram([row.cost for row in answer.assignments], exact=pounds, short=_short_pounds)


def _short_pounds(amount: float) -> str:
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if amount >= size:
            return f"£{amount / size:,g}{letter}"
    return f"£{amount:,.0f}"


def _shortage_bars(pools: Sequence[PoolResult]) -> list[Bar]:
    return bars(
        (
            pool.pool,
            (pool.shadow_price,),
            (pool.setting, pool.unit),
            (f"{pool.used:,.1f} of {pool.amount:,.1f}", f"{pool.shadow_price:,.1f}"),
        )
        for pool in dearest(pools)
    )


def _stage_bars(figures: Summary) -> list[Bar]:
    return bars((stage.name, (stage.seconds,), (), (f"{stage.seconds:,.1f}",)) for stage in figures.stages)
