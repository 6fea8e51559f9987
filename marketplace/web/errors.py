"""Errors, mapped once: each becomes a page that says what happened and what to do next, and reveals nothing else."""

from http import HTTPStatus

from flask import Flask, g, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from marketplace.errors import BadFiles, Conflict, Invalid, NotFound, NotPermitted, Unavailable
from marketplace.observability import log


def attach(app: Flask) -> None:
    """Register the mapping."""
    app.register_error_handler(NotFound, lambda _: page(404))
    app.register_error_handler(NotPermitted, lambda error: page(403, str(error)))
    app.register_error_handler(Conflict, lambda error: page(409, str(error)))
    app.register_error_handler(Invalid, lambda error: page(422, str(error)))
    app.register_error_handler(BadFiles, lambda error: page(422, error.summary))
    app.register_error_handler(Unavailable, lambda error: page(503, str(error)))
    app.register_error_handler(CSRFError, lambda _: page(400, "This page was open too long. Open it again, then send."))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, message: str = "") -> ResponseReturnValue:
    """The error page of a status, with what the error itself says, if anything."""
    try:
        body = render_template("error.html", code=status, message=message, request_id=g.get("request_id", ""))
    except Exception as error:  # noqa: BLE001 - with the database down even the navigation may fail; say so plainly
        log().error("error page failed", exc_info=error)
        body = render_template("error_plain.html", message=message or HTTPStatus(status).phrase)
    return body, status


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    return page(error.code, error.description or "" if error.code == 400 else "")


def _unexpected(error: Exception) -> ResponseReturnValue:
    log().error("unexpected error", exc_info=error)
    return page(500)
