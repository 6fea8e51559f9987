"""Prices as tables to read: the annual fee by provision and band; for each provision the lines it is made of, and its
prices like for like.

It must never show a part that is not stated as a zero.
"""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.models import Band, Kind, Part, Provision
from marketplace.services.schedule_review import Review
from marketplace.web.price_grid import EXTRAS, part_words, percent_change
from pricing.comparison import Comparison
from pricing.quote import Variance
from pricing.schedule import BandPrice, PriceLine


@dataclass(frozen=True, slots=True)
class Fee:
    """An annual fee (None: no price), the one before it, the change in per cent, and its distance from the guide."""

    band: Band
    amount: int | None
    before: int | None
    change: Decimal | None
    variance: Variance | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The lines of one provision: its bands, a row of lines for each part that some band has, likewise the parts of
    which every band states that there are none, and those that no band states."""

    provision: Provision
    bands: tuple[Band, ...]
    rows: tuple[tuple[str, tuple[PriceLine | None, ...]], ...]
    fees: tuple[int, ...]
    none: tuple[tuple[str, tuple[PriceLine | None, ...]], ...]
    not_stated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A fee beside its price like for like, whose distance from the band's price is the variance; no comparison where
    the tariff states no price for the band, no variance where figures are missing."""

    band: Band
    fee: int
    comparison: Comparison | None
    variance: Variance | None


def fees(review: Review) -> list[tuple[Provision, list[Fee]]]:
    """For each provision, the fee of each band."""
    return [(provision, [_fee(review, provision, band) for band in Band]) for provision in review.provisions]


def _fee(review: Review, provision: Provision, band: Band) -> Fee:
    price = review.prices.price(str(provision.id), band)
    earlier = review.prices_before.price(str(provision.id), band) if review.prices_before else None
    amount, before = price.annual_fee if price else None, earlier.annual_fee if earlier else None
    return Fee(band, amount, before, percent_change(amount, before), review.variances.get((provision.id, band)))


def _prices_of(provision: Provision, review: Review) -> list[BandPrice]:
    return [price for price in review.prices.prices if price.provision == str(provision.id)]


def breakdowns(review: Review) -> list[Breakdown]:
    """The lines of each provision that has a price."""
    found = (_breakdown(review, provision) for provision in review.provisions)
    return [breakdown for breakdown in found if breakdown.bands]


def _breakdown(review: Review, provision: Provision) -> Breakdown:
    prices = _prices_of(provision, review)
    table, none, not_stated = [], [], []
    for part, discipline in ((Part.CORE, None), *EXTRAS):
        words = part_words(part, discipline)
        lines = tuple(
            next((line for line in price.lines if (line.part, line.discipline) == (part, discipline)), None)
            for price in prices
        )
        within = words[0].lower() + words[1:]
        if all(line and line.is_none for line in lines):
            none.append((within, lines))
        elif any(lines):
            table.append((words, lines))
        else:
            not_stated.append(within)
    return Breakdown(
        provision,
        tuple(price.band for price in prices),
        tuple(table),
        tuple(price.annual_fee for price in prices),
        tuple(none),
        tuple(not_stated),
    )


def comparisons(review: Review) -> list[tuple[Provision, list[Compared]]]:
    """For each full placement that has a price, its bands like for like; nothing where no tariff holds."""
    full = [row for row in review.provisions if row.kind is Kind.FULL] if review.tariff else []
    found = [(row, [_compared(review, price) for price in _prices_of(row, review)]) for row in full]
    return [(provision, rows) for provision, rows in found if rows]


def _compared(review: Review, price: BandPrice) -> Compared:
    found = review.comparisons.get((int(price.provision), price.band))
    amount = found.like_for_like if found else None
    variance = Variance(amount, found.guide) if found and amount is not None else None
    return Compared(price.band, price.annual_fee, found, variance)
