"""A provider's own pools, and what is vacant in them: read, confirmed and changed."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api import versions
from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import amount, day, instant, number, text
from marketplace.db import transaction
from marketplace.models import Pool, now, today
from marketplace.schemas.vacancies import PoolVacanciesSchema
from marketplace.services import vacancies

bp = Blueprint("pools", __name__, url_prefix="/pools", description="Capacity that provisions of a setting share")


class FreeSchema(Schema):
    """So many places, or hours a week, that are free to some year groups from a day on."""

    low_year = number()
    high_year = number()
    starts_on = day()
    amount = amount()


class PoolSchema(Schema):
    """A pool. `rows`: what is free of it, as it is stated; what placements and holds have taken is not in there."""

    id = number()
    version = number()
    setting_id = number()
    name = text()
    unit = text()
    confirmed_at = instant(is_null=True)
    rows = fields.List(fields.Nested(FreeSchema), required=True)


class PoolsSchema(Schema):
    """All pools of a provider."""

    items = fields.List(fields.Nested(PoolSchema), required=True)


@bp.get("")
@bp.shows(PoolsSchema)
def index() -> dict[str, Any]:
    """The provider's pools, of settings that are not closed, by setting and name."""
    with transaction(actor()) as session:
        return {"items": [pool_shape(pool) for pool in vacancies.list_pools(session)]}


@bp.get("/<int:pool_id>")
@bp.shows(PoolSchema, has_version=True)
def show(pool_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """One pool."""
    with transaction(actor()) as session:
        pool = vacancies.find_pool(session, pool_id)
        return pool_shape(pool), 200, {"ETag": versions.etag(pool.version)}


@bp.put("/<int:pool_id>/vacancies")
@bp.takes(PoolVacanciesSchema)
@bp.changes()
def put_vacancies(stated: dict[str, Any], pool_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Say that these rows are what is free: they replace what is stated where they differ, and all is confirmed."""
    with transaction(actor()) as session:
        pool = vacancies.find_pool(session, pool_id)
        versions.require_current(pool.version)
        rows = dict(enumerate(stated["rows"]))
        pools: dict[int, vacancies.Stated] = {pool_id: {"version": pool.version, "rows": rows}}
        vacancies.confirm_vacancies(session, actor(), pools=pools, on=today(), at=now())
        session.flush()
        return {"id": pool.id, "version": pool.version}, 200, {"ETag": versions.etag(pool.version)}


def pool_shape(pool: Pool) -> dict[str, Any]:
    """A pool by the names of its schema."""
    names = set(PoolSchema._declared_fields) - {"rows"}
    rows = [{name: getattr(row, name) for name in ("low_year", "high_year", "starts_on")} for row in pool.free]
    amounts = [{"amount": row.free} for row in pool.free]
    return {
        **{name: getattr(pool, name) for name in names},
        "rows": [row | amount_ for row, amount_ in zip(rows, amounts, strict=True)],
    }
