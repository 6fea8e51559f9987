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
    "Fee a school year £", "Amount £", "Reverses line",
)  # fmt: skip


def lines_csv(lines: Iterable[LedgerLine]) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read £ and names right."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(map(_row, lines))
    return text.getvalue().encode("utf-8-sig")


def _row(line: LedgerLine) -> list[str]:
    placement, event = line.placement, line.event
    return [
        str(line.id),
        line.at.isoformat(timespec="seconds"),
        f"{line.year}-{(line.year + 1) % 100:02}",
        str(placement.id),
        neutralised(placement.reference),
        neutralised(placement.setting.name),
        str(placement.setting.urn),
        BANDS[line.band],
        EVENT_KINDS[event.kind],
        line.starts_on.isoformat(),
        line.ends_on.isoformat(),
        str((line.ends_on - line.starts_on).days + 1),
        str(Decimal(line.fee).scaleb(-2)),
        str(Decimal(line.amount).scaleb(-2)),
        str(line.reverses_id or ""),
    ]
