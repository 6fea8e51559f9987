"""What a form does not have changes nothing (S10), and no step is taken before the one that it follows (S09)."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, inspect, text

from marketplace.db import transaction
from marketplace.models import OrganisationKind, Role
from marketplace.models.base import Base
from marketplace.permissions import SYSTEM
from tests import builders
from tests.security.test_policy import World, address, contents, routes
from tests.security.world import build_side, objects

SignIn = Callable[[str], FlaskClient]
WORD, AMOUNT = "injectedword", "77777777"
DAY = {"day": "4", "month": "1", "year": "2027"}
TYPED = DAY | {
    "name": "A name", "email": "new@example.org", "password": "a long enough one", "current": builders.PASSWORD,
    "reference": "EX-9", "home": "405000, 305000", "amount": "100", "budget": "100", "hours": "5", "percent": "3",
}  # fmt: skip
COLUMNS = sorted({column.name for table in Base.metadata.tables.values() for column in table.columns})
# Who leads a partnership asks others and ends their membership, by fields that its forms have.
OF_THE_LEAD = {"partnership_members"}
OWNERS = ("authority_id", "provider_id", "organisation_id", "owner_id", "scope_id", "party_id")
LA, PROVIDER, REGION, OPERATOR = (OrganisationKind(kind) for kind in ("la", "provider", "region", "operator"))


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return build_side(session, "CanaryMine"), build_side(session, "CanaryTheirs")


class Forms(HTMLParser):
    """The forms of a page that are posted: action, and fields as a browser would send them untouched. What a person
    would have to choose or write is chosen and written anyhow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.fields: dict[str, Any] | None = None
        self.area: str | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        name, value = named.get("name") or "", named.get("value") or ""
        if tag == "form" and named.get("method") == "post":
            self.fields = {}
            self.found.append((named.get("action") or "", self.fields))
        if self.fields is None:
            return
        if tag == "textarea":
            self.area = name
            self.fields[name] = "Some words."
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and (value or "selected" in named):
            self._choose(self.select, value, is_chosen="selected" in named)
        elif tag == "input" and named.get("type") in {"radio", "checkbox"}:
            self._choose(name, value or "on", is_chosen="checked" in named)
        elif tag == "input" and name and named.get("type") != "file":
            last = name.rsplit("-")[-1]
            self.fields[name] = value or TYPED.get(last, "")

    def _choose(self, name: str, value: str, *, is_chosen: bool) -> None:
        assert self.fields is not None
        if is_chosen or name not in self.fields:
            self.fields[name] = value

    def handle_data(self, data: str) -> None:
        if self.area and self.fields is not None and data.strip():
            self.fields[self.area] = data.strip()

    def handle_endtag(self, tag: str) -> None:
        self.area = None if tag == "textarea" else self.area
        self.select = None if tag == "select" else self.select
        self.fields = None if tag == "form" else self.fields


def injected(ids: dict[str, int]) -> dict[str, str]:
    """A value for every column of every table: the other side's organisations, a sum and a word that nobody typed."""
    owners = {"provider_id": "provider", "scope_id": "region", "user_id": "la-user"}
    values = {}
    for column in COLUMNS:
        if column.endswith("_id") or column == "id":
            values[column] = str(ids.get(owners.get(column, "la"), ids["la"]))
        else:
            values[column] = AMOUNT if column in {"amount", "price", "threshold", "marginal", "transport"} else WORD
    return values


def of_others(engine: Engine, ids: set[int]) -> dict[str, str]:
    """A digest of all rows that have one of these organisations as an owner."""
    digests = {}
    with engine.connect() as connection:
        tables = inspect(connection)
        for table in sorted(set(tables.get_table_names()) - OF_THE_LEAD):
            for column in {each["name"] for each in tables.get_columns(table)} & set(OWNERS):
                digest = (
                    f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t WHERE {column} = ANY(:ids)"
                )
                digests[f"{table}.{column}"] = str(connection.scalar(text(digest), {"ids": sorted(ids)}))
    return digests


def rows_with(engine: Engine, words: str) -> list[str]:
    with engine.connect() as connection:
        tables = sorted(inspect(connection).get_table_names())
        found = f"SELECT t::text FROM {{}} t WHERE position('{words}' in t::text) > 0"
        return [f"{table}: {row}" for table in tables for row in connection.scalars(text(found.format(table)))]


