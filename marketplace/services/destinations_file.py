"""The figures of destinations as CSV, one figure a line: a figure that is too small to show is empty, and says so."""

from collections.abc import Iterator, Mapping, Sequence

from marketplace import destination_words as words
from marketplace.services.csv_files import csv_of
from marketplace.services.destinations import Report, Row

HEADINGS = ("Table", "Pathway", "Group", "Of how many", "What", "Which", "Count", "Note")
CODES: Mapping[str, tuple[str, Mapping[str, str]]] = {  # by split
    "coverage": ("Destination plan", words.COVERAGE),
    "discussed": ("Pathway", words.DISCUSSED),
    "standing": ("Transfer", words.TRANSFER_STANDINGS),
    "code": ("Destination", words.DESTINATIONS),
    "aim": (words.SPLITS["aim"], words.AIMS_MET),
    "six_months": (words.SPLITS["six_months"], words.HELD_SO_FAR),
    "a_year": (words.SPLITS["a_year"], words.HELD_SO_FAR),
}
TOO_FEW = "too few to show"


def report_csv(report: Report) -> bytes:
    """Headings alone where nothing is shown."""
    return csv_of(HEADINGS, _rows(report))


def _rows(report: Report) -> Iterator[list[str]]:
    yield from _lines("Plans by authority", "", report.coverage)
    for row in report.discussed:
        yield from _lines("Pathways discussed", words.PATHWAYS[row.name], [row])
    yield from _lines("Transfers to adult services", "", report.transfers, words.ADULT_SERVICES)
    for pathway, found in report.outcomes.items():
        name = words.PATHWAYS[pathway]
        if found.by_destination:
            yield from _lines("Outcomes by destination", name, [found.by_destination])
        yield from _lines("Outcomes by provider", name, found.by_provider)
        yield from _lines("Outcomes by authority", name, found.by_authority)


def _lines(
    table: str, pathway: str, rows: Sequence[Row], names: Mapping[str, str] | None = None
) -> Iterator[list[str]]:
    for row in rows:
        group = (names or words.PATHWAYS).get(row.name, row.name)
        for split, counts in row.counts.items():
            what, said = CODES[split]
            for code, count in counts.items():
                figure = ["", TOO_FEW] if count is None else [str(count), ""]
                yield [table, pathway, group, str(row.n), what, said[code], *figure]
