"""What keeping places for late arrivals is worth, over simulated years: `python -m benchmarks.reserve`.

Fictional regions (`benchmarks/region.py`), each with the pupils of many years from the same towns. The most urgent come
late, as a tribunal's orders do. It must never decide how the optimiser works.
"""

import random
from dataclasses import dataclass
from statistics import fmean, stdev

import click

from benchmarks.page import machine, write_section
from benchmarks.region import generate
from optimiser import Problem
from optimiser.reserve import EVERY, Arrival, first_come, hindsight, with_reserve

SEED = 7
REGIONS = ((300, 100), (1_000, 100))  # pupils a year, provisions
DAYS = 365
LATE = 120  # the first day on which one of the most urgent comes
TARGET = 0.95
TEXT = """Written by `python -m benchmarks.reserve` (seed {seed}; {years} years of each region, prices learnt from
{past} others and every {every} days anew; hindsight at most {seconds:.0f} s a year, one thread). {machine}.

Pupils come one by one, on days drawn evenly over a year; those of priority 1 from day {late} on. `first come` gives
each the best option that is left, `reserve` the best at the learnt prices (`optimiser/reserve.py`). The benefit is what
the placements take from leaving everybody unplaced, as a share of what hindsight's bound proves that nobody could pass,
so that no share is flattered; the spread is the standard deviation over the years. `hindsight` is the share of the
answer that a match of the whole year found. Those who wait, and the most urgent among them, are means of a year.

| pupils a year | provisions | way | share | spread | worst | wait | of them urgent |
|--:|--:|:--|--:|--:|--:|--:|--:|
{rows}

{verdict}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of placing, over all years: shares of the proven benefit, and how many waited."""

    name: str
    shares: list[float]
    waiting: list[int]
    urgent: list[int]


@click.command()
@click.option("--years", type=int, default=20, show_default=True)
@click.option("--past", type=int, default=5, show_default=True, help="Years to learn from, none of those simulated.")
@click.option("--seconds", type=float, default=5.0, show_default=True, help="For hindsight of each year, at most.")
@click.option("--region", type=(int, int), multiple=True, default=REGIONS, help="Pupils a year and provisions.")
@click.option("--write/--no-write", default=True, show_default=True, help="Put the section into docs/performance.md.")
def main(years: int, past: int, seconds: float, region: tuple[tuple[int, int], ...], write: bool) -> None:  # noqa: FBT001 - what click passes
    """Simulate the years of every region, and write the table."""
    found = {size: simulated(*size, years=years, past=past, seconds=seconds) for size in region}
    text = TEXT.format(
        seed=SEED,
        years=years,
        past=past,
        every=EVERY,
        seconds=seconds,
        late=LATE,
        machine=machine(),
        rows="\n".join(row(size, way) for size, ways in found.items() for way in ways),
        verdict="\n".join(verdict(size, ways) for size, ways in found.items()),
    )
    print(text)
    if write:
        write_section("Places kept for late arrivals", text)


def simulated(pupils: int, provisions: int, *, years: int, past: int, seconds: float) -> list[Way]:
    """First come, with reserve and hindsight over the same years."""
    lessons = [arrivals(pupils, provisions, -1 - at)[1] for at in range(past)]
    ways = [Way(name=name, shares=[], waiting=[], urgent=[]) for name in ("first come", "reserve", "hindsight")]
    for number in range(1, years + 1):
        market, coming = arrivals(pupils, provisions, number)
        best, proven = hindsight(market, coming, seconds=seconds)
        ended = first_come(market, coming), with_reserve(market, lessons, coming), best
        for way, year in zip(ways, ended, strict=True):
            way.shares.append(year.benefit / proven)
            way.waiting.append(year.waiting)
            way.urgent.append(year.waiting_urgent)
        told = ", ".join(f"{way.name} {way.shares[-1]:.2%}" for way in ways)
        print(f"{pupils} pupils, year {number} of {years}: {told}", flush=True)
    return ways


def arrivals(pupils: int, provisions: int, year: int) -> tuple[Problem, list[Arrival]]:
    """The region and who comes when in a year of it, which is any number but 0."""
    market = generate(pupils, provisions, seed=SEED, year=year)
    rnd = random.Random(f"{SEED}, days of year {year}")  # noqa: S311  (a benchmark needs a seed, not secrecy)
    return market, [
        Arrival(day=rnd.randrange(LATE if pupil.priority == 1 else 0, DAYS), pupil=pupil) for pupil in market.pupils
    ]


def row(size: tuple[int, int], way: Way) -> str:
    """One line of the table."""
    pupils, provisions = size
    spread = stdev(way.shares) if len(way.shares) > 1 else 0.0
    return (
        f"| {pupils:,} | {provisions:,} | {way.name} | {fmean(way.shares):.2%} | {spread:.2%} | {min(way.shares):.2%} "
        f"| {fmean(way.waiting):.1f} | {fmean(way.urgent):.1f} |"
    )


def verdict(size: tuple[int, int], ways: list[Way]) -> str:
    """Whether the reserve reaches its target and passes first come, and in how many years."""
    first, reserve, _ = ways
    above = sum(one > other for one, other in zip(reserve.shares, first.shares, strict=True))
    mean = fmean(reserve.shares)
    return (
        f"{size[0]:,} pupils: at least {TARGET:.0%} of the proven is {'met' if mean >= TARGET else 'not met'} "
        f"({mean:.2%}); above first come in {above} of {len(reserve.shares)} years."
    )


if __name__ == "__main__":
    main()
