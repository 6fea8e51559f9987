"""Prices: the schedules of a setting, and one of them with its lines."""

from typing import Any

from marshmallow import Schema, fields

from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import amount, day, instant, money, number, text
from marketplace.db import transaction
from marketplace.models import PriceSchedule
from marketplace.services import schedules

bp = Blueprint("schedules", __name__, description="Published prices")


class PriceLineSchema(Schema):
    """One part of the price of one provision for one band, pence a year; of equipment, pence once."""

    provision_id = number()
    band = text()
    part = text()
    discipline = text(is_null=True)
    hours_a_week = amount(is_null=True)
    weeks = number(is_null=True)
    amount = money()


class ListedScheduleSchema(Schema):
    """A schedule in a list. It holds until before `ends_on`; null = until it is superseded."""

    id = number()
    setting_id = number()
    version = number()
    status = text()
    starts_on = day()
    ends_on = day(is_null=True)
    published_at = instant(is_null=True)


class ScheduleSchema(ListedScheduleSchema):
    """A schedule with its lines, by provision, band and part."""

    lines = fields.List(fields.Nested(PriceLineSchema), required=True)


class SchedulesSchema(Schema):
    """All schedules of a setting that one may see, the newest first."""

    items = fields.List(fields.Nested(ListedScheduleSchema), required=True)


@bp.get("/settings/<int:setting_id>/schedules")
@bp.shows(SchedulesSchema)
def of_setting(setting_id: int) -> dict[str, Any]:
    """The schedules of one setting: in force, to come, ended; its own provider sees the draft too."""
    with transaction(actor()) as session:
        setting = schedules.find_setting(session, actor(), setting_id)
        return {"items": [_shape(row) for row in schedules.schedules_of(session, [setting.id])]}


@bp.get("/schedules/<int:schedule_id>")
@bp.shows(ScheduleSchema)
def show(schedule_id: int) -> dict[str, Any]:
    """One schedule."""
    with transaction(actor()) as session:
        row = schedules.find_schedule(session, schedule_id)
        names = list(PriceLineSchema._declared_fields)
        return _shape(row) | {"lines": [{name: getattr(line, name) for name in names} for line in row.lines]}


def _shape(row: PriceSchedule) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ListedScheduleSchema._declared_fields}
