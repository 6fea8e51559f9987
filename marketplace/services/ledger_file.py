"""The lines of an account as CSV: texts stay texts, and no cell is ever a formula; amounts are numbers of pounds."""

from collections.abc import Iterable
from decimal import Decimal

from marketplace.models import LedgerLine
from marketplace.services.csv_files import csv_of
from marketplace.vocabulary import BANDS, EVENT_KINDS

HEADINGS = (
    "Line", "Entered", "Financial year", "Placement", "Pupil", "Setting", "URN", "Band", "Event", "From", "To", "Days",
    "Fee a school year £", "Amount £", "Reverses line", "Outreach order",
)  # fmt: skip


def lines_csv(lines: Iterable[LedgerLine]) -> bytes:
    """A line of the ledger a line, in their order."""
    return csv_of(HEADINGS, map(_row, lines))


def _row(line: LedgerLine) -> list[object]:
    placement, order, event = line.placement, line.order, line.event
    setting = (placement or order).setting  # type: ignore[union-attr]  # a line is of one of the two
    return [
        line.id,
        line.at.isoformat(timespec="seconds"),
        f"{line.year}-{(line.year + 1) % 100:02}",
        line.placement_id or "",
        placement.reference if placement else "",
        setting.name,
        setting.urn,
        BANDS[line.band] if line.band else "",
        EVENT_KINDS[event.kind] if event else "",
        line.starts_on.isoformat(),
        line.ends_on.isoformat(),
        (line.ends_on - line.starts_on).days + 1,
        Decimal(line.fee).scaleb(-2),
        Decimal(line.amount).scaleb(-2),
        line.reverses_id or "",
        line.order_id or "",
    ]
