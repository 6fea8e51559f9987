"""Letters as PDF: what a letter says, kept as data on the day that it was decided, set by typst.

What people typed travels as data and is never read as markup. The same data give the same bytes. It reads no file but
its template, fetches nothing, and has only the fonts inside typst (Libertinus Serif, SIL Open Font Licence).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TypedDict

import typst

from marketplace.vocabulary import in_words

FOLDER = Path(__file__).parent

# What the font can show: Latin, Greek and Cyrillic as used today, punctuation, £ and €, arrows, mathematics. Lines may
# end; other control characters, and those that turn the direction of writing, are not shown but named.
SHOWN = re.compile(
    r"[^\n\x20-\x7e\xa0-\xac\xae-\u017f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f"
    r"\u1e00-\u1eff\u2010-\u2027\u2030-\u2037\u20ac\u2116\u2122\u2190-\u2193\u2212\u2260-\u2262\u2264\u2265]"
)


class Letter(TypedDict):
    """What a letter says. `on` is its day, ISO; `facts` are labels with values; `rows` a table, its headings first."""

    on: str
    reference: str
    sender: str
    recipient: str
    title: str
    opening: list[str]
    facts: list[list[str]]
    rows: list[list[str]]
    quoted: str  # what an officer wrote, in their own words
    closing: list[str]
    officer: str


def set_letter(letter: Letter) -> bytes:
    """The letter as PDF, tagged for screen readers (PDF/UA-1)."""
    day = date.fromisoformat(letter["on"])
    return set_pdf("letter", {**letter, "day": in_words(day)}, on=day)


def set_pdf(template: str, data: Mapping[str, object], *, on: date) -> bytes:
    """A document of a day as PDF (PDF/UA-1): `template` is a file beside this one, `data` what it says."""
    found = typst.compile(
        FOLDER / f"{template}.typ",
        root=FOLDER,
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(_shown(dict(data)))},
        pdf_standards="ua-1",
        timestamp=datetime.combine(on, datetime.min.time(), UTC),
    )
    assert isinstance(found, bytes)
    return found


def shown(text: str) -> str:
    """A text as the font can show it; any other character is named by its number, so that it is seen to be there.

    >>> shown("No #read(); 日 $x$")
    'No #read(); [U+65E5] $x$'
    """
    return SHOWN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text.replace("\r\n", "\n"))


def _shown(value: object) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list) else value


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
