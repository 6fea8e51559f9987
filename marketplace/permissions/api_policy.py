"""Which roles, with a token of which scope, reach which endpoint of the API at all.

A test walks the API's URL map against this table and sends a real request for each role, endpoint and object.
"""

from dataclasses import dataclass

from marketplace.models import Scope
from marketplace.permissions.rules import (
    BUYER,
    COMMISSIONER,
    EDITOR,
    LA_DECIDER,
    MARKET,
    PLACED,
    PUBLIC,
    RUNNER,
    SIGNED_IN,
    Rule,
)


@dataclass(frozen=True, slots=True)
class Access:
    """Who reaches an endpoint, and the scope that the token must have; None: no token is asked for."""

    rule: Rule
    scope: Scope | None


# endpoint → access. A missing or left-over endpoint fails the test suite, and a missing one is refused at run time.
API_POLICY: dict[str, Access] = {
    "api-docs.openapi_json": Access(PUBLIC, None),
    "budgets.index": Access(RUNNER, Scope.BUDGETS_READ),
    "budgets.put": Access(RUNNER, Scope.BUDGETS_WRITE),
    "budgets.show": Access(RUNNER, Scope.BUDGETS_READ),
    "consultations.index": Access(PLACED, Scope.CONSULTATIONS_READ),
    "consultations.show": Access(PLACED, Scope.CONSULTATIONS_READ),
    "needs.index": Access(BUYER, Scope.NEEDS_READ),
    "needs.post": Access(COMMISSIONER, Scope.NEEDS_WRITE),
    "needs.post_publish": Access(COMMISSIONER, Scope.NEEDS_WRITE),
    "needs.post_withdraw": Access(COMMISSIONER, Scope.NEEDS_WRITE),
    "needs.put": Access(COMMISSIONER, Scope.NEEDS_WRITE),
    "needs.show": Access(BUYER, Scope.NEEDS_READ),
    "open_contracting.show": Access(LA_DECIDER, Scope.PLACEMENTS_READ),
    "options.index": Access(BUYER, Scope.NEEDS_READ),
    "placements.index": Access(PLACED, Scope.PLACEMENTS_READ),
    "placements.show": Access(PLACED, Scope.PLACEMENTS_READ),
    "pools.index": Access(EDITOR, Scope.CAPACITY_READ),
    "pools.put_vacancies": Access(EDITOR, Scope.CAPACITY_WRITE),
    "pools.show": Access(EDITOR, Scope.CAPACITY_READ),
    "runs.answer": Access(BUYER, Scope.RUNS_READ),
    "runs.index": Access(BUYER, Scope.RUNS_READ),
    "runs.post": Access(RUNNER, Scope.RUNS_WRITE),
    "runs.progress": Access(BUYER, Scope.RUNS_READ),
    "runs.recommendations": Access(BUYER, Scope.RUNS_READ),
    "runs.show": Access(BUYER, Scope.RUNS_READ),
    "schedules.of_setting": Access(SIGNED_IN, Scope.PRICES_READ),
    "schedules.show": Access(SIGNED_IN, Scope.PRICES_READ),
    "settings.index": Access(MARKET, Scope.CAPACITY_READ),
    "settings.show": Access(SIGNED_IN, Scope.CAPACITY_READ),
}
