"""No answer leads off the site, whatever an address, a form or a header asks for (S23)."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from tests import builders
from tests.security.answers import of_addresses
from tests.security.test_policy import address, routes
from tests.security.world import UNKNOWN

SignIn = Callable[[str], FlaskClient]
# Names by which sites are told where to lead on; ours reads "back" and "then", and knows no other.
NAMES = ("next", "back", "then", "url", "return", "return_to", "redirect", "redirect_uri", "continue", "goto", "dest")
EVIL = "evil.example"
PAYLOADS = (
    f"https://{EVIL}", f"http://{EVIL}", f"//{EVIL}", f"///{EVIL}", f"////{EVIL}", f"/\\{EVIL}", f"\\\\{EVIL}",
    f"\\/{EVIL}", f"/\\/{EVIL}", f"https:{EVIL}", f"https:/{EVIL}", f"http:///{EVIL}", f"HTTPS://{EVIL}",
    f"//{EVIL}/%2f..", f"/%2f/{EVIL}", f"%2f%2f{EVIL}", f"/%5c{EVIL}", f"/%09/{EVIL}", f"/\t/{EVIL}", f" //{EVIL}",
    f"\r\nLocation: https://{EVIL}", f"/%0d%0aLocation:%20//{EVIL}", f"//{EVIL}@localhost", f"//localhost@{EVIL}",
    f"https://localhost@{EVIL}", f"https://localhost.{EVIL}", f"//{EVIL}#localhost", f"//{EVIL}?localhost",
    f"javascript:location='//{EVIL}'", f"data:text/html,<a href=//{EVIL}>", f"ftp://{EVIL}", f"//{EVIL}:443/",
    f"https://{EVIL}%00.localhost", f"/./{EVIL}//{EVIL}", f"/..//{EVIL}", "//%65vil.example", f"https://[::1]@{EVIL}",
    f"〱{EVIL}", f"//{EVIL}。example", f"\u2028//{EVIL}",
)  # fmt: skip


@pytest.fixture
def emails(database: Engine) -> list[str]:  # noqa: ARG001
    """Somebody with every role of an LA, and an editor of a provider."""
    with transaction(SYSTEM) as session:
        builders.framework(session)
        la = builders.authority(session)
        builders.need(session, la)
        roles = (Role.COMMISSIONER, Role.PROCUREMENT, Role.APPROVER, Role.ADMINISTRATOR)
        editor = builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR)
        return [builders.user(session, la, *roles).email, editor.email]


def led_off(answer_of: Callable[[str], object], payload: str) -> str | None:
    answer = answer_of(payload)
    location = answer.headers.get("Location", "")  # type: ignore[attr-defined]
    return location if EVIL in location.partition("?")[0] or of_addresses(answer, ()) else None  # type: ignore[arg-type]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_signing_in_leads_nowhere_else(client: FlaskClient, emails: list[str], payload: str) -> None:
    asked = dict.fromkeys(NAMES, payload)
    form = {"email": emails[0], "password": builders.PASSWORD, **asked}
    page = client.get("/sign-in", query_string=asked)
    token = builders.csrf_token(page.text)
    answer = client.post("/sign-in", query_string=asked, data={**form, "csrf_token": token})
    assert (answer.status_code, answer.location) == (302, "/")


def test_no_route_leads_where_its_address_asks_it_to(app: Flask, sign_in: SignIn, emails: list[str]) -> None:
    """Each route is asked with each name; the payloads go round, so that each meets many routes and names."""
    assert len(PAYLOADS) >= 30
    wrong, asked = [], 0
    for email in emails:
        client = sign_in(email)
        token = builders.csrf_token(client.get("/").text)
        for number, (route, method) in enumerate(routes(app)):
            if route.endpoint == "sessions.sign_out":
                continue
            url = address(app, route, {name: UNKNOWN for name in route.arguments if name.endswith("_id")})
            assert url
            query = {name: PAYLOADS[(number + step) % len(PAYLOADS)] for step, name in enumerate(NAMES)}
            data = {**query, "csrf_token": token} if method == "POST" else None
            with client.open(url, method=method, query_string=query, data=data) as answer:
                asked += 1
                location = answer.headers.get("Location", "")
                if EVIL in location.partition("?")[0] or location.startswith(("//", "http", "\\")):
                    wrong.append((method, url, location))
    assert asked > 400
    assert wrong == []


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_path_is_led_on_to_another_site(sign_in: SignIn, emails: list[str], payload: str) -> None:
    """Where a path has slashes too many the framework leads to one that has not: on this site."""
    client = sign_in(emails[0])
    for path in (payload, f"/{payload}", f"/needs/{payload}"):
        sent = path.encode().decode("latin-1")  # as a server hands it on
        with client.get("/", environ_overrides={"PATH_INFO": sent, "RAW_URI": sent}) as answer:
            location = answer.headers.get("Location", "")
            assert not location.removeprefix("http://localhost").startswith(("//", "/\\")), location
            assert not location or location.startswith(("http://localhost/", "/")), location
            assert answer.status_code < 500


def test_a_forged_host_leads_nowhere(client: FlaskClient, sign_in: SignIn, emails: list[str]) -> None:
    """Over plain http another host is refused; where a proxy passes one on, addresses stay relative."""
    assert client.get("/", headers={"Host": EVIL}).status_code == 400
    signed_in = sign_in(emails[0])
    for header in ("X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"):
        answer = signed_in.get("/", headers={header: f"//{EVIL}"})
        assert answer.status_code == 200
        assert EVIL not in answer.text
    assert client.get("/needs", headers={"X-Forwarded-Host": EVIL}).location == "/sign-in"
