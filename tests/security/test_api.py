"""Every endpoint of the API has a rule and a scope; every one is tried by every role, with a token, on its own, a
foreign and an unknown object."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.routing import Rule as Route
from werkzeug.test import Client, TestResponse

from marketplace.api.guards import HEADERS
from marketplace.db import transaction
from marketplace.edge import IdConverter
from marketplace.models import OrganisationKind, Role, Scope, User
from marketplace.permissions import API_POLICY, SYSTEM, Actor
from tests.api.systems import NEED, PREFIX, System, token
from tests.security.test_answers import IN_ADDRESSES
from tests.security.test_policy import contents, hidden_from, readable
from tests.security.world import PERSONAS, UNKNOWN, Side, build_side, objects

World = tuple[Side, Side]
# What each endpoint that takes a body is sent: right in itself, so that whose object it is about decides.
BODIES: dict[str, Any] = {
    "budgets.put": {"amount": 1},
    "needs.post": NEED,
    "needs.post_publish": None,
    "needs.post_withdraw": {"reason": "moved"},
    "needs.put": NEED,
    "pools.put_vacancies": {"rows": []},
    "runs.post": {"on": "2026-11-01", "seconds": 5},
}


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return build_side(session, "CanaryMine"), build_side(session, "CanaryTheirs")


@pytest.fixture
def asked(application: Engine) -> Iterator[list[str]]:
    """The statements that reach the database, but for those about the token and the limits."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if "api_tokens" not in statement and "rate_limits" not in statement:
            statements.append(statement)

    event.listen(application, "before_cursor_execute", note)
    yield statements
    event.remove(application, "before_cursor_execute", note)


def routes(app: Flask) -> Iterator[tuple[Route, str]]:
    """Every route of the API with each of its methods, in a fixed order."""
    for route in sorted(app.extensions["api"].url_map.iter_rules(), key=lambda route: (route.endpoint, route.rule)):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield route, method


def address(route: Route, ids: Mapping[str, int | None]) -> str | None:
    """The route's address with these ids; None where one of them does not exist."""
    if any(ids[name] is None for name in route.arguments):
        return None
    return PREFIX + re.sub(r"<int:(\w+)>", lambda found: str(ids[found[1]]), route.rule)


def system_of(app: Flask, email: str, *scopes: Scope) -> System:
    """A system of the person who signs in so, with a token of these scopes, or of all."""
    with transaction(SYSTEM) as session:
        owner = session.query(User).filter_by(email=email).one()
        return System(app, token(session, owner, scopes or tuple(Scope)))


def send(by: System, route: Route, method: str, url: str, version: int = 1) -> TestResponse:
    is_change = method != "GET"
    assert not is_change or route.endpoint in BODIES, f"say in BODIES what {route.endpoint} is sent"
    return by.send(method, url, BODIES[route.endpoint] if is_change else None, version=version if is_change else None)


def breaches(answer: TestResponse) -> list[str]:
    """What is wrong with an answer, whoever asks for what."""
    wrong = [name for name, value in HEADERS.items() if answer.headers.getlist(name) != [value]]
    if "Set-Cookie" in answer.headers:
        wrong.append("sets a cookie")
    kinds = {"application/json", "application/zip"} if answer.status_code < 400 else {"application/problem+json"}
    return wrong if answer.mimetype in kinds else [*wrong, answer.mimetype]


def test_every_endpoint_has_a_rule_and_every_rule_an_endpoint(app: Flask) -> None:
    assert {route.endpoint for route, _ in routes(app)} == set(API_POLICY)


def test_what_changes_something_needs_a_scope_to_write_and_nothing_else_does(app: Flask) -> None:
    for route, method in routes(app):
        scope = API_POLICY[route.endpoint].scope
        assert scope is None or scope.endswith(":write") == (method != "GET"), route.endpoint


