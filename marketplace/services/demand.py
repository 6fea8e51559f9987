"""Demand: what each provider is told of the needs posted around its settings, worked out once a month by a worker.

A provider's own transaction reads no need, so no page can show one. The needs about which it was consulted are not
among them: it knows these already, and could take them away. All its settings are told from the same groups
(`demand_groups`), of the same day; a setting that it gains is told from the next month on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import hypot

import numpy as np
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from marketplace import audit
from marketplace.errors import NotFound
from marketplace.models import (
    Consultation,
    Demand,
    DemandCount,
    Dimension,
    Need,
    Placement,
    Provider,
    Setting,
    SettingStatus,
)
from marketplace.permissions import SYSTEM, Actor, require
from marketplace.services.consultation_steps import OPEN_NEEDS
from marketplace.services.demand_groups import Group, counts_within, kinds_to_tell, lying_together

AROUND = 100_000  # metres of a setting: needs farther from all settings of a provider change nothing for it
YEAR_BANDS = {
    "early": range(-1, 3),
    "junior": range(3, 7),
    "lower": range(7, 10),
    "upper": range(10, 12),
    "post_16": range(12, 15),
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted need, as far as it is counted: where, and its code in each dimension."""

    easting: int
    northing: int
    codes: dict[Dimension, str]


def providers_to_tell(session: Session, *, on: date) -> Sequence[int]:
    """The providers with an open setting that were told nothing yet in this month."""
    query = (
        select(Setting.provider_id)
        .where(Setting.provider_id.is_not(None), Setting.status != SettingStatus.CLOSED, ~_told(on))
        .distinct()
        .order_by(Setting.provider_id)
    )
    return [provider_id for provider_id in session.scalars(query) if provider_id is not None]


def tell_provider(session: Session, actor: Actor, *, provider_id: int, on: date) -> int:
    """Work out what a provider is told about all of its settings; returns how many these are. 0: it was told in this
    month already, or another worker is at it."""
    require(actor == SYSTEM, "work out demand")
    provider = Provider.__table__
    locked = select(provider.c.id).where(provider.c.id == provider_id).with_for_update(skip_locked=True)
    if session.scalar(locked) is None:
        return 0
    if not session.scalar(select(exists().where(*_run_by(provider_id), ~_told(on)))):
        return 0
    rows = work_out(session, actor, provider_id=provider_id, on=on)
    audit.record(session, actor, "demand worked out", rows[0], provider_id=provider_id, settings=len(rows))
    return len(rows)


def work_out(session: Session, actor: Actor, *, provider_id: int, on: date) -> list[Demand]:
    """What a provider is told from a day on, in the place of what it was told before; whether it may be told anew, the
    caller has asked."""
    require(actor == SYSTEM, "work out demand")
    settings = session.scalars(select(Setting).where(*_run_by(provider_id)).order_by(Setting.id)).all()
    around = _around(session, provider_id, settings)
    told = [
        (dimension, codes, _groups(around, dimension, codes))
        for dimension in Dimension
        for codes in kinds_to_tell([need.codes[dimension] for need in around])
    ]
    session.execute(delete(Demand).where(Demand.provider_id == provider_id))
    rows = []
    for setting in settings:
        counts = [
            DemandCount(dimension=dimension, codes=list(codes), reach=reach, amount=amount)
            for dimension, codes, groups in told
            for reach, amount in counts_within(groups, setting.easting, setting.northing).items()
        ]
        rows.append(Demand(provider_id=provider_id, setting_id=setting.id, on=on, counts=counts))
    session.add_all(rows)
    session.flush()
    return rows


def settings_told(session: Session, provider_id: int) -> list[tuple[Setting, Demand | None]]:
    """A provider's settings that are not closed, by name, each with what the provider is told about it."""
    settings = session.scalars(select(Setting).where(*_run_by(provider_id)).order_by(Setting.name, Setting.id)).all()
    told = {
        row.setting_id: row
        for row in session.scalars(
            select(Demand).where(Demand.provider_id == provider_id).options(selectinload(Demand.counts))
        )
    }
    return [(setting, told.get(setting.id)) for setting in settings]


def demand_of(session: Session, actor: Actor, *, setting_id: int) -> tuple[Setting, Demand | None, bool]:
    """One of the actor's own settings, what is told about it (None: nothing yet), and whether anything is told about
    another of its settings, so that this one's turn is next month. Raises NotFound."""
    told = settings_told(session, actor.organisation_id or 0)
    for setting, row in told:
        if setting.id == setting_id:
            return setting, row, any(other is not None for _, other in told)
    raise NotFound("There is no such setting.")


def _run_by(provider_id: int) -> tuple[ColumnElement[bool], ...]:
    return Setting.provider_id == provider_id, Setting.status != SettingStatus.CLOSED


def _told(on: date) -> ColumnElement[bool]:
    """Whether the provider of a setting was told anything in the month."""
    return exists().where(Demand.provider_id == Setting.provider_id, Demand.on >= on.replace(day=1))


def _around(session: Session, provider_id: int, settings: Sequence[Setting]) -> list[Posted]:
    """The posted needs within AROUND of any of the settings, but those that the provider knows singly: about which it
    was consulted, or whose pupils were placed with it."""
    known = [
        Need.id.not_in(select(model.need_id).where(model.provider_id == provider_id))
        for model in (Consultation, Placement)
    ]
    boxes = [
        and_(
            Need.easting.between(setting.easting - AROUND, setting.easting + AROUND),
            Need.northing.between(setting.northing - AROUND, setting.northing + AROUND),
        )
        for setting in settings
    ]
    rows = session.execute(
        select(
            Need.easting,
            Need.northing,
            Need.primary_need,
            func.greatest(Need.level_ci, Need.level_cl, Need.level_semh, Need.level_sp).label("level"),
            Need.year_group,
        )
        .where(Need.status.in_(OPEN_NEEDS), or_(*boxes), *known)
        .order_by(Need.id)
    ).all()
    years = {year: band for band, years in YEAR_BANDS.items() for year in years}
    return [
        Posted(
            row.easting,
            row.northing,
            {
                Dimension.ALL: "all",
                Dimension.NEED: row.primary_need,
                Dimension.LEVEL: str(row.level),
                Dimension.YEARS: years[row.year_group],
            },
        )
        for row in rows
        if any(hypot(row.easting - at.easting, row.northing - at.northing) <= AROUND for at in settings)
    ]


def _groups(around: Sequence[Posted], dimension: Dimension, codes: Sequence[str]) -> list[Group]:
    places = [(need.easting, need.northing) for need in around if need.codes[dimension] in codes]
    return lying_together(np.array(places, dtype=float).reshape(-1, 2))
