"""The lines of an account as CSV: texts stay texts, and no cell is ever a formula; amounts are numbers of pounds."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO

from marketplace.models import LedgerLine
from marketplace.vocabulary import BANDS, EVENT_KINDS
from optimiser.cells import neutralised

HEADINGS = (
    "Line", "Entered", "Financial year", "Placement", "Pupil", "Setting", "URN", "Band", "Event", "From", "To", "Days",
    "Fee a school year £", "Amount £", "Reverses line", "Outreach order",
)  # fmt: skip


def lines_csv(lines: Iterable[LedgerLine]) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read £ and names right."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(map(_row, lines))
    return text.getvalue().encode("utf-8-sig")


def _row(line: LedgerLine) -> list[str]:
    placement, order, event = line.placement, line.order, line.event
    setting = (placement or order).setting  # type: ignore[union-attr]  # a line is of one of the two
    return [
        str(line.id),
        line.at.isoformat(timespec="seconds"),
        f"{line.year}-{(line.year + 1) % 100:02}",
        str(line.placement_id or ""),
        neutralised(placement.reference) if placement else "",
        neutralised(setting.name),
        str(setting.urn),
        BANDS[line.band] if line.band else "",
        EVENT_KINDS[event.kind] if event else "",
        line.starts_on.isoformat(),
        line.ends_on.isoformat(),
        str((line.ends_on - line.starts_on).days + 1),
        str(Decimal(line.fee).scaleb(-2)),
        str(Decimal(line.amount).scaleb(-2)),
        str(line.reverses_id or ""),
        str(line.order_id or ""),
    ]
