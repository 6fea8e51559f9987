"""A file that is sent with a form: read beside the form, so that everything wrong with either is told at once. Nothing
of a refused file is kept, not even the list of its faults, which the page itself carries. Not a noun."""

import base64
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from flask import request
from marshmallow import Schema

from marketplace.errors import BadFiles, Invalid
from marketplace.services.file_names import shown_name
from marketplace.web import forms

T = TypeVar("T")


def read_with_form(schema: type[Schema], read: Callable[[Path, str], T], nothing: str) -> tuple[dict[str, Any], T]:
    """The form, and what `read` makes of the file (a path and the name it was sent under), which raises BadFiles,
    or Invalid where one sentence says it all.

    Raises Invalid or BadFiles with all that is wrong; `nothing` is said where no file was chosen.
    """
    sent, found = request.files.get("file"), None
    refused: BadFiles | Invalid | None = None
    if sent is None or not sent.filename:
        refused = Invalid({"file": [nothing]})
    else:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "file"
            sent.save(path)
            try:
                found = read(path, shown_name(sent.filename))
            except (BadFiles, Invalid) as bad:
                refused = bad
    try:
        form = forms.read(schema)
    except Invalid as invalid:
        errors = invalid.errors
        if isinstance(refused, BadFiles):
            raise BadFiles(refused.faults, errors) from invalid
        raise Invalid({**errors, **(refused.errors if refused else {})}) from invalid
    if refused is not None:
        raise refused
    assert found is not None
    return form, found


def as_link(text: str) -> str:
    """A CSV file inside a link."""
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(text.encode('utf-8-sig')).decode()}"
