"""Prices like for like: each price of a full placement beside that of its band, line by line.

It must never change a price, nor fill in what a provider has not stated.
"""

from collections.abc import Iterable

import pricing.framework
import pricing.guide
import pricing.schedule
import pricing.tariff
from marketplace.models import Band, Kind, Provision
from pricing.comparison import Comparison, compare


def compare_prices(
    prices: pricing.schedule.PriceSchedule,
    provisions: Iterable[Provision],
    *,
    tariff: pricing.tariff.Tariff,
    framework: pricing.framework.Framework,
) -> dict[tuple[int, Band], Comparison]:
    """The comparison of each price, by provision and band, the content of a band being that of the tariff's framework.
    Porous and outreach packages have none, nor has a band for which the tariff states no price."""
    found = {}
    full = {str(row.id): row for row in provisions if row.kind is Kind.FULL}
    for price in prices.prices:
        row = full.get(price.provision)
        if row and price.band in tariff.band and row.pattern in tariff.pattern:
            found[row.id, price.band] = compare(
                price,
                pattern=row.pattern,
                framework=framework,
                tariff=tariff,
                la_code=row.setting.authority.code,
            )
    return found
