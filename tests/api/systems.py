"""Systems that use the API in tests: each with a token of somebody made up, through the application as it is served."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import Client, TestResponse

from marketplace.models import Organisation, Role, Scope, User, now
from marketplace.permissions import SYSTEM
from marketplace.services import api_tokens
from tests import builders

PREFIX = "/api/v1"


@dataclass
class System:
    """Sends requests with a token; what it sends is JSON, and each POST has a key of its own."""

    app: Flask
    token: str
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.app)

    def send(
        self, method: str, path: str, body: Any = None, *, version: Any = None, key: str | None = None,
        headers: dict[str, str] | None = None, **options: Any,
    ) -> TestResponse:  # fmt: skip
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if method == "POST" and key != "":
            sent.setdefault("Idempotency-Key", key or secrets.token_urlsafe(12))
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        if body is not None:
            options["json"] = body
        return self.client.open(
            path if path.startswith("/api") else f"{PREFIX}{path}", method=method, headers=sent, **options
        )

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.send("PUT", path, body, **options)


def token(session: Session, owner: User, scopes: Collection[Scope] = tuple(Scope), days: int = 30) -> str:
    """A token of this person, as a page or the command would make it."""
    return api_tokens.create_token(
        session, SYSTEM, owner=owner, name="Case management", scopes=scopes, days=days, at=now()
    )[1]


def system(app: Flask, session: Session, organisation: Organisation, *roles: Role, **options: Any) -> System:
    """A system of somebody of this organisation."""
    return System(app, token(session, builders.user(session, organisation, *roles), **options))


NEED = {
    "reference": "EX-1042", "year_group": 8, "home": "405000, 305000", "mainstream": "A quiet room, and time.",
    "kinds": ["full"], "level_ci": 3, "level_cl": 2, "level_semh": 2, "level_sp": 0, "primary_need": "ASD",
    "pattern": "day", "priority": 3,
}  # fmt: skip
