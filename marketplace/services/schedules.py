"""Price schedules: whose there are, which is in force on a day, and a schedule as `pricing` reads it.

It must never write: drafts are kept by `schedule_drafts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

import pricing.schedule
from marketplace.errors import NotFound
from marketplace.models import Discipline, Kind, Part, PriceLine, PriceSchedule, Provision, ScheduleStatus, Setting
from marketplace.permissions import Actor, can_see_prices


def in_force(on: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a schedule's prices hold on a day. One that is superseded holds until its end."""
    return (
        PriceSchedule.status != ScheduleStatus.DRAFT,
        PriceSchedule.starts_on <= on,
        or_(PriceSchedule.ends_on.is_(None), PriceSchedule.ends_on > on),
    )


def schedules_in_force(session: Session, settings: Iterable[int], *, on: date) -> dict[int, PriceSchedule]:
    """The schedule in force on a day, with its lines, by setting; a setting without one is left out."""
    rows = session.scalars(
        select(PriceSchedule)
        .where(PriceSchedule.setting_id.in_(settings), *in_force(on))
        .options(selectinload(PriceSchedule.lines))
    )
    return {row.setting_id: row for row in rows}


def schedule_in_force(session: Session, setting_id: int, *, on: date) -> PriceSchedule | None:
    """The schedule of a setting in force on a day."""
    return schedules_in_force(session, [setting_id], on=on).get(setting_id)


def priced(row: PriceSchedule, lines: Iterable[PriceLine] | None = None) -> pricing.schedule.PriceSchedule:
    """A schedule as `pricing` reads one, with these of its lines or all; a provision is called by its id. Prices by
    provision and rising band, lines in the order of parts and disciplines."""
    lines = sorted(
        row.lines if lines is None else lines, key=lambda line: (line.provision_id, line.band.level, place_of(line))
    )
    return pricing.schedule.PriceSchedule(
        version=row.version,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        status=row.status,
        prices=tuple(
            pricing.schedule.BandPrice(str(provision_id), band, tuple(map(_line, group)))
            for (provision_id, band), group in groupby(lines, lambda line: (line.provision_id, line.band))
        ),
    )


def _line(line: PriceLine) -> pricing.schedule.PriceLine:
    return pricing.schedule.PriceLine(line.part, line.amount, line.discipline, line.hours_a_week, line.weeks)


def place_of(line: PriceLine) -> tuple[int, int]:
    """Where a line stands among those of its price: in the order of parts and disciplines."""
    return list(Part).index(line.part), list(Discipline).index(line.discipline) if line.discipline else -1


def find_setting(session: Session, actor: Actor, setting_id: int) -> Setting:
    """A setting whose prices this person may see. Raises NotFound for a rival's, as for none."""
    row = session.get(Setting, setting_id, options=[joinedload(Setting.authority)])
    if row is None or not can_see_prices(actor, row.provider_id):
        raise NotFound
    return row


def find_schedule(session: Session, schedule_id: int) -> PriceSchedule:
    """A schedule with its setting and lines. Raises NotFound also for one that this person may not know of."""
    row = session.get(
        PriceSchedule,
        schedule_id,
        options=[
            joinedload(PriceSchedule.setting).joinedload(Setting.authority),
            selectinload(PriceSchedule.lines),
        ],
    )
    if row is None:
        raise NotFound
    return row


def schedules_of(session: Session, settings: Iterable[int]) -> Sequence[PriceSchedule]:
    """The schedules of some settings that the actor of this transaction may see, without their lines, newest first."""
    return session.scalars(
        select(PriceSchedule)
        .where(PriceSchedule.setting_id.in_(settings))
        .order_by(PriceSchedule.starts_on.desc(), PriceSchedule.version.desc(), PriceSchedule.id)
    ).all()


def settings_of(session: Session, provider_id: int) -> Sequence[Setting]:
    """The settings that a provider runs, by name."""
    return session.scalars(
        select(Setting).where(Setting.provider_id == provider_id).order_by(Setting.name, Setting.id)
    ).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A setting's schedules on a day: `later` in the order in which they start, `past` with the last to end first."""

    setting: Setting
    draft: PriceSchedule | None
    current: PriceSchedule | None
    later: tuple[PriceSchedule, ...]
    past: tuple[PriceSchedule, ...]


def timelines(session: Session, settings: Sequence[Setting], *, on: date) -> list[Timeline]:
    """The schedules of each setting, as far as the actor of this transaction may see them."""
    rows = schedules_of(session, [setting.id for setting in settings])
    return [_timeline(setting, [row for row in rows if row.setting_id == setting.id], on) for setting in settings]


def _timeline(setting: Setting, rows: Sequence[PriceSchedule], on: date) -> Timeline:
    published = [row for row in rows if row.status is not ScheduleStatus.DRAFT]
    started = [row for row in published if row.starts_on <= on]
    current = next((row for row in started if row.ends_on is None or row.ends_on > on), None)
    return Timeline(
        setting=setting,
        draft=next((row for row in rows if row.status is ScheduleStatus.DRAFT), None),
        current=current,
        later=tuple(row for row in reversed(published) if row.starts_on > on),
        past=tuple(row for row in started if row is not current),
    )


def predecessor(session: Session, schedule: PriceSchedule) -> PriceSchedule | None:
    """The published schedule before this one, with its lines: for a draft the latest; None for a setting's first."""
    earlier = PriceSchedule.starts_on < schedule.starts_on
    return session.scalar(
        select(PriceSchedule)
        .where(
            PriceSchedule.setting_id == schedule.setting_id,
            PriceSchedule.id != schedule.id,
            PriceSchedule.status != ScheduleStatus.DRAFT,
            *([] if schedule.status is ScheduleStatus.DRAFT else [earlier]),
        )
        .order_by(PriceSchedule.starts_on.desc())
        .options(selectinload(PriceSchedule.lines))
        .limit(1)
    )


def latest_published(session: Session, settings: Iterable[int]) -> dict[int, PriceSchedule]:
    """The published schedule of each setting that starts last, with its lines; a setting without one is left out."""
    last = (
        select(PriceSchedule.setting_id, func.max(PriceSchedule.starts_on))
        .where(PriceSchedule.setting_id.in_(settings), PriceSchedule.status != ScheduleStatus.DRAFT)
        .group_by(PriceSchedule.setting_id)
    )
    rows = session.scalars(
        select(PriceSchedule)
        .where(
            PriceSchedule.status != ScheduleStatus.DRAFT,
            tuple_(PriceSchedule.setting_id, PriceSchedule.starts_on).in_(last),
        )
        .options(selectinload(PriceSchedule.lines))
    )
    return {row.setting_id: row for row in rows}


def provisions_to_price(session: Session, schedule: PriceSchedule) -> list[Provision]:
    """The provisions that the setting offers, and those no longer offered that the schedule prices all the same; full
    placements first, then porous ones, then outreach, by name."""
    has_price = Provision.id.in_({line.provision_id for line in schedule.lines})
    rows = session.scalars(
        select(Provision).where(Provision.setting_id == schedule.setting_id, or_(Provision.is_offered, has_price))
    )
    return sorted(rows, key=lambda row: (list(Kind).index(row.kind), row.name, row.id))
