"""Requests that are sent again, because their answer was lost: one effect, and the same answer.

Every POST carries a key of the sender's own (Idempotency-Key). What was acted upon under a key is not done again: the
answer is the first one's, kept with the act (marketplace/once.py). Another request under the same key is refused.
"""

import hashlib
import re
from typing import Any

from flask import Flask, Response, json, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from marketplace import once
from marketplace.api import errors
from marketplace.errors import AlreadyDone
from marketplace.permissions import Actor

HEADER = "Idempotency-Key"
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def attach(app: Flask) -> None:
    """Answer requests that were acted upon already, and forget each one at its end."""
    app.register_error_handler(AlreadyDone, _already_done)
    app.teardown_request(lambda _: once.begin(None))


def intend(actor: Actor) -> None:
    """Whatever this request does, it does under its key. Refuses a POST without one."""
    once.begin(None)
    if request.method != "POST" or actor.user_id is None:
        return
    key = request.headers.get(HEADER, "")
    if not KEY.fullmatch(key):
        raise BadRequest(f"Send {HEADER}: 8 to 64 letters, numbers, - and _, another for each thing to be done.")
    kept = hashlib.sha256(f"api {actor.user_id} {key}".encode()).hexdigest()  # nobody meets the keys of others
    endpoint = f"api {request.endpoint}"
    once.begin(once.Intent(key=kept, user_id=actor.user_id, endpoint=endpoint, digest=_digest()))


def answer(session: Session, status: int, row: Any, location: str) -> Response:
    """The answer to what was done to a row, kept with the act: its id, and its version where it has one."""
    session.flush()
    version = getattr(row, "version", None)
    told = {"status": status, "body": {"id": row.id, "version": version}}
    intent = once.current()
    if intent is not None:
        intent.location, intent.answer = location, told
    return _response(told, location)


def _response(told: dict[str, Any], location: str | None) -> Response:
    response = Response(json.dumps(told["body"]), told["status"], mimetype="application/json")
    if location:
        response.headers["Location"] = location
    if told["body"]["version"] is not None:
        response.headers["ETag"] = f'"{told["body"]["version"]}"'
    return response


def _already_done(error: AlreadyDone) -> Response:
    if error.answer is None:
        return errors.problem(409, str(error))
    response = _response(error.answer, error.location)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _digest() -> str:
    """SHA-256 of what was sent: the path, the version that it is about, and the body, however its JSON was spaced."""
    body = request.get_data()
    if request.is_json:
        body = json.dumps(request.get_json(silent=True), sort_keys=True).encode()
    parts = (request.path.encode(), request.headers.get("If-Match", "").encode(), body)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
