"""What a run on a real region prints: aggregates only, how everything was made, and whose data they are.

It must never print a setting: no real school may stand beside an invented price.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from benchmarks.real.provenance import ORIGINS, provenance
from benchmarks.real.region import Region
from benchmarks.real.sources import ATTRIBUTION
from optimiser.answer import Answer
from optimiser.band import band_index
from optimiser.problem import BANDS, Problem

NOTICE = (
    "Settings, LAs, small areas and statistics are real. Vacancies, needs met, prices, pupils and budgets are "
    "invented or derived: they say nothing about any real school, LA or child."
)


def problem_lines(region: Region) -> Iterator[str]:
    """What the problem is made of."""
    problem, schools = region.problem, region.schools
    yield from _line("region", ", ".join(region.names))
    yield from _line("pupils", f"{len(problem.pupils):,} (a usual year: {region.usual_pupils:,})")
    yield from _line("bands", _counts(Counter(_bands(problem)), BANDS))
    yield from _line(
        "settings", f"{len(schools.schools):,}: {_counts(Counter(s.setting_type for s in schools.schools))}"
    )
    kinds = Counter(provision.kind for provision in problem.provisions)
    yield from _line("provisions", f"{len(problem.provisions):,}: {_counts(kinds)}")
    for unit in ("places", "hours"):
        yield from _line(f"free {unit}", f"{sum(pool.amount for pool in problem.pools if pool.unit == unit):,.0f}")
    yield from _line("left out", f"{schools.without_position} settings without a position")
    yield from _line("not stated", f"ages of {schools.without_ages} settings, roll of {schools.without_roll}")
    yield from _line(
        "section 41",
        f"{len(schools.legal.contradictions)} on lists that contradict each other (an approval wins), "
        f"{len(schools.legal.not_stated)} independent on none (taken as not approved)",
    )
    for what, las in region.substituted.items():
        yield from _line("not available", f"{what}: LA {', '.join(las)} (the documented substitute stands in)")


def answer_lines(problem: Problem, answer: Answer) -> Iterator[str]:
    """What the run recommends, in sums."""
    figures = answer.summary
    yield from _line("options", f"{sum(phase.options for phase in figures.phases):,}")
    for kind in figures.kinds:
        yield from _line(f"placed, {kind.kind}", f"{kind.pupils:,} pupils, {kind.fte:,.1f} FTE")
    yield from _line("placed", f"{figures.placed:,} of {len(problem.pupils):,}")
    yield from _line("unplaced", f"{figures.unplaced:,}: {_counts(figures.unplaced_by_reason)}")
    budget = sum(row.budget for row in problem.budgets)
    tight = sum(row.shadow_price > 0 for row in answer.budgets)
    yield from _line(
        "cost",
        f"£{figures.cost:,} of £{budget:,} in budgets; {tight} of {len(answer.budgets)} bind, "
        f"{len(figures.overspent)} overspent by duties",
    )
    if figures.child_km:
        km = figures.child_km
        yield from _line("child's km", f"mean {km.mean:.1f}, median {km.median:.1f}, 90th percentile {km.p90:.1f}")
    yield from _line("status", f"{figures.status}, proven gap {figures.gap:.4%}")
    for stage in figures.stages:
        yield from _line("seconds", f"{stage.seconds:8.2f}  {stage.name} (peak {stage.peak_mb:,.0f} MB)")


def provenance_lines() -> Iterator[str]:
    """Every column that is not as published, with how it was made."""
    rows = [row for row in provenance() if row.origin != "data"]
    width = max(len(f"{row.table}.{row.column}") for row in rows)
    yield "How each column that is not as published was made:"
    for origin in ORIGINS[1:]:
        for row in rows:
            if row.origin == origin:
                yield f"  {origin:<8}  {f'{row.table}.{row.column}':<{width}}  {row.how}"


def closing_lines() -> Iterator[str]:
    """What may be concluded, and the attribution that has to stand wherever any of it is shown."""
    yield NOTICE
    yield ATTRIBUTION


def _line(label: str, text: str) -> Iterator[str]:
    yield f"{label:<18}{text}"


def _bands(problem: Problem) -> Iterator[str]:
    for pupil in problem.pupils:
        yield BANDS[band_index(pupil.levels, co_occurrence=problem.policy.co_occurrence)]


def _counts(counts: Mapping[str, int], order: tuple[str, ...] = ()) -> str:
    names = [name for name in order or sorted(counts) if counts.get(name)]
    return ", ".join(f"{name} {counts[name]:,}" for name in names) or "none"