@pytest.mark.parametrize(
    ("kind", "role", "fewest"),
    [
        (LA, Role.COMMISSIONER, 6),
        (LA, Role.PROCUREMENT, 3),
        (LA, Role.ADMINISTRATOR, 1),
        (REGION, Role.PROCUREMENT, 2),
        (PROVIDER, Role.PROVIDER_EDITOR, 8),
        (OPERATOR, Role.ADMINISTRATOR, 2),
    ],
    ids=str,
)
def test_what_is_added_to_any_form_changes_nothing(
    app: Flask, world: World, sign_in: SignIn, cleaner: Engine, kind: OrganisationKind, role: Role, fewest: int
) -> None:
    mine, theirs = world
    client = sign_in(mine.people[kind, role])
    extra = injected({**theirs.ids, "provider": provider_of(cleaner, theirs.ids["setting"])})
    others = {theirs.ids["la"], theirs.ids["region"], int(extra["provider_id"])}
    before, seen, accepted = of_others(cleaner, others), set(), set()
    for route, method in routes(app):
        url = address(app, route, {name: pair[0] for name, pair in objects(kind, mine, theirs).items()})
        if method != "GET" or not url or "password" in url:
            continue
        page = client.get(url)
        forms = Forms()
        forms.feed(page.text if page.mimetype == "text/html" else "")
        for action, fields in forms.found:
            shape = (action, tuple(sorted(fields)))
            if action == "/sign-out" or shape in seen:
                continue
            seen.add(shape)
            answer = client.post(action, data={**extra, **fields})
            assert answer.status_code < 500, (action, answer.status_code)
            if answer.status_code == 302:
                accepted.add(shape)
    assert len(accepted) >= fewest, accepted
    assert of_others(cleaner, others) == before
    assert rows_with(cleaner, WORD) + rows_with(cleaner, AMOUNT) == []


def provider_of(engine: Engine, setting_id: int) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT provider_id FROM settings WHERE id = :id"), {"id": setting_id}))  # type: ignore[arg-type]


COMMISSIONER, EDITOR = (LA, Role.COMMISSIONER), (PROVIDER, Role.PROVIDER_EDITOR)
APPROVER = (LA, Role.APPROVER)
# Who leaps, and the form that is sent too early or too late, about which object of the world.
LEAPS: dict[str, tuple[tuple[OrganisationKind, Role], str, str, dict[str, str]]] = {
    "consult about a draft": (
        COMMISSIONER, "consultations.post_consult", "draft_need", {"provision_ids": "{provision}", "then": "send"},
    ),
    "decide about a draft": (COMMISSIONER, "awards.post_compare", "draft_need", {"provision_id": "{provision}"}),
    "award without a consultation": (COMMISSIONER, "awards.post_propose", "draft_need", {}),
    "approve what is made": (APPROVER, "approvals.post_approve", "award", {}),
    "return what is made": (APPROVER, "approvals.post_return", "award", {"note": "No."}),
    "take back what is made": (COMMISSIONER, "awards.post_take_back", "award", {}),
    "start what has started": (COMMISSIONER, "placement_steps.post_start", "placement", {}),
    "resume what is not suspended": (COMMISSIONER, "placement_steps.post_resume", "placement", {"reason": "Back."}),
    "adopt a draft tariff": (APPROVER, "tariff_adoption.post_adopt", "la-tariff", {"reason": "Time."}),
    "extend a consultation that is not open": (
        (LA, Role.PROCUREMENT), "tariff_adoption.post_extend", "la-tariff", {},
    ),
    "comment on a draft tariff": (EDITOR, "tariff_comments.post_edit", "la-tariff", {"stance": "agree"}),
    "adopt a draft framework": (
        (OPERATOR, Role.ADMINISTRATOR), "framework_adoption.post_adopt", "operator-framework", {"reason": "Time."},
    ),
    "negotiate an uplift that is agreed": (EDITOR, "uplift_steps.post_reply", "uplift", {"percent": "9", "words": "x"}),
    "extend a framework's consultation that is not open": (
        (OPERATOR, Role.ADMINISTRATOR), "framework_adoption.post_extend", "operator-framework", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("leap", LEAPS)
def test_no_step_is_taken_before_the_one_that_it_follows(
    app: Flask, world: World, sign_in: SignIn, cleaner: Engine, leap: str
) -> None:
    person, endpoint, about, form = LEAPS[leap]
    ids = world[0].ids
    route = next(route for route, _ in routes(app) if route.endpoint == endpoint)
    url = address(app, route, {name: ids["provision" if name == "provision_id" else about] for name in route.arguments})
    client = sign_in(world[0].people[person])
    token = builders.csrf_token(client.get("/").text)
    day = {f"{name}-{part}": number for name in ("on", "starts_on") for part, number in DAY.items()}
    typed = {name: str(value).format(**ids) for name, value in form.items()}
    before = contents(cleaner)
    answer = client.post(url or "", data={"csrf_token": token, "version": "1", **day, **typed})
    assert answer.status_code in {302, 404, 409, 422}
    assert contents(cleaner) == before
