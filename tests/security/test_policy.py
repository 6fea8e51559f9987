"""Every endpoint has a rule; every rule is tried by every role with its own, a foreign and an unknown object."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine, event, inspect, text
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

from marketplace import db, embedded
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.models import OrganisationKind, Role
from marketplace.permissions import POLICY, SYSTEM, Actor
from tests import builders
from tests.security.answers import breaches
from tests.security.world import PERSONAS, UNKNOWN, Side, build_side, objects

World = tuple[Side, Side]
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return build_side(session, "CanaryMine"), build_side(session, "CanaryTheirs")


def routes(app: Flask) -> Iterator[tuple[Route, str]]:
    """Every route with each of its methods, in a fixed order."""
    for route in sorted(app.url_map.iter_rules(), key=lambda route: (route.endpoint, route.rule)):
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            if route.endpoint != "static":
                yield route, method


def address(app: Flask, route: Route, ids: dict[str, int | None]) -> str | None:
    """The route's address with these ids; None where one of them does not exist. Other texts get their first value."""
    values: dict[str, object] = {}
    for name in route.arguments:
        if name in ids:
            if ids[name] is None:
                return None
            values[name] = ids[name]
        else:
            values[name] = first_value(route, name)
    with app.test_request_context():
        return app.url_for(route.endpoint, **values)  # type: ignore[arg-type]


def first_value(route: Route, name: str) -> str:
    """A value that the route's own converter admits, e.g. the first of <any(pupil, profile):question>."""
    items = getattr(route._converters[name], "items", None)
    assert items, f"teach tests/security/world.py what <{name}> of {route.rule} stands for"
    return str(sorted(items)[0])


def send(client: FlaskClient, method: str, url: str) -> TestResponse:
    if method == "GET":
        return client.get(url)
    token = builders.csrf_token(client.get("/no-such-page").text)  # every page of the signed-in has the sign-out form
    return client.open(url, method=method, data={"csrf_token": token})


def readable(answer: TestResponse) -> str:
    """All that an answer says, also inside a workbook or another zip; of a PDF, what a reader finds in it."""
    content = answer.data
    if content.startswith(b"%PDF"):
        file = PdfReader(io.BytesIO(content))
        return "".join([*(page.extract_text() for page in file.pages), str(file.metadata)])
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            content = b"".join(files.read(name) for name in files.namelist())
    return content.decode(errors="replace")


def hidden_from(kind: OrganisationKind, theirs: Side) -> set[str]:
    """The texts of the other side that a person of this kind must never read."""
    if kind is OrganisationKind.OPERATOR:
        return set()  # the operator's administrators keep everybody's accounts, so they read everybody's names
    return {theirs.canary, theirs.rival} if kind is OrganisationKind.PROVIDER else {theirs.canary}


def test_every_endpoint_has_a_rule_and_every_rule_an_endpoint(app: Flask) -> None:
    assert {route.endpoint for route in app.url_map.iter_rules()} == set(POLICY)


