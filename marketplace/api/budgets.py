"""Budgets: what each authority can spend on the placements of one run, read and set by procurement."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api import versions
from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import money, number, text
from marketplace.db import transaction
from marketplace.models import Authority, Budget
from marketplace.schemas.budgets import BudgetChangeSchema
from marketplace.services import budgets

bp = Blueprint("budgets", __name__, url_prefix="/budgets", description="What an authority can spend in one run")


class AuthorityBudgetSchema(Schema):
    """An authority's budget, pence a year; null = no limit, which has no version."""

    authority_id = number()
    authority_code = text()
    authority_name = text()
    amount = money(is_null=True)
    version = number(is_null=True)


class AuthorityBudgetsSchema(Schema):
    """The budgets that one sets, by the authorities' names."""

    items = fields.List(fields.Nested(AuthorityBudgetSchema), required=True)


@bp.get("")
@bp.shows(AuthorityBudgetsSchema)
def index() -> dict[str, Any]:
    """The authorities whose budgets this token's owner sets, each with its budget."""
    with transaction(actor()) as session:
        return {"items": [_shape(*row) for row in budgets.list_budgets(session, actor())]}


@bp.get("/<int:authority_id>")
@bp.shows(AuthorityBudgetSchema, has_version=True)
def show(authority_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """One authority's budget; its ETag is "none" where there is no limit."""
    with transaction(actor()) as session:
        return _answer(*budgets.find_budget(session, actor(), authority_id=authority_id))


@bp.put("/<int:authority_id>")
@bp.takes(BudgetChangeSchema)
@bp.changes(AuthorityBudgetSchema)
def put(stated: dict[str, Any], authority_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Set it. Runs that have started keep what they froze."""
    with transaction(actor()) as session:
        _, budget = budgets.find_budget(session, actor(), authority_id=authority_id)
        version = budget.version if budget else None
        versions.require_current(version)
        budgets.set_budgets(session, actor(), budgets={authority_id: {"version": version, **stated}})
        session.flush()
        return _answer(*budgets.find_budget(session, actor(), authority_id=authority_id))


def _answer(authority: Authority, budget: Budget | None) -> tuple[dict[str, Any], int, dict[str, str]]:
    shape = _shape(authority, budget)
    return shape, 200, {"ETag": versions.etag(shape["version"])}


def _shape(authority: Authority, budget: Budget | None) -> dict[str, Any]:
    return {
        "authority_id": authority.id,
        "authority_code": authority.code,
        "authority_name": authority.name,
        "amount": budget.amount if budget else None,
        "version": budget.version if budget else None,
    }