def test_an_endpoint_without_a_rule_is_refused_when_it_is_called(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = system_of(app, world[0].people[OrganisationKind.LA, Role.COMMISSIONER])
    assert by.get("/needs").status_code == 200
    monkeypatch.delitem(API_POLICY, "needs.index")
    assert by.get("/needs").status_code == 403
    assert Client(app).get(f"{PREFIX}/needs").status_code == 401


def test_without_a_token_only_the_document_is_read(app: Flask, database: Engine) -> None:  # noqa: ARG001
    client = Client(app)
    for route, method in routes(app):
        url = address(route, dict.fromkeys(route.arguments, 1))
        answer = client.open(url, method=method, json={} if method != "GET" else None)
        expected = 401 if API_POLICY[route.endpoint].scope else 200
        assert (url, answer.status_code) == (url, expected)
        assert breaches(answer) == [], url


def test_a_token_for_everything_else_reaches_nothing(app: Flask, world: World) -> None:
    mine, theirs = world
    for (kind, role), email in mine.people.items():
        known = objects(kind, mine, theirs)
        person = Actor(scope=kind.value, user_id=1, roles=frozenset({role}))
        by = {scope: system_of(app, email, *set(Scope) - {scope}) for scope in Scope}
        for route, method in routes(app):
            access = API_POLICY[route.endpoint]
            scope, url = access.scope, address(route, {name: pair[0] for name, pair in known.items()})
            if scope is not None and url is not None and access.rule.admits(person):
                answer = send(by[scope], route, method, url)
                assert (role, url, answer.status_code) == (role, url, 403)


@pytest.mark.parametrize(("kind", "role"), PERSONAS, ids=[f"{kind}-{role}" for kind, role in PERSONAS])
def test_each_role_reaches_what_the_table_says_on_its_own_objects_and_nothing_else(
    app: Flask, world: World, asked: list[str], kind: OrganisationKind, role: Role
) -> None:
    mine, theirs = world
    by = system_of(app, mine.people[kind, role])
    known = objects(kind, mine, theirs)
    person = Actor(scope=kind.value, user_id=1, roles=frozenset({role}))
    wrong: list[tuple[str, str, int, str]] = []
    for route, method in routes(app):
        admits = API_POLICY[route.endpoint].rule.admits(person)
        cases = {"own": {name: pair[0] for name, pair in known.items()}}
        if route.arguments:
            is_foreign = any(known[name][1] is not None for name in route.arguments)
            cases["foreign"] = {name: pair[1] if is_foreign else UNKNOWN for name, pair in known.items()}
            cases["unknown"] = dict.fromkeys(known, UNKNOWN)
        said_of = {}
        for case, ids in cases.items():
            url = address(route, ids)
            if url is None:
                continue
            asked.clear()
            answer = send(by, route, method, url)
            said_of[case] = (like_any(answer.text, ids, route), list(asked)) if case != "own" else None
            wrong += [(method, url, answer.status_code, breach) for breach in breaches(answer)]
            expected = {403} if not admits else {200, 201, 202, 409, 412} if case == "own" else {404}
            if answer.status_code not in expected:
                wrong.append((method, url, answer.status_code, case))
            said = readable(answer) + str(answer.headers)
            if any(text in said for text in hidden_from(kind, theirs)):
                wrong.append((method, url, answer.status_code, "shows the other side's data"))
        if "foreign" in said_of and said_of["foreign"] != said_of["unknown"]:
            wrong.append((method, route.rule, 404, "tells a foreign object from one that nobody has"))
    assert wrong == []


def like_any(body: str, ids: Mapping[str, int | None], route: Route) -> str:
    """A body without what differs from one answer to the next: its request id, and the ids that were asked for."""
    named = "|".join(rf"\b{ids[name]}\b" for name in sorted(route.arguments))
    return re.sub(rf'"request_id": ?"[0-9a-f]{{32}}"|{named}', "", body)


def test_no_get_changes_anything(app: Flask, world: World, cleaner: Engine) -> None:
    mine, theirs = world
    for kind, role in PERSONAS:
        by = system_of(app, mine.people[kind, role])
        by.get("/no-such-address")
        before = {name: digest for name, digest in contents(cleaner).items() if name != "api_tokens"}
        for route, method in routes(app):
            url = address(route, {name: pair[0] for name, pair in objects(kind, mine, theirs).items()})
            if method == "GET" and url:
                by.get(url)
        after = {name: digest for name, digest in contents(cleaner).items() if name != "api_tokens"}  # when it was used
        assert after == before, (kind, role)


def test_what_addresses_carry_is_what_those_of_pages_may_carry(app: Flask) -> None:
    """Nothing in a query says who somebody is (S24); no path has anything but ids."""
    document = app.extensions["api"].extensions["specification"].to_dict()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    asked_for = {
        parameter["name"]
        for operation in operations
        if isinstance(operation, dict)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert asked_for
    assert asked_for <= IN_ADDRESSES
    assert all(isinstance(route._converters[name], IdConverter) for route, _ in routes(app) for name in route.arguments)


def test_plain_http_is_for_the_machine_itself_only(app: Flask, database: Engine) -> None:  # noqa: ARG001
    client = Client(app)
    assert client.get(f"{PREFIX}/openapi.json", base_url="http://127.0.0.1:8000").status_code == 200
    assert client.get(f"{PREFIX}/openapi.json", base_url="http://marketplace.example").status_code == 400