def test_an_endpoint_without_a_rule_is_refused_when_it_is_called(
    client: FlaskClient, world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = sign_in(world[0].people[OrganisationKind.LA, Role.COMMISSIONER])
    assert person.get("/live").status_code == client.get("/live").status_code == 200
    monkeypatch.delitem(POLICY, "health.live")
    assert person.get("/live").status_code == 403
    assert client.get("/live").status_code == 302


def test_who_is_not_signed_in_reaches_public_pages_only(app: Flask, client: FlaskClient, world: World) -> None:
    wrong: list[tuple[str | None, object]] = []
    own = {name: pair[0] or UNKNOWN for name, pair in objects(OrganisationKind.LA, *world).items()}
    for route, method in routes(app):
        if method != "GET":
            continue  # without a session there is no token, and without a token every post is refused
        url = address(app, route, own)
        answer = client.get(url or "/")
        wrong += [(url, breach) for breach in breaches(answer, route.endpoint)]
        expected = {200} if POLICY[route.endpoint].is_public else {302}
        if answer.status_code not in expected:
            wrong.append((url, answer.status_code))
        if answer.status_code == 302 and answer.location != "/sign-in":
            wrong.append((url, answer.location))
    assert wrong == []


@pytest.mark.parametrize(("kind", "role"), PERSONAS, ids=[f"{kind}-{role}" for kind, role in PERSONAS])
def test_each_role_reaches_what_the_table_says_on_its_own_objects_and_nothing_else(
    app: Flask, world: World, sign_in: SignIn, asked: list[str], kind: OrganisationKind, role: Role
) -> None:
    mine, theirs = world
    client = sign_in(mine.people[kind, role])
    known = objects(kind, mine, theirs)
    person = Actor(scope=kind.value, user_id=1, roles=frozenset({role}))
    wrong: list[tuple[str, str, int, str]] = []
    secrets = (mine.canary, theirs.canary, theirs.rival)
    for route, method in routes(app):
        if route.endpoint == "sessions.sign_out":
            continue  # it would end the walk; test_sign_in tries it
        admits = POLICY[route.endpoint].admits(person)
        has_object = any(name in known for name in route.arguments)
        cases = {"own": {name: pair[0] for name, pair in known.items()}}
        if has_object:
            # What everybody may know of is no foreign object; beside one it stands as it is.
            is_foreign = any(known[name][1] is not None for name in route.arguments if name in known)
            cases["foreign"] = {name: pair[1] if not is_foreign else pair[1] or pair[0] for name, pair in known.items()}
            cases["unknown"] = dict.fromkeys(known, UNKNOWN)
        said_of = {}
        for case, ids in cases.items():
            url = address(app, route, ids)
            if url is None:
                continue
            asked.clear()
            answer = send(client, method, url)
            said_of[case] = (like_any(answer.text, url), list(asked)) if case != "own" else None
            wrong += [(method, url, answer.status_code, breach) for breach in breaches(answer, route.endpoint, secrets)]
            expected = {403} if not admits else {200, 302, 409, 422} if case == "own" else {404}
            if answer.status_code not in expected:
                wrong.append((method, url, answer.status_code, case))
            said = readable(answer) + str(answer.headers)
            if any(text in said for text in hidden_from(kind, theirs)):
                wrong.append((method, url, answer.status_code, "shows the other side's data"))
        if "foreign" in said_of and said_of["foreign"] != said_of["unknown"]:
            wrong.append((method, route.rule, 404, "tells a foreign object from one that nobody has"))
    assert wrong == []


def like_any(page: str, url: str) -> str:
    """A page without what differs from one answer to the next: tokens, its own address, its request id."""
    return re.sub(r'value="[\w.-]{16,}"|[0-9a-f]{32}|data-left="\d+"', "", page.replace(url, "")).strip()


@pytest.fixture
def asked(application: Engine) -> Iterator[list[str]]:
    """The statements that reach the database: where they are the same, so is the time that an answer takes. Not those
    about the session, which is seen once a minute, and about limits."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if "user_sessions" not in statement and "rate_limits" not in statement:
            statements.append(statement)

    event.listen(application, "before_cursor_execute", note)
    yield statements
    event.remove(application, "before_cursor_execute", note)


def test_every_post_without_the_right_token_is_refused(app: Flask, world: World, sign_in: SignIn) -> None:
    mine, theirs = world
    client = sign_in(mine.people[OrganisationKind.LA, Role.COMMISSIONER])
    colleague = sign_in(mine.people[OrganisationKind.LA, Role.APPROVER])
    foreign = builders.csrf_token(colleague.get("/").text)
    assert foreign
    own = {name: pair[0] or UNKNOWN for name, pair in objects(OrganisationKind.LA, mine, theirs).items()}
    for route, method in routes(app):
        if method != "POST":
            continue
        url = address(app, route, own)
        for form in ({}, {"csrf_token": "wrong"}, {"csrf_token": foreign}):
            assert client.post(url or "/", data=form).status_code == 400, url
    assert client.get("/").status_code == 200  # the sign-out among them was refused as well


def test_no_get_changes_anything(app: Flask, world: World, sign_in: SignIn, cleaner: Engine) -> None:
    mine, theirs = world
    for kind, role in PERSONAS:
        client = sign_in(mine.people[kind, role])
        before = contents(cleaner)
        for route, method in routes(app):
            url = address(app, route, {name: pair[0] for name, pair in objects(kind, mine, theirs).items()})
            if method == "GET" and url:
                client.get(url)
        assert contents(cleaner) == before, (kind, role)


def contents(engine: Engine) -> dict[str, str]:
    """A digest of every table, but for the counters of what was tried."""
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {"rate_limits"}
        digest = "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} t"
        return {table: str(connection.scalar(text(digest.format(table)))) for table in sorted(tables)}


def test_over_https_a_person_signs_in_though_no_browser_tells_our_pages_where_it_comes_from(
    addresses: embedded.Addresses, tmp_path: Path, database: Engine, world: World
) -> None:
    app = create_app(
        Config(data=tmp_path, database_url=addresses.application, encryption_keys=builders.ENCRYPTION_KEYS)
    )
    db.configure(database)
    app.extensions["database"].dispose()
    client, base = app.test_client(), "https://marketplace.example"
    token = builders.csrf_token(client.get("/sign-in", base_url=base).text)
    email = next(iter(world[0].people.values()))
    form = {"email": email, "password": builders.PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", base_url=base, data=form).status_code == 302


@pytest.mark.parametrize(("proxies", "others"), [(1, 302), (0, 429)])
def test_tries_are_counted_by_the_address_that_our_own_proxy_saw_and_no_other(
    addresses: embedded.Addresses, tmp_path: Path, database: Engine, world: World, proxies: int, others: int
) -> None:
    app = create_app(
        Config(
            data=tmp_path,
            database_url=addresses.application,
            is_plain_http=True,
            proxies=proxies,
            encryption_keys=builders.ENCRYPTION_KEYS,
        )
    )
    db.configure(database)
    app.extensions["database"].dispose()
    email = next(iter(world[0].people.values()))

    def attempt(address: str, password: str) -> int:
        client = app.test_client()
        token = builders.csrf_token(client.get("/sign-in").text)
        form = {"email": email, "password": password, "csrf_token": token}
        return client.post("/sign-in", data=form, headers={"X-Forwarded-For": address}).status_code

    forged = [attempt(f"198.51.100.{number}, 192.0.2.1", "wrong") for number in range(11)]
    assert forged == [422] * 10 + [429], "what a guesser writes before the proxy's own entry counts for nothing"
    assert attempt("192.0.2.2", builders.PASSWORD) == others


def test_plain_http_is_for_the_machine_itself_only(client: FlaskClient) -> None:
    assert client.get("/sign-in", base_url="http://127.0.0.1:8000").status_code == 200
    assert client.get("/sign-in", base_url="http://marketplace.example").status_code == 400
