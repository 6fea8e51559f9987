"""Addresses of the page being read with part of its query changed: what sorting, filters and page numbers link to.

Never names a person or a case: only what the address already carries and the changes asked for.
"""

from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

from marketplace.models import Framework, Tariff


def here(**changes: str | int | None) -> str:
    """This page's address with each named query value replaced, or removed where it is None.

    Any change but the page number itself goes back to the first page: page 7 of another list means nothing.
    """
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in changes and (name != "page" or not changes)
    ]
    query = urlencode(kept + [(name, str(value)) for name, value in changes.items() if value is not None])
    return f"{request.path}?{query}" if query else request.path


def here_without(name: str, value: str) -> str:
    """This page's address with one of several values of `name` taken out, for the tag that removes one filter."""
    kept = [pair for pair in request.args.items(multi=True) if pair != (name, value) and pair[0] != "page"]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def page_of(row: Tariff | Framework, page: str) -> str:
    """The address of a page of a tariff or a framework: "show", "file", or one of its life, like "adoption.adopt"."""
    endpoint = f"{row.NOUN}_{page}" if "." in page else f"{row.NOUN}s.{page}"
    identity: dict[str, Any] = {f"{row.NOUN}_id": row.id}
    return url_for(endpoint, **identity)
