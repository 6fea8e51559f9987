"""The draft of a setting's next prices: started as a copy, saved, raised, published once, then only superseded.

It must never change a published price, nor cap one.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypedDict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import (
    Band,
    Discipline,
    Part,
    PriceLine,
    PriceSchedule,
    Provision,
    ScheduleStatus,
    line_key,
    now,
)
from marketplace.permissions import Actor, can_edit_setting, require
from marketplace.services import schedule_checks
from marketplace.services.schedules import (
    find_schedule,
    find_setting,
    predecessor,
    priced,
    provisions_to_price,
    schedules_of,
)
from pricing.money import half_up


class LineFields(TypedDict):
    """One line as it is typed: pence a year (for equipment, pence once); None where it is not stated."""

    provision_id: int
    band: Band
    part: Part
    discipline: Discipline | None
    hours_a_week: Decimal | None
    weeks: int | None
    amount: int


def next_september(after: date) -> date:
    """The first 1 September later than a day: when a school year's prices usually start."""
    return date(after.year + (after >= date(after.year, 9, 1)), 9, 1)


def start_schedule(session: Session, actor: Actor, *, setting_id: int, on: date, is_copy: bool = True) -> PriceSchedule:
    """Start a setting's next prices: a draft from the next 1 September, every line copied from the latest published
    schedule, or blank when there is none or it is to be no copy. Raises Conflict when a draft is there already."""
    setting = find_setting(session, actor, setting_id)
    require(can_edit_setting(actor, setting.provider_id), "set prices")
    rows = schedules_of(session, [setting_id])
    draft = next((row for row in rows if row.status is ScheduleStatus.DRAFT), None)
    if draft is not None:
        raise Conflict(
            f"{setting.name} has a draft of its next prices already: version {draft.version}. Go on with it."
        )
    latest = rows[0] if rows else None
    copied = latest if is_copy else None
    row = PriceSchedule(
        setting=setting,
        version=1 + max((each.version for each in rows), default=0),
        starts_on=next_september(max(on, latest.starts_on) if latest else on),
        lines=[PriceLine(**line_fields(line)) for line in copied.lines] if copied else [],
    )
    session.add(row)
    audit.record(session, actor, "price schedule started", row, copied_from=copied.id if copied else None)
    return row


def save_schedule(
    session: Session,
    actor: Actor,
    *,
    schedule_id: int,
    version: int,
    starts_on: date,
    lines: Sequence[LineFields],
    uploaded_at: datetime | None = None,
) -> PriceSchedule:
    """Keep a draft as it was typed, or uploaded at a moment: these lines and no others. `version` is the save that the
    page was opened on.

    Raises InvalidTransition once it is published, Stale when it was saved since, NotFound for a provision of another
    setting."""
    draft = _own_draft(session, actor, schedule_id, version)
    if {line["provision_id"] for line in lines} - {row.id for row in _provisions(session, draft)}:
        raise NotFound
    if uploaded_at and draft.lines:  # at once: line by line, the rows of a large file take a minute
        old = delete(PriceLine).where(PriceLine.schedule_id == draft.id)
        session.execute(old, execution_options={"synchronize_session": False})  # nobody holds the old lines
        session.expire(draft, ["lines"])
    kept = {line.key: line for line in draft.lines}
    draft.lines = [_filled(kept.get(key_of(fields)) or PriceLine(), fields) for fields in lines]
    draft.starts_on, draft.uploaded_at = starts_on, uploaded_at
    flag_modified(draft, "starts_on")  # a change of lines alone also counts as a save
    audit.record(session, actor, "price schedule uploaded" if uploaded_at else "price schedule saved", draft)
    return draft


def raise_prices(
    session: Session,
    actor: Actor,
    *,
    schedule_id: int,
    percent: Decimal,
    lines: Sequence[LineFields],
    version: int,
    starts_on: date,
) -> PriceSchedule:
    """Set each line that the latest published schedule also has to its amount there plus a percentage, to the nearest
    £, 50p going up; other lines stay as typed. It starts from what is published, so that doing it twice is the same as
    once. Raises Conflict when nothing is published, and as `save_schedule` does."""
    latest = predecessor(session, find_schedule(session, schedule_id))
    if latest is None:
        raise Conflict("No prices are published yet, so there is nothing to raise. Enter the first prices.")
    published = {line.key: line.amount for line in latest.lines}
    raised: list[LineFields] = []
    for line in lines:
        amount = published.get(key_of(line))
        raised.append(line if amount is None else {**line, "amount": raised_by(amount, percent)})
    return save_schedule(session, actor, schedule_id=schedule_id, version=version, starts_on=starts_on, lines=raised)


def raised_by(amount: int, percent: Decimal) -> int:
    """Pence plus a percentage, to the nearest whole £, 50p going up.

    >>> raised_by(4_800_000, Decimal("4.5")), raised_by(100, Decimal(50)), raised_by(300, Decimal("-50"))
    (5016000, 200, 200)
    """
    return 100 * half_up(Fraction(amount, 100) * (1 + Fraction(percent) / 100))


def publish_schedule(session: Session, actor: Actor, *, schedule_id: int, version: int, on: date) -> PriceSchedule:
    """Publish a draft: LAs see it at once, its prices hold from its start, and the published schedule before it ends
    there. Awards made keep their price.

    Raises Invalid with everything that is in the way, by field; InvalidTransition once it is published; Stale."""
    draft = _own_draft(session, actor, schedule_id, version)
    latest = predecessor(session, draft)
    faults = schedule_checks.faults(priced(draft), provisions_to_price(session, draft), latest=latest, on=on)
    if faults:
        raise Invalid(faults)
    if latest is not None:
        latest.status, latest.ends_on = ScheduleStatus.SUPERSEDED, draft.starts_on
        audit.record(session, actor, "price schedule superseded", latest, successor=draft.id)
    draft.status, draft.published_at = ScheduleStatus.PUBLISHED, now()
    audit.record(session, actor, "price schedule published", draft)
    return draft


def _own_draft(session: Session, actor: Actor, schedule_id: int, version: int) -> PriceSchedule:
    row = find_schedule(session, schedule_id)
    require(can_edit_setting(actor, row.setting.provider_id), "set prices")
    if row.status is not ScheduleStatus.DRAFT:
        raise InvalidTransition(
            f"Version {row.version} is published, so its prices no longer change. Set new prices from a later day."
        )
    if row.edit != version:
        raise Stale("Somebody else has saved this draft since you opened it.")
    return row


def _provisions(session: Session, draft: PriceSchedule) -> Sequence[Provision]:
    return session.scalars(select(Provision).where(Provision.setting_id == draft.setting_id)).all()


def key_of(line: LineFields) -> str:
    """What a typed line is called within its schedule."""
    return line_key(line["provision_id"], line["band"], line["part"], line["discipline"])


def line_fields(line: PriceLine) -> LineFields:
    """A kept line as it would be typed."""
    return LineFields(
        provision_id=line.provision_id,
        band=line.band,
        part=line.part,
        discipline=line.discipline,
        hours_a_week=line.hours_a_week,
        weeks=line.weeks,
        amount=line.amount,
    )


def _filled(line: PriceLine, fields: Mapping[str, object]) -> PriceLine:
    for name, value in fields.items():
        setattr(line, name, value)
    return line
