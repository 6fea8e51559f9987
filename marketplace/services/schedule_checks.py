"""What keeps a draft of prices from being published, and what its provider should look at before it is.

Faults stop the publication, warnings do not. It must never judge whether a price is too high.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pricing.schedule
from marketplace import vocabulary
from marketplace.models import Band, Kind, Part, PriceSchedule, Provision, line_key
from marketplace.vocabulary import in_words
from pricing.money import pounds
from pricing.schedule import BandPrice

FURTHEST = timedelta(
    days=3 * 366
)  # a start further from today than this is a slip in the year, and final once published
JUMP = 25  # percent within one version: more is seldom meant, and a figure too many is easily typed
NO_PRICE = "There is no price in this draft. Enter at least one core fee."


def faults(
    schedule: pricing.schedule.PriceSchedule,
    provisions: Iterable[Provision],
    *,
    latest: PriceSchedule | None,
    on: date,
) -> dict[str, list[str]]:
    """Everything that keeps a draft from being published on a day, by field of the grid; `latest` is the schedule that
    it would end."""
    names = {str(row.id): row for row in provisions}
    found: dict[str, list[str]] = {}
    if wrong := _wrong_start(schedule.starts_on, latest=latest, on=on):
        found["starts_on"] = [wrong]
    if not schedule.prices:
        found["_form"] = [NO_PRICE]
    for fault in pricing.schedule.errors(schedule):
        provision, _, place = fault.where.partition(", ")
        band, _, line = place.partition(", ")
        field = f"lines-{line_key(int(provision), Band(band), Part.CORE)}-amount"
        where = ", ".join(word for word in (names[provision].name, band, line) if word)
        found.setdefault(field, []).append(f"{where}: {fault.what}. {fault.remedy}.")
    for price in schedule.prices:
        core = _core(price)
        row = names[price.provision]
        if row.kind is Kind.OUTREACH and core is not None and core.hours_a_week is None:
            field = f"lines-{line_key(row.id, price.band, Part.CORE)}-hours_a_week"
            found[field] = [f"{row.name}, {price.band}: state the staff hours a week that the outreach package buys."]
    return found


def _wrong_start(starts_on: date, *, latest: PriceSchedule | None, on: date) -> str | None:
    if abs(starts_on - on) > FURTHEST:
        return f"{in_words(starts_on)} is more than three years from today. Check the year."
    if latest is not None and starts_on <= latest.starts_on:
        return (
            f"Prices from {in_words(latest.starts_on)} are published already, as version {latest.version}."
            " Choose a later day for these."
        )
    if latest is not None and starts_on < on:
        return f"{in_words(starts_on)} has passed, and published prices hold for it. Choose today or a later day."
    return None


def warnings(
    schedule: pricing.schedule.PriceSchedule,
    provisions: Sequence[Provision],
    *,
    before: pricing.schedule.PriceSchedule | None,
) -> list[str]:
    """What may well be meant, but is worth a look, in the order of the provisions; a sentence each."""
    found: list[str] = []
    for row in provisions:
        prices = {price.band: price for price in schedule.prices if price.provision == str(row.id)}
        if row.is_offered and not prices:
            found.append(f"{row.name} has no price, so no local authority can be offered it.")
        if not row.is_offered and prices:
            found.append(f"{row.name} has a price but is not offered at present.")
        found += _falls(row, prices)
        found += _jumps(row, prices, before)
        found += [
            f"{row.name}, {band}: the weeks a year are not stated, so the fee cannot be compared like for like."
            for band, price in prices.items()
            if (core := _core(price)) is not None and core.weeks is None
        ]
    names = {str(row.id): row.name for row in provisions}
    now = {(price.provision, price.band) for price in schedule.prices}
    return found + [
        f"{names[price.provision]}, {price.band}: it has a price today ({pounds(price.annual_fee)}) and none here."
        for price in (before.prices if before else ())
        if price.provision in names and (price.provision, price.band) not in now
    ]


def _falls(row: Provision, prices: Mapping[Band, BandPrice]) -> list[str]:
    return [
        f"{row.name}: {vocabulary.BANDS[higher.band]} ({pounds(higher.annual_fee)} a year) costs less than"
        f" {lower.band} ({pounds(lower.annual_fee)})."
        for lower, higher in pairwise(sorted(prices.values(), key=lambda price: price.band.level))
        if higher.annual_fee < lower.annual_fee
    ]


def _jumps(
    row: Provision, prices: Mapping[Band, BandPrice], before: pricing.schedule.PriceSchedule | None
) -> list[str]:
    found = []
    for band, price in prices.items():
        old = before.price(str(row.id), band) if before else None
        if old and old.annual_fee and abs(price.annual_fee - old.annual_fee) > JUMP * old.annual_fee / 100:
            percent = 100 * (price.annual_fee / old.annual_fee - 1)
            found.append(
                f"{row.name}, {band}: {pounds(price.annual_fee)} a year is {abs(percent):.0f}%"
                f" {'more' if percent > 0 else 'less'} than today's {pounds(old.annual_fee)}."
            )
    return found


def _core(price: BandPrice) -> pricing.schedule.PriceLine | None:
    return next((line for line in price.lines if line.part is Part.CORE), None)
