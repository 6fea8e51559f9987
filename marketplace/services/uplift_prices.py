"""The prices of an uplift: what is published, what is asked for, and what a percentage makes of it.

A percentage raises each published amount to the nearest £, as the grid of prices does. It must never write.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

import pricing.schedule
from marketplace.models import Band, Discipline, Part, PriceLine, PriceSchedule, ScheduleStatus, Uplift
from marketplace.services.schedule_drafts import LineFields, line_fields, raised_by
from marketplace.services.schedules import priced, schedules_of


def draft_of(session: Session, setting_id: int) -> PriceSchedule | None:
    """The draft of a setting's next prices; None also for whoever may not know of it."""
    rows = schedules_of(session, [setting_id])
    return next((row for row in rows if row.status is ScheduleStatus.DRAFT), None)


def raised(base: PriceSchedule, percent: Decimal) -> list[LineFields]:
    """The lines of a published schedule, each with its amount plus a percentage, to the nearest £."""
    return [{**line_fields(line), "amount": raised_by(line.amount, percent)} for line in base.lines]


def asked_lines(uplift: Uplift) -> list[LineFields]:
    """The lines that a request which was sent asks for."""
    assert uplift.base is not None
    if uplift.percent is not None:
        return raised(uplift.base, uplift.percent)
    return [_thawed(line) for line in uplift.asked or []]


def lines_at(uplift: Uplift, percent: Decimal, *, is_as_asked: bool) -> list[LineFields]:
    """The lines of a request that was sent, as asked for or, instead, with a percentage on what is published."""
    assert uplift.base is not None
    return asked_lines(uplift) if is_as_asked else raised(uplift.base, percent)


def current_lines(uplift: Uplift) -> list[LineFields]:
    """The lines of the agreement, or of the last proposal."""
    if uplift.agreed_percent is not None:
        return agreed_lines(uplift)
    last = next((step for step in reversed(uplift.steps) if step.percent is not None), None)
    if last is None or last.percent is None:  # not sent yet: as asked
        return asked_lines(uplift)
    return lines_at(uplift, last.percent, is_as_asked=uplift.is_as_sent(last))


def agreed_lines(uplift: Uplift) -> list[LineFields]:
    """The lines that the agreement comes to."""
    assert uplift.agreed_percent is not None
    return lines_at(uplift, uplift.agreed_percent, is_as_asked=uplift.is_as_asked)


def as_schedule(base: PriceSchedule, lines: Sequence[LineFields]) -> pricing.schedule.PriceSchedule:
    """Lines as `pricing` reads a schedule."""
    return priced(base, [PriceLine(**line) for line in lines])


def frozen(lines: Sequence[PriceLine]) -> list[dict[str, Any]]:
    """Lines as JSON can hold them."""
    return [
        {**fields, "hours_a_week": None if fields["hours_a_week"] is None else str(fields["hours_a_week"])}
        for fields in map(line_fields, lines)
    ]


def _thawed(line: dict[str, Any]) -> LineFields:
    hours, discipline = line["hours_a_week"], line["discipline"]
    return LineFields(
        provision_id=line["provision_id"],
        band=Band(line["band"]),
        part=Part(line["part"]),
        discipline=None if discipline is None else Discipline(discipline),
        hours_a_week=None if hours is None else Decimal(hours),
        weeks=line["weeks"],
        amount=line["amount"],
    )
