"""What stands before and after every request: sign-in, the policy table, CSRF, the security headers, the log line."""

import time
import uuid

import structlog
from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from flask_wtf import CSRFProtect

from marketplace.db import transaction
from marketplace.edge import LOOPBACK, ONLY_HERE
from marketplace.errors import NotPermitted, Unavailable
from marketplace.models import now
from marketplace.observability import log
from marketplace.permissions import POLICY, SYSTEM
from marketplace.services import sessions
from marketplace.web import repeats, unsent
from marketplace.web.current import SignedIn, actor
from marketplace.web.throttle import limiter

# The one inline line of the page template tells the style sheet that scripts run; its hash is checked by a test.
INLINE_SCRIPT = "sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw="
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self' '{INLINE_SCRIPT}'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What somebody reaches whose password was chosen by somebody else.
CHANGING_PASSWORD = {"static", "sessions.password", "sessions.post_password", "sessions.sign_out"}
# The most bytes of a request where it carries a file; everywhere else it is MAX_CONTENT_LENGTH.
UPLOADS = {
    "documents.post_new": 10_100_000,  # a document of the most bytes, and the form around it
    "placement_sets.post_new": 20_000_000,
    "file_runs.post_upload": 20_000_000,
    "price_files.post_upload": 10_000_000,
}
KEPT = {"static", "maps.boundaries"}  # the same for everybody, so a browser may keep it


def attach(app: Flask) -> None:
    """Guard every request of the application, also those that end in an error."""
    app.before_request(_begin)
    CSRFProtect(app)
    login = LoginManager(app)
    login.session_protection = None  # our own session rows are revocable, idle out and expire; nothing to add
    login.user_loader(_load)
    app.before_request(_admit)
    limiter.init_app(app)
    app.after_request(_finish)


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = uuid.uuid4().hex
    request.max_content_length = UPLOADS.get(request.endpoint or "")  # before anything reads the form
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _load(token: str) -> SignedIn | None:
    try:
        with transaction(SYSTEM) as session:
            holder = sessions.holder_of(session, token, at=now())
    except Unavailable as outage:  # who asks is not known: _admit says so, where a page needs it
        g.outage = outage
        return None
    if holder is None or holder.person is None:
        g.ended_for = holder.user_id if holder else None
        return None
    return SignedIn(holder.person, token, holder.ends_at)


def _admit() -> ResponseReturnValue | None:
    if current_app.config["PLAIN_HTTP"] and not LOOPBACK.match(request.host):
        abort(400, ONLY_HERE)
    if request.endpoint is None:  # no such page: 404 or 405 follow
        return None
    rule = POLICY.get(request.endpoint)
    person = actor()
    if rule is not None and rule.admits(person):
        if person.must_change_password and request.endpoint not in CHANGING_PASSWORD:
            return redirect(url_for("sessions.password"))
        repeats.intend(person)
        return None
    if "outage" in g:
        raise g.outage
    if person.user_id is None:
        if request.method == "POST" and g.get("ended_for"):
            return unsent.ask_to_sign_in(g.ended_for)
        return redirect(url_for("sessions.sign_in"))
    raise NotPermitted("Your role does not include this page.")


def _finish(response: Response) -> Response:
    repeats.note_answer(response, actor())
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in KEPT:
        response.headers["Cache-Control"] = "no-store"
    person = actor()
    log().info(
        "request",
        endpoint=request.endpoint,
        method=request.method,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.started) * 1000),
        user_id=person.user_id,
        organisation_id=person.organisation_id,
    )
    return response
