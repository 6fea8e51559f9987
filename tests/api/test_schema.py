"""The whole API against what it says of itself: requests made from its own document, right and wrong ones, and every
answer held against it. EXAMPLES=500 makes a campaign of it."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits import parse
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from sqlalchemy import Engine

from marketplace.api import limits
from marketplace.db import transaction
from marketplace.models import OrganisationKind, User
from marketplace.permissions import API_POLICY, SYSTEM
from marketplace.services.people import ROLES
from tests import builders
from tests.api.systems import token
from tests.security.world import Side, build_side, objects

EXAMPLES = int(os.environ.get("EXAMPLES", "8"))
# Rules that no document can say (two answers that must go together, a name in a reference) are refused by 422; what
# stands there already, or moved on meanwhile, by 409 and 412.
CONFIG = {
    "generation": {"with-security-parameters": False},  # who has no token is refused in test_tokens.py
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409, 412, 422]},
        "missing_required_header": {"expected-statuses": [400, 428]},
        "negative_data_rejection": {"expected-statuses": [400, 404, 405, 409, 412, 415, 422, 428]},
        "use_after_free": {"enabled": False},  # nothing is deleted
        "ensure_resource_availability": {"enabled": False},  # keys and versions are not guessed from one answer
    },
}


@pytest.fixture
def side(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Side:  # noqa: ARG001
    for name in ("READS", "WRITES", "WRONG"):
        monkeypatch.setattr(limits, name, parse("1000000 per second"))
    monkeypatch.setattr(limits, "COSTLY", {})
    with transaction(SYSTEM) as session:
        return build_side(session, "Canary")


@pytest.fixture
def tokens(side: Side) -> dict[OrganisationKind, str]:
    """A token of somebody with every role, by kind of organisation."""
    found = {}
    with transaction(SYSTEM) as session:
        for kind, roles in ROLES.items():
            organisation = session.get_one(User, side.ids[f"{kind}-user"]).organisation
            user: User = builders.user(session, organisation, *roles)
            found[kind] = token(session, user)
    return found


def operations(app: Flask) -> Iterator[tuple[str, Any]]:
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    routes = {
        (rule.rule.replace("<int:", "{").replace(">", "}"), method): rule.endpoint
        for rule in app.extensions["api"].url_map.iter_rules()
        for method in rule.methods or ()
    }
    for result in schema.get_all_operations():
        operation = result.ok()
        yield routes[operation.path, operation.method.upper()], operation


def kind_for(endpoint: str) -> OrganisationKind:
    """Whose organisation reaches an endpoint: an LA's, else a provider's."""
    rule = API_POLICY[endpoint].rule
    return OrganisationKind.LA if OrganisationKind.LA in rule.kinds else OrganisationKind.PROVIDER


def failures_of(operation: Any, mode: GenerationMode, known: Mapping[str, int | None], headers: dict[str, str]) -> str:
    """What is wrong with the answers to so many requests of an operation; empty where nothing is. Every second right
    one is about an object that there is."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def holds(case: Any, is_known: bool) -> None:
        if is_known and mode is GenerationMode.POSITIVE:
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        case.call_and_validate(headers=headers)

    try:
        holds()
    except (FailureGroup, AssertionError) as found:
        return f"{operation.method} {operation.path}: {found} {getattr(found, 'exceptions', '')}"
    return ""


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_every_operation_answers_as_it_says(
    app: Flask, side: Side, tokens: Mapping[OrganisationKind, str], mode: GenerationMode
) -> None:
    tried, wrong = 0, []
    for endpoint, operation in operations(app):
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
            continue
        kind = kind_for(endpoint)
        known = {name: pair[0] for name, pair in objects(kind, side, side).items()}
        wrong.append(failures_of(operation, mode, known, {"Authorization": f"Bearer {tokens[kind]}"}))
        tried += 1
    assert list(filter(None, wrong)) == []
    assert tried >= (20 if mode is GenerationMode.NEGATIVE else len(API_POLICY) - 1)


def can_be_wrong(operation: Any) -> bool:
    """Whether a request of this operation has anything in it that could be wrong."""
    return bool(operation.body) or any(
        len(list(part)) for part in (operation.path_parameters, operation.query, operation.headers)
    )


def test_the_document_is_one(app: Flask) -> None:
    names = {endpoint for endpoint, _ in operations(app)}
    assert names == set(API_POLICY) - {"api-docs.openapi_json"}
