"""docs/reliability.md: what each trial measured, beside what it must be and what its positive control came to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import machine
from marketplace.models import today
from marketplace.vocabulary import in_words

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- written by make chaos -->", "<!-- end of what make chaos writes -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trial: its number in the list of what must hold, what was tried, what must be, what was found, whether that
    holds; and what was taken out for the control, what it came to, and whether the trial has noticed."""

    number: str
    tried: str
    target: str
    found: str
    holds: bool
    control: str
    controlled: str
    noticed: bool

    @property
    def is_good(self) -> bool:
        """Whether it holds, and the trial could have told otherwise."""
        return self.holds and self.noticed

    def __str__(self) -> str:
        verdict = "holds" if self.is_good else "DOES NOT HOLD" if not self.holds else "the control was not noticed"
        return (
            f"| {self.number} | {self.tried} | {self.target} | {self.found} | {self.control}: {self.controlled}"
            f" | {verdict} |"
        )


def write(rows: Iterable[Row]) -> None:
    """Put the rows in their place in the page, instead of those that the same trials have left there before."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    kept, _, after = rest.partition(END)
    lines = {found[1]: found[0] for found in re.finditer(r"^\| (R\d+\w*) \|.*$", kept, re.MULTILINE)}
    lines |= {row.number: f"{row} {in_words(today())} |" for row in rows}
    table = "\n".join(
        [
            f"{machine()}; web processes, database and visitors on the one machine.",
            "",
            "| | tried | must be | found | with a guard taken out | | on |",
            "|:--|:--|:--|:--|:--|:--|:--|",
            *(lines[number] for number in sorted(lines)),
        ]
    )
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")
