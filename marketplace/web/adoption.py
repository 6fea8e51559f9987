"""What the pages of tariffs and of frameworks share: a draft from a file, its faults, a comment's boxes. Not a noun."""

from collections.abc import Iterable
from typing import Any

from flask import request

from marketplace.errors import Invalid
from marketplace.models import FrameworkComment, TariffComment
from marketplace.schemas.comments import GENERAL
from marketplace.web import forms

LONGEST = 200_000  # bytes of a file; a tariff's with a factor for every LA has some thousand


def sent_text(noun: str) -> str:
    """What was sent: the file where one was chosen, else the text that was pasted. Raises Invalid where it is none."""
    given = request.files.get("file")
    if given is None or not given.filename:
        text = request.form.get("text", "")
        if not text.strip():
            raise Invalid({"file": ["Choose a file, or paste its text below."]})
        return text
    given.stream.seek(0)
    content = given.stream.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise Invalid({"file": [f"The file is larger than {LONGEST // 1000} kB, so it is no {noun}. Choose another."]})
    if not content.strip():
        raise Invalid({"file": ["Choose a file, or paste its text below."]})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid({"file": ["The file is not text in UTF-8. Save it as TOML in UTF-8."]}) from None


def form_of_file(noun: str) -> forms.Form:
    """The form of a new draft: after a refused file with its text, to put right there."""
    form = forms.shown()
    if form.errors and "file" not in form.errors:
        form.values = {**form.values, "text": sent_text(noun)}
    return form


def faults(form: forms.Form) -> list[dict[str, str | None]]:
    """Every message of a refused file with its place, linked to the text in which it is put right."""
    return [
        {"text": words if place in ("file", "text", "_form") else f"{place}: {words}", "href": _box(place)}
        for place, messages in form.errors.items()
        for words in messages
    ]


def _box(place: str) -> str | None:
    return {"_form": None, "file": "#file"}.get(place, "#text")


def comment_boxes(kept: Iterable[TariffComment | FrameworkComment]) -> dict[str, Any]:
    """What the boxes of a provider's comments hold as they were last kept."""
    values: dict[str, Any] = {}
    for comment in kept:
        place = comment.band.value if comment.band else GENERAL
        values |= {f"{place}-stance": comment.stance, f"{place}-words": comment.words}
    return values
