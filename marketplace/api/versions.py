"""Versions of objects: every answer with one has an ETag, and whoever changes it says which one was read (If-Match).

428 without, 412 for another than is kept now, with the one that is.
"""

import re

from flask import g, request
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired

NONE = '"none"'  # the version of what is not there yet
TAG = re.compile(r'"(none|[1-9][0-9]{0,9})"')


def etag(version: int | None) -> str:
    """The ETag of a version."""
    return NONE if version is None else f'"{version}"'


def wanted() -> int | None:
    """The version that the request is about; None for what is not there yet. Raises PreconditionRequired."""
    sent = TAG.fullmatch(request.headers.get("If-Match", "").strip())
    if sent is None:
        raise PreconditionRequired('Send If-Match with the ETag of the object as you read it, like If-Match: "3".')
    g.if_match = True
    return None if sent[1] == "none" else int(sent[1])


def require_current(kept: int | None) -> None:
    """Raise PreconditionFailed, with the ETag that holds, where the request is about another version than is kept."""
    if wanted() != kept:
        g.current_etag = etag(kept)
        raise PreconditionFailed("Somebody else has changed this since you read it. Read it again, then repeat.")
