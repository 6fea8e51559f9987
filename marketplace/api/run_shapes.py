"""Matching runs as the API answers with them."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api.need_shapes import amount, day, instant, money, number, text
from marketplace.models import MatchingRun, Recommendation
from marketplace.services.matching.figures import cost


class RunProgressSchema(Schema):
    """Where a run stands. `progress` is what its worker said last, at the least every few seconds."""

    id = number()
    status = text()
    error = text(is_null=True)
    progress = fields.Dict(required=True, allow_none=True)
    seen_at = instant(is_null=True)


class MatchingRunSchema(Schema):
    """A run: what was asked, where it stands and, once it is done, what `summary` says of its answer."""

    id = number()
    scope_id = number()
    status = text()
    error = text(is_null=True)
    on = day()
    seconds = number()
    created_at = instant()
    started_at = instant(is_null=True)
    finished_at = instant(is_null=True)


class WholeRunSchema(MatchingRunSchema):
    """A run with its policy and, once it is done and for whoever may read its result, a summary of the answer."""

    policy = fields.Dict(required=True)
    problem_sha256 = text(is_null=True)
    summary = fields.Dict(required=True, allow_none=True)


class MatchingRunsSchema(Schema):
    """The last 200 runs, the newest first."""

    items = fields.List(fields.Nested(MatchingRunSchema), required=True)


class RecommendationSchema(Schema):
    """Whom to consult for a need, or, with a `reason`, why nobody. A recommendation is no placement."""

    need_id = number()
    authority_id = number()
    reference = text()
    phase = text()
    band = text(is_null=True)
    provision_id = number(is_null=True)
    setting_id = number(is_null=True)
    kind = text(is_null=True)
    fte = amount(is_null=True)
    road_km = amount(is_null=True)
    price = money(is_null=True)
    transport = money(is_null=True)
    cost = money()
    wish = number(is_null=True)
    reason = text(is_null=True)
    detail = text(is_null=True)


def run_shape(run: MatchingRun) -> dict[str, Any]:
    """A run by the names of its schema."""
    return {name: getattr(run, name) for name in MatchingRunSchema._declared_fields}


def progress_shape(run: MatchingRun) -> dict[str, Any]:
    """Where a run stands, by the names of its schema."""
    return {name: getattr(run, name) for name in RunProgressSchema._declared_fields}


def recommendation_shape(row: Recommendation) -> dict[str, Any]:
    """A recommendation by the names of its schema."""
    names = set(RecommendationSchema._declared_fields) - {"reference", "setting_id", "kind", "cost"}
    return {
        **{name: getattr(row, name) for name in names},
        "reference": row.need.reference,
        "setting_id": row.provision.setting_id if row.provision else None,
        "kind": row.provision.kind if row.provision else None,
        "cost": cost(row),
    }
