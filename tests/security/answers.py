"""What must hold of every answer, whoever asks for what: its headers, its cookies, and the addresses in it (S18, S20,
S21, S22, S24)."""

import re
from html import unescape
from urllib.parse import unquote, urlsplit

from werkzeug.test import TestResponse

from marketplace.web.guards import HEADERS, KEPT

ADDRESS = re.compile(r'(?:href|src|action|formaction|hx-get|hx-post|data-\w*url)="([^"]*)"')
# A session's or a form's token in the manner of `secrets`, Flask's signed ones, or anything else nobody could guess.
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")
HOST = "localhost"
YEAR = 365 * 24 * 60 * 60


def breaches(answer: TestResponse, endpoint: str | None, secrets: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with an answer of this endpoint (None: there is none such); `secrets` may stand in no address."""
    return [*of_headers(answer, endpoint), *of_cookies(answer), *of_addresses(answer, secrets)]


def of_headers(answer: TestResponse, endpoint: str | None) -> list[str]:
    """Headers that are missing or weak."""
    wrong = [name for name, value in HEADERS.items() if answer.headers.getlist(name) != [value]]
    told = answer.headers.get("Content-Security-Policy", "")
    policy = {first: rest for first, *rest in (part.split() for part in told.split(";") if part.strip())}
    if "unsafe" in told:
        wrong.append("unsafe script or style")
    for directive in ("object-src", "base-uri", "frame-ancestors"):
        fallback = policy.get("default-src") if directive == "object-src" else None
        if policy.get(directive, fallback) != ["'none'"]:
            wrong.append(directive)
    lasts = re.search(r"max-age=(\d+); includeSubDomains", answer.headers.get("Strict-Transport-Security", ""))
    if not lasts or int(lasts[1]) < YEAR:
        wrong.append("Strict-Transport-Security for a year with subdomains")
    if endpoint not in KEPT and answer.headers.get("Cache-Control") != "no-store":
        wrong.append("kept by a browser")
    return wrong


def of_cookies(answer: TestResponse) -> list[str]:
    """Cookies that a script, another site or another host could get at. Over https they bear the host's prefix."""
    wrong = []
    is_secure = answer.request.scheme == "https"
    for cookie in answer.headers.getlist("Set-Cookie"):
        pair, *marks = (part.strip() for part in cookie.split(";"))
        needed = {"HttpOnly", "SameSite=Lax", "Path=/"} | ({"Secure"} if is_secure else set())
        is_named = pair.startswith("__Host-session=" if is_secure else "session=")
        if not needed <= set(marks) or not is_named or any(mark.startswith("Domain") for mark in marks):
            wrong.append(f"cookie {cookie}")
    return wrong


def of_addresses(answer: TestResponse, secrets: tuple[str, ...]) -> list[str]:
    """Addresses in an answer, or where it leads, that say who somebody is, carry a token, or lead off the site."""
    found = [
        answer.headers[name] for name in ("Location", "Link", "Refresh", "Content-Location") if name in answer.headers
    ]
    if answer.mimetype == "text/html":
        found += [unescape(address) for address in ADDRESS.findall(answer.text)]
    wrong = []
    for address in found:
        if address.startswith("data:"):
            continue  # a file within the page itself
        parts = urlsplit(address)
        said = unquote(address)
        if parts.scheme or parts.netloc not in {"", HOST}:
            wrong.append(f"leads off the site: {address}")
        if "@" in said or any(secret in said for secret in secrets) or TOKEN.search(unquote(parts.query)):
            wrong.append(f"says too much: {address}")
    return wrong
