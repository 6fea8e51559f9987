"""Forms that are sent again: by a second press, a reload, or a browser that never had the answer.

Every form carries a key (`once_key`). What was acted upon under a key is not done again: the answer leads where the
first one did (marketplace/once.py keeps that). A form without a key is refused.
"""

import hashlib
import re
import secrets

from flask import Flask, Response, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from marketplace import once
from marketplace.db import transaction
from marketplace.errors import AlreadyDone, Unavailable
from marketplace.permissions import Actor
from marketplace.web.forms import HIDDEN

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
WITHOUT_KEY = {"sessions.sign_out"}  # once signed out nobody is there to do it twice


def attach(app: Flask) -> None:
    """Answer forms that were acted upon already, and forget each request's form at its end."""
    app.register_error_handler(AlreadyDone, _already_done)
    app.teardown_request(lambda _: once.begin(None))


def once_key() -> str:
    """The key of one form on one drawn page."""
    return secrets.token_urlsafe(16)


def intend(actor: Actor) -> None:
    """Whatever this request does, it does for the form that was sent. Refuses a form without a key."""
    once.begin(None)
    if request.method != "POST" or actor.user_id is None or request.endpoint in WITHOUT_KEY:
        return
    key = request.form.get("once", "")
    if not KEY.fullmatch(key):
        abort(400, "This form lacks what keeps it from being acted upon twice. Open the page again, then send.")
    once.begin(once.Intent(key=key, user_id=actor.user_id, endpoint=request.endpoint or "", digest=_digest()))


def note_answer(response: Response, actor: Actor) -> None:
    """Keep where the answer to a form led, once the form was acted upon."""
    intent = once.current()
    if intent is None or not intent.is_kept or response.status_code not in {302, 303}:
        return
    once.begin(None)
    try:
        with transaction(actor) as session:
            once.note_location(session, intent.key, response.location or "/")
    except Unavailable:
        return  # the act is kept; sent again, the form is told so without being led on


def _digest() -> str:
    """SHA-256 of what was sent: the path, every field in its order, and every file by its content."""
    sent = hashlib.sha256(request.path.encode())
    for name, value in request.form.items(multi=True):
        if name not in HIDDEN:
            sent.update(f"\0{name}\0{value}".encode())
    for name, file in request.files.items(multi=True):
        sent.update(f"\0{name}\0{file.filename}\0".encode())
        sent.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]
        file.stream.seek(0)
    return sent.hexdigest()


def _already_done(error: AlreadyDone) -> ResponseReturnValue:
    flash(str(error), "success")
    return redirect(error.location or "/")
