"""A schedule with what stands beside it when people look at it: the prices before, the guide price of each fee, and
each price like for like.

It must never cap or change a price: a variance is shown, with room to negotiate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

import pricing.framework
import pricing.schedule
import pricing.tariff
from marketplace.models import Band, PriceSchedule, Provision
from marketplace.services.comparisons import compare_prices
from marketplace.services.frameworks import rule
from marketplace.services.quotes import guide_of
from marketplace.services.schedules import predecessor, priced, provisions_to_price
from marketplace.services.tariffs import loaded, tariff_in_force
from pricing.comparison import Comparison
from pricing.quote import Variance


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """`before`: the published schedule before this one. `tariff`: the one in force when this starts. `variances`: how
    far each annual fee stands from its guide price, by provision and band, where there is one; `comparisons` likewise,
    by the tariff and its own `framework`."""

    schedule: PriceSchedule
    prices: pricing.schedule.PriceSchedule
    provisions: Sequence[Provision]
    before: PriceSchedule | None
    prices_before: pricing.schedule.PriceSchedule | None
    tariff: pricing.tariff.Tariff | None
    framework: pricing.framework.Framework | None
    variances: Mapping[tuple[int, Band], Variance]
    comparisons: Mapping[tuple[int, Band], Comparison]


def review(session: Session, schedule: PriceSchedule) -> Review:
    """The schedule beside its predecessor and beside the tariff that holds for the LA in whose area the setting
    lies."""
    prices = priced(schedule)
    provisions = provisions_to_price(session, schedule)
    before = predecessor(session, schedule)
    row = tariff_in_force(session, authority_id=schedule.setting.authority_id, on=schedule.starts_on)
    tariff, framework = (loaded(row), rule(row.framework)) if row else (None, None)
    variances = {}
    for provision in provisions:
        for band in Band:
            price = prices.price(str(provision.id), band)
            guide = guide_of(tariff, provision, band) if price else None
            if price and guide:
                variances[provision.id, band] = Variance(price.annual_fee, guide)
    return Review(
        schedule=schedule,
        prices=prices,
        provisions=provisions,
        before=before,
        prices_before=priced(before) if before else None,
        tariff=tariff,
        framework=framework,
        variances=variances,
        comparisons=(
            compare_prices(prices, provisions, tariff=tariff, framework=framework) if tariff and framework else {}
        ),
    )
