"""The providers of a market as CSV: a figure that is too small to show is empty. Texts stay texts."""

from marketplace.services.csv_files import csv_of
from marketplace.services.market import Market, ProviderRow

HEADINGS = (
    *("Provider", "Settings", "Places free", "Hours a week free", "Pools", "Confirmed in 14 days"),
    *("Confirmed in 30 days", "Settings with a price in force", "Consultations answered or over"),
    *("Answered in 15 days", "Half of the replies within, days", "Refused with reasons"),
)


def market_csv(market: Market) -> bytes:
    """The providers in their order."""
    return csv_of(HEADINGS, map(_row, market.providers))


def _row(row: ProviderRow) -> list[object]:
    supply, record = row.supply, row.record
    return [
        row.name,
        *(supply.settings, supply.places, supply.hours, supply.pools, supply.fresh, supply.aged, supply.priced),
        *(record.asked, record.in_time, record.days, record.refused),
    ]
