"""What stands before and after every request: the token, the policy table, the limits, the headers, the log line."""

import re
import time
import uuid

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized, UnsupportedMediaType

from marketplace.api import limits, repeats
from marketplace.api.current import actor
from marketplace.db import transaction
from marketplace.edge import LOOPBACK, ONLY_HERE
from marketplace.errors import NotPermitted
from marketplace.models import Scope, now
from marketplace.observability import log
from marketplace.permissions import API_POLICY, SYSTEM
from marketplace.services import api_tokens

BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def attach(app: Flask) -> None:
    """Guard every request of the API, also those that end in an error."""
    app.before_request(_begin)
    app.before_request(_admit)
    app.after_request(_finish)


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if current_app.config["PLAIN_HTTP"] and not LOOPBACK.match(request.host):
        raise BadRequest(ONLY_HERE)


def _admit() -> None:
    if request.endpoint is None:  # no such address: 404 or 405 follow
        return
    access = API_POLICY.get(request.endpoint)
    if access is not None and access.scope is None:
        return
    g.bearer = _authenticate()
    person = g.bearer.actor
    limits.count_use(person.user_id, request.endpoint, request.method)
    if access is None or not access.rule.admits(person):
        raise NotPermitted("The roles of this token's owner do not include this.")
    if access.scope not in g.bearer.scopes:
        raise _lacks(access.scope)
    if person.must_change_password:
        raise NotPermitted("Somebody else chose this account's password. Sign in and change it, then use the token.")
    if request.content_length and not request.is_json:
        raise UnsupportedMediaType("Send JSON, as application/json.")
    _read_body()
    repeats.intend(person)


def _read_body() -> None:
    """Read JSON once, before anything else does: nested a thousand times it is nobody's request."""
    if not request.is_json:
        return
    try:
        request.get_json(silent=True)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


def _authenticate() -> api_tokens.Bearer:
    """Whom the token admits. Raises Unauthorized; nothing but the Authorization header is looked at."""
    sent = BEARER.fullmatch(request.headers.get("Authorization", ""))
    if sent is None:
        raise _refusal("Send a token: Authorization: Bearer … It is made on the page API tokens.", {})
    limits.require_credit()
    with transaction(SYSTEM) as session:
        found = api_tokens.bearer_of(session, sent[1], at=now())
    if found is None:
        limits.count_wrong()
        raise _refusal("This token is not right, or has ended, or was revoked.", {"error": "invalid_token"})
    return found


def _refusal(words: str, parameters: dict[str, str]) -> Unauthorized:
    return Unauthorized(words, www_authenticate=WWWAuthenticate("bearer", {"realm": "marketplace", **parameters}))


def _lacks(scope: Scope | None) -> Forbidden:
    refusal = Forbidden(f"This token is not for {scope}. Make one that is, on the page API tokens.")
    g.challenge = WWWAuthenticate("bearer", {"error": "insufficient_scope", "scope": str(scope)})
    return refusal


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "challenge" in g:
        response.headers["WWW-Authenticate"] = g.challenge.to_header()
    person = actor()
    log().info(
        "api request",
        endpoint=request.endpoint,
        method=request.method,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.started) * 1000),
        user_id=person.user_id,
        organisation_id=person.organisation_id,
    )
    return response
