"""Letters as PDF: words stay words, the same data give the same bytes, no character is lost in silence."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from marketplace.services.letters import FOLDER, SHOWN, Letter, set_letter, shown

HOSTILE = [
    '#read("/etc/passwd")',
    "#let x = 1; #panic()",
    "$ x^2 $ and \\ and \\u{41}",
    "= Not a heading",
    "*bold* _emphasis_ `raw` @reference <label> // no comment /* nor this */",
    '#import "@preview/cetz:0.3.0": *',
    "] } ) #[ #{ #(",
    "\"quoted\" 'single' -- ... ~",
    "{{ 7 * 7 }} {0.__class__} %n",
]


def letter(**given: Any) -> Letter:
    fields: dict[str, Any] = {
        "on": "2027-03-03", "reference": "Uplift 12", "sender": "Norbury", "recipient": "Heron Trust",
        "title": "Accepted", "opening": ["Norbury accepts."], "facts": [["Change", "+4.25%"]],
        "rows": [["Placements", "Number"], ["Day school, intensive", "3"]], "quoted": "Our panel decided.",
        "closing": ["No more."], "officer": "A. Person", **given,
    }  # fmt: skip
    return Letter(**fields)


def read(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_typed_is_never_read_as_markup(text: str) -> None:
    everywhere = letter(
        reference=text, sender=text, recipient=text, title=text, opening=[text], facts=[[text, text]],
        rows=[[text, text], [text, text]], quoted=text, closing=[text], officer=text,
    )  # fmt: skip
    said = "".join(read(set_letter(everywhere)).split())
    assert said.count("".join(text.split())) >= 12
    assert "root:" not in said


def test_the_same_letter_is_the_same_bytes_dated_on_its_day() -> None:
    first = set_letter(letter())
    assert first == set_letter(letter())
    assert first != set_letter(letter(quoted="Another."))
    found = PdfReader(BytesIO(first)).metadata
    assert found is not None
    assert (found.creation_date.isoformat(), found.title) == ("2027-03-03T00:00:00+00:00", "Accepted")  # type: ignore[union-attr]


def test_every_character_is_shown_or_named() -> None:
    assert shown("a\u202eb 日 \x07 🙂 é £ €\r\nnext") == "a[U+202E]b [U+65E5] [U+0007] [U+1F642] é £ €\nnext"
    every = "".join(chr(number) for number in range(0x20, 0x3000) if not SHOWN.search(chr(number)))
    assert set_letter(letter(quoted=" ".join(every))).startswith(b"%PDF")  # PDF/UA-1 refuses what no font has


def test_a_long_letter_goes_on_over_pages_and_keeps_its_lines() -> None:
    content = set_letter(letter(quoted="\n".join(f"Line {number}." for number in range(120))))
    assert len(PdfReader(BytesIO(content)).pages) > 2
    assert all(f"Line {number}." in read(content) for number in range(120))


@pytest.mark.parametrize("name", ["letter.typ", "learner_record.typ"])
def test_a_template_reads_and_fetches_nothing(name: str) -> None:
    source = (FOLDER / name).read_text()
    code = "\n".join(line for line in source.splitlines() if not line.startswith("//"))
    assert not any(word in code for word in ("read(", "import", "include", "eval(", "image(", "plugin", "http"))
