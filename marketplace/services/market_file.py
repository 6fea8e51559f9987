"""The providers of a market as CSV: a figure that is too small to show is empty. Texts stay texts."""

import csv
from io import StringIO

from marketplace.services.market import Market
from optimiser.cells import neutralised

HEADINGS = (
    *("Provider", "Settings", "Places free", "Hours a week free", "Pools", "Confirmed in 14 days"),
    *("Confirmed in 30 days", "Settings with a price in force", "Consultations answered or over"),
    *("Answered in 15 days", "Half of the replies within, days", "Refused with reasons"),
)


def market_csv(market: Market) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read names right."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for row in market.providers:
        supply, record = row.supply, row.record
        figures = (record.asked, record.in_time, record.days, record.refused)
        writer.writerow(
            [
                neutralised(row.name),
                *(supply.settings, supply.places, supply.hours, supply.pools, supply.fresh, supply.aged, supply.priced),
                *("" if figure is None else figure for figure in figures),
            ]
        )
    return text.getvalue().encode("utf-8-sig")
