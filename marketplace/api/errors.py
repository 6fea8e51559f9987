"""Errors, mapped once: each becomes a problem (RFC 9457) that says what happened and what to do, and nothing else."""

import re
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, json
from werkzeug.exceptions import HTTPException, PreconditionFailed

from marketplace.errors import BadFiles, Conflict, Crowded, Invalid, NotFound, NotPermitted, Stale, Unavailable
from marketplace.observability import log

MEDIA_TYPE = "application/problem+json"
GRID = re.compile(r"^(pools|budgets)-[0-9]+-")


def attach(app: Flask) -> None:
    """Register the mapping."""
    app.register_error_handler(NotFound, lambda error: problem(404, str(error) or "There is nothing of that id."))
    app.register_error_handler(NotPermitted, lambda error: problem(403, str(error)))
    app.register_error_handler(Conflict, lambda error: problem(409, str(error)))
    app.register_error_handler(Stale, _stale)
    app.register_error_handler(Invalid, _invalid)
    app.register_error_handler(BadFiles, lambda error: problem(422, error.summary))
    app.register_error_handler(Unavailable, lambda error: problem(503, str(error), headers={"Retry-After": "60"}))
    app.register_error_handler(Crowded, lambda error: problem(503, str(error), headers={"Retry-After": "1"}))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def problem(status: int, detail: str = "", *, headers: dict[str, str] | None = None, **members: Any) -> Response:
    """A problem of a status, with what the error itself says, if anything. `members`: what else it tells."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or title, **members}
    body["request_id"] = g.get("request_id", "")
    return Response(json.dumps(body), status, headers, mimetype=MEDIA_TYPE)


def _stale(error: Stale) -> Response:
    """412 where the request said which version it is about; else the key of another request was used."""
    return problem(412 if "if_match" in g else 409, str(error))


def _invalid(error: Invalid) -> Response:
    errors = {_field(name): messages for name, messages in error.errors.items()}
    return problem(422, str(error), errors=errors)


def _field(name: str) -> str:
    """A field as a system sent it: grids of the pages name theirs "pools-7-rows-1-amount"."""
    return "_body" if name == "_form" else GRID.sub("", name).replace("-", ".")


def _http(error: HTTPException) -> Response:
    headers = {name: value for name, value in error.get_headers() if name not in {"Content-Type", "Content-Length"}}
    if error.code is None or error.code < 400:
        return Response(status=error.code or 500, headers=headers)
    members: dict[str, Any] = {}
    if isinstance(error, PreconditionFailed) and "current_etag" in g:
        members, headers["ETag"] = {"current_etag": g.current_etag}, g.current_etag
    # What werkzeug says by itself of 404 and the like is about URLs that somebody typed; the title will do.
    own = error.description if error.description != type(error).description else ""
    return problem(error.code, own or "", headers=headers, **members)


def _unexpected(error: Exception) -> Response:
    log().error("unexpected error", exc_info=error)
    return problem(500)
