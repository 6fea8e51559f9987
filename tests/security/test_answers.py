"""Every answer has the headers, cookies and addresses that it must, also where something goes wrong; and what looks for
that finds what is missing."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from marketplace import db, embedded
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from marketplace.web.guards import HEADERS
from tests import builders
from tests.security.answers import breaches

SignIn = Callable[[str], FlaskClient]
STATIC = Path(__file__).parents[2] / "marketplace" / "web" / "static"


@pytest.fixture
def email(database: Engine) -> str:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return builders.user(session, builders.authority(session), Role.COMMISSIONER).email


def fails(*_: object, **__: object) -> None:
    raise RuntimeError("forced")


def test_errors_of_every_kind_are_answered_as_carefully_as_pages(
    app: Flask, sign_in: SignIn, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(email)
    token = {"csrf_token": builders.csrf_token(client.get("/needs").text)}
    answers = {
        "400 without a token": client.post("/needs/new"),
        "400 without a key": client.post("/needs/new", data={**token, "once": ""}),
        "403": client.get("/vacancies"),
        "404": client.get("/no-such-page"),
        "404 of a file": client.get("/static/no-such-file"),
        "405": client.put("/needs"),
        "413": client.post("/needs/new", data={"mainstream": "x" * 1_000_001}),
        "422": client.post("/needs/new", data=token),
    }
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    with monkeypatch.context() as broken:
        broken.setattr("marketplace.web.needs.transaction", fails)
        answers["500"] = client.get("/needs")
    with monkeypatch.context() as broken:
        broken.setattr("marketplace.web.needs.transaction", unavailable)
        answers["503"] = client.get("/needs")
    for _ in range(11):
        answers["429"] = builders.post(client, "/sign-in", email="nobody@example.org", password="wrong")
    wrong = {}
    for name, answer in answers.items():
        expected = int(name[:3])
        assert answer.status_code == expected or name.startswith("400 without a key"), name
        wrong[name] = breaches(answer, "error")
    wrong["404 of a file"] = [each for each in wrong["404 of a file"] if each != "kept by a browser"]
    assert {name: found for name, found in wrong.items() if found} == {}


def unavailable(*_: object) -> None:
    raise Unavailable("forced")


def test_every_file_of_the_site_has_the_headers(app: Flask, database: Engine) -> None:  # noqa: ARG001
    client = app.test_client()
    paths = [path.relative_to(STATIC) for path in sorted(STATIC.rglob("*")) if path.is_file()]
    assert len(paths) > 20
    for path in paths:
        with client.get(f"/static/{path}") as answer:
            assert (answer.status_code, breaches_of_file(answer)) == (200, []), path


def breaches_of_file(answer: TestResponse) -> list[str]:
    return [name for name, value in HEADERS.items() if answer.headers.getlist(name) != [value]]


@pytest.mark.parametrize("proxies", [0, 1])
def test_over_https_every_cookie_is_bound_to_the_host(
    addresses: embedded.Addresses, tmp_path: Path, database: Engine, email: str, proxies: int
) -> None:
    keys = builders.ENCRYPTION_KEYS
    app = create_app(Config(data=tmp_path, database_url=addresses.application, encryption_keys=keys, proxies=proxies))
    db.configure(database)
    app.extensions["database"].dispose()
    client, base = app.test_client(), "https://localhost"
    token = builders.csrf_token(client.get("/sign-in", base_url=base).text)
    form = {"email": email, "password": builders.PASSWORD, "csrf_token": token}
    answers = [client.post("/sign-in", base_url=base, data=form)]
    answers += [client.get(path, base_url=base) for path in ("/", "/needs", "/needs/new", "/no-such-page")]
    assert any("Set-Cookie" in answer.headers for answer in answers)
    assert [breaches(answer, "any") for answer in answers] == [[]] * len(answers)


# Each of these is an answer with one guard taken out.
WORSE: dict[str, Callable[[Response], object]] = {
    **{name: (lambda answer, name=name: answer.headers.pop(name)) for name in HEADERS},
    "twice": lambda answer: answer.headers.add("X-Content-Type-Options", "nosniff"),
    "an hour": lambda answer: answer.headers.set("Strict-Transport-Security", "max-age=3600; includeSubDomains"),
    "inline": lambda answer: answer.headers.set("Content-Security-Policy", "script-src 'unsafe-inline'"),
    "objects": lambda answer: answer.headers.set(
        "Content-Security-Policy", HEADERS["Content-Security-Policy"] + "; object-src 'self'"
    ),
    "kept": lambda answer: answer.headers.set("Cache-Control", "private, max-age=60"),
    "to scripts": lambda answer: answer.headers.add("Set-Cookie", "session=x; SameSite=Lax; Path=/"),
    "to sites": lambda answer: answer.headers.add("Set-Cookie", "session=x; HttpOnly; Path=/"),
    "to hosts": lambda answer: answer.headers.add(
        "Set-Cookie", "session=x; HttpOnly; SameSite=Lax; Path=/; Domain=example.org"
    ),
    "other cookie": lambda answer: answer.headers.add("Set-Cookie", "other=x; HttpOnly; SameSite=Lax; Path=/"),
    "off": lambda answer: answer.headers.set("Location", "https://evil.example/"),
    "off without a scheme": lambda answer: answer.headers.set("Location", "//evil.example/"),
    "address of a person": lambda answer: answer.headers.set("Location", "/people?email=a%40example.org"),
    "secret": lambda answer: answer.headers.set("Location", "/needs?pupil=Robin"),
    "token": lambda answer: answer.set_data('<a href="/needs?t=AAAAAAAAAAAAAAAAAAAAAAAA">'),
    "link off": lambda answer: answer.set_data('<img src="http://evil.example/x.png">'),
    "script link": lambda answer: answer.set_data('<a href="javascript:alert(1)">'),
}  # fmt: skip


@pytest.mark.parametrize("name", WORSE)
def test_what_looks_for_breaches_finds_one_with_each_guard_taken_out(
    app: Flask, sign_in: SignIn, email: str, name: str
) -> None:
    client = sign_in(email)
    assert breaches(client.get("/needs"), "needs.index", ("Robin",)) == []

    def worsen(answer: Response) -> Response:
        if request.path == "/needs":
            WORSE[name](answer)
        return answer

    app.after_request_funcs[None].insert(0, worsen)  # the last to run
    try:
        assert breaches(client.get("/needs"), "needs.index", ("Robin",)) != []
    finally:
        app.after_request_funcs[None].remove(worsen)


ASKED = re.compile(r"forms\.read\((\w+), forms\.asked\(\)\)")
# All that stands in addresses after the question mark: what a browser's history and a proxy's log keep.
IN_ADDRESSES = {
    "authority", "band", "by", "closed", "consultation_ids", "ended", "kind", "la", "need", "order", "overdue",
    "page", "pattern", "placement_set_id", "primary_need", "provision_ids", "q", "reason", "refused", "region",
    "report", "seen", "sort", "standing", "status", "tariff_id", "to_do", "type", "vacant", "view", "waiting", "within",
    "year", "year_group",
}  # fmt: skip


def test_what_addresses_carry_is_listed_and_says_nothing_of_a_person() -> None:
    """`q` is a part of a setting's name; a need is found by filters, never by its reference or a pupil's name (S24)."""
    found: set[str] = set()
    for path in sorted((STATIC.parent).glob("*.py")):
        source = path.read_text()
        module = import_module(f"marketplace.web.{path.stem}") if "forms.asked()" in source else None
        for name in ASKED.findall(source):
            found |= {field.data_key or key for key, field in getattr(module, name)().load_fields.items()}
    assert found == IN_ADDRESSES
