"""How far shadow prices say where one more place helps, told by matching again: `python -m benchmarks.sufficiency`.

A fictional region (`benchmarks/region.py`), its twenty dearest pools, each with one more. It must never decide how the
optimiser works.
"""

from dataclasses import replace

import click

from benchmarks.page import machine, write_section
from benchmarks.region import generate
from optimiser import match
from optimiser.one_more import Change, Worth
from optimiser.sufficiency import PlaceWorth, Sufficiency, worth_of_places

SEED = 7
TEXT = """Written by `python -m benchmarks.sufficiency` ({pupils:,} pupils, {provisions} provisions, seed
{seed}; each of the {matches} matches at most {seconds:.0f} s, one thread). {machine}.

The {count} dearest pools of the region, each with one more place or hour. `price` is the shadow price that ranks them,
`relaxation` the saving of the relaxation solved again, exact but in shares of pupils, `whole` that of the best whole
answers known; all in km-equivalents. The saving of the best whole answers that there are is proven to lie `between` the
next two. Then what changes in the whole answer.

| pool | unit | price | relaxation | whole | between | | placed | km | £ a year |
|:--|:--|--:|--:|--:|--:|--:|--:|--:|--:|
{rows}

Rank correlation (Spearman) of price and relaxation {relaxation_by_price}, of price and whole {by_price}, of relaxation
and whole {by_relaxation}. Whole pupils gain in {agree} of {count}, and it is proven in {proven}.

One more in all {count} at once: {together}
"""


@click.command()
@click.option("--pupils", type=int, default=1_000, show_default=True)
@click.option("--provisions", type=int, default=300, show_default=True)
@click.option("--seconds", type=float, default=60.0, show_default=True, help="For each match, at most.")
@click.option("--write/--no-write", default=True, show_default=True, help="Put the section into docs/performance.md.")
def main(pupils: int, provisions: int, seconds: float, write: bool) -> None:  # noqa: FBT001 - what click passes
    """Match the region, then again with one more in each of the dearest pools, and write the table."""
    problem = generate(pupils, provisions, seed=SEED)
    problem = replace(problem, policy=replace(problem.policy, bound_gap=0.0))
    answer = match(problem, seconds=seconds)
    found = worth_of_places(problem, answer, seconds=seconds, heard=lambda done, all_: print(f"{done} of {all_}"))
    text = told(found, pupils=pupils, provisions=provisions, seconds=seconds)
    print(text)
    if write:
        write_section("Where one more place helps", text)


def told(found: Sufficiency, *, pupils: int, provisions: int, seconds: float) -> str:
    """The section."""
    return TEXT.format(
        pupils=pupils,
        provisions=provisions,
        seed=SEED,
        seconds=seconds,
        matches=len(found.places) + 2,
        machine=machine(),
        count=len(found.places),
        rows="\n".join(row(each) for each in found.places),
        relaxation_by_price=number(found.relaxation_by_price),
        by_price=number(found.by_price),
        by_relaxation=number(found.by_relaxation),
        agree=sum(each.worth.agrees for each in found.places),
        proven=sum(each.worth.is_proven for each in found.places),
        together="no pool has a price." if found.together is None else together(found.together),
    )


def row(place: PlaceWorth) -> str:
    """One line of the table."""
    worth, change = place.worth, place.worth.confirmed
    return (
        f"| {place.pool} | {place.unit} | {place.shadow_price:,.1f} | {worth.predicted.saving:,.1f} "
        f"| {change.saving:,.1f} | {worth.low:,.1f} | {worth.high:,.1f} | {figures(change)} |"
    )


def figures(change: Change) -> str:
    """Placed, km and £ of a change."""
    return f"{change.placed:+.0f} | {change.child_km:+,.1f} | {change.cost:+,.0f}"


def together(worth: Worth) -> str:
    """One more in every pool, in a sentence."""
    placed, km, cost = figures(worth.confirmed).split(" | ")
    return (
        f"the relaxation saves {worth.predicted.saving:,.1f}, the whole answer {worth.confirmed.saving:,.1f} "
        f"(between {worth.low:,.1f} and {worth.high:,.1f}): {placed} placed, {km} km, {cost} £ a year."
    )


def number(correlation: float | None) -> str:
    """A correlation, or why there is none."""
    return "–" if correlation is None else f"{correlation:.2f}"


if __name__ == "__main__":
    main()
