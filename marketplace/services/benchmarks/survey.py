"""The survey: every published price of a full placement in force on a day, like for like, with the corridor of all.

Published prices do not change, so what follows from them is worked out once, by a worker, and kept. A price that lacks
figures is left out and counted, never filled in.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, joinedload

import pricing.framework
import pricing.tariff
from marketplace import audit
from marketplace.models import (
    Authority,
    Framework,
    Kind,
    PriceSchedule,
    Provision,
    Setting,
    SettingStatus,
    Survey,
    SurveyedPrice,
    Tariff,
    now,
)
from marketplace.permissions import SYSTEM, Actor, require
from marketplace.services.adoption import BINDING
from marketplace.services.benchmarks import corridors, standings
from marketplace.services.comparisons import compare_prices
from marketplace.services.frameworks import rule
from marketplace.services.schedules import in_force, priced, schedules_in_force
from marketplace.services.tariffs import loaded, tariff_in_force

KEPT = 2  # surveys: the latest, and the one that a page being drawn may still read
LOCK = 7_217  # of PostgreSQL, so that two workers do not make one survey each
AT_ONCE = 200  # settings whose lines are in memory together

Rules = tuple[pricing.tariff.Tariff, pricing.framework.Framework]


def latest_survey(session: Session) -> Survey | None:
    """The newest survey; None where no worker has made one yet, and for a provider, who sees none."""
    return session.scalar(select(Survey).order_by(Survey.id.desc()).limit(1))


def renew_survey(session: Session, actor: Actor, *, on: date) -> Survey | None:
    """Make a survey of a day unless the newest already says what is published; None when there was nothing to do."""
    require(actor == SYSTEM, "survey prices")
    if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return None
    kept, state = latest_survey(session), _state(session, on)
    if kept is not None and (kept.on, kept.state) == (on, state):
        return None
    survey = make_survey(session, actor, on=on, at=now(), state=state)
    audit.record(session, actor, "prices surveyed", survey)
    old = select(Survey).order_by(Survey.id.desc()).offset(KEPT)
    for row in session.scalars(old):
        session.delete(row)
    return survey


def make_survey(session: Session, actor: Actor, *, on: date, at: datetime, state: str | None = None) -> Survey:
    """Compare every price in force on the day, fit the corridor, and keep what each provider is told; `at` is when."""
    require(actor == SYSTEM, "survey prices")
    rules: dict[tuple[int, date], Rules | None] = {}
    found: list[dict[str, Any]] = []
    left_out = 0
    for setting, schedule, provisions in _priced_settings(session, on):
        key = setting.authority_id, schedule.starts_on
        if key not in rules:
            rules[key] = _rules(session, *key)
        if (rule_ := rules[key]) is None:
            continue
        compared = compare_prices(priced(schedule), provisions, tariff=rule_[0], framework=rule_[1])
        of = {row.id: row for row in provisions}
        for (provision_id, band), comparison in compared.items():
            if comparison.like_for_like is None:
                left_out += 1
                continue
            found.append(
                {
                    "provision_id": provision_id,
                    "band": band,
                    "pattern": of[provision_id].pattern,
                    "setting_id": setting.id,
                    "setting_type": setting.type,
                    "provider_id": setting.provider_id,
                    "authority_id": setting.authority_id,
                    "amount": comparison.like_for_like,
                    "guide": comparison.guide.amount,
                }
            )
    names = sorted({str(rule_[0]) for rule_ in rules.values() if rule_})
    survey = Survey(
        on=on,
        made_at=at,
        state=state if state is not None else _state(session, on),
        left_out=left_out,
        tariffs=names,
        corridor=corridors.fit(found, on=on),
    )
    session.add(survey)
    session.flush()
    if found:
        session.execute(insert(SurveyedPrice), [{"survey_id": survey.id, **row} for row in found])
    standings.renew_standings(session, survey)
    return survey


def _priced_settings(session: Session, on: date) -> Iterator[tuple[Setting, PriceSchedule, list[Provision]]]:
    """Each setting that is not closed and has a schedule in force, with the full placements that it offers."""
    ids = session.scalars(
        select(Setting.id)
        .join(PriceSchedule)
        .where(Setting.status != SettingStatus.CLOSED, *in_force(on))
        .order_by(Setting.id)
    ).all()
    for first in range(0, len(ids), AT_ONCE):
        chunk = ids[first : first + AT_ONCE]
        schedules = schedules_in_force(session, chunk, on=on)
        for setting, provisions in _offers(session, chunk):
            yield setting, schedules[setting.id], provisions
        for schedule in schedules.values():  # their lines are many, and done with
            session.expunge(schedule)


def _offers(session: Session, settings: Iterable[int]) -> Iterator[tuple[Setting, list[Provision]]]:
    found: dict[int, list[Provision]] = {}
    rows = session.scalars(
        select(Provision)
        .where(Provision.setting_id.in_(settings), Provision.kind == Kind.FULL, Provision.is_offered)
        .options(joinedload(Provision.setting).joinedload(Setting.authority))
        .order_by(Provision.setting_id, Provision.id)
    )
    for row in rows:
        found.setdefault(row.setting_id, []).append(row)
    for provisions in found.values():
        yield provisions[0].setting, provisions


def _rules(session: Session, authority_id: int, on: date) -> Rules | None:
    """The tariff by which a schedule that starts on a day is compared, as its own page compares it."""
    row = tariff_in_force(session, authority_id=authority_id, on=on)
    return (loaded(row), rule(row.framework)) if row else None


def _state(session: Session, on: date) -> str:
    """A digest of all that the survey of a day follows from: it changes when, and only when, one of them does."""
    parts: list[Row[Any] | Any] = [
        session.scalar(select(_listed(PriceSchedule.id)).where(*in_force(on))),
        session.scalar(
            select(_listed(Provision.id, Provision.version)).where(Provision.kind == Kind.FULL, Provision.is_offered)
        ),
        session.scalar(
            select(_listed(Setting.id, Setting.authority_id, Setting.provider_id, Setting.type, Setting.status)).where(
                Setting.id.in_(select(Provision.setting_id))
            )
        ),
        session.scalar(select(_listed(Authority.id, Authority.region_id))),
        session.scalar(select(_listed(Tariff.id, Tariff.ends_on)).where(Tariff.status.in_(BINDING))),
        session.scalar(select(_listed(Framework.id, Framework.ends_on)).where(Framework.status.in_(BINDING))),
    ]
    whole = "|".join(str(part) for part in parts)
    return str(session.scalar(select(func.md5(whole))))


def _listed(*columns: Any) -> Any:
    """The md5 of some columns of all rows, in the order of the first."""
    row = func.concat_ws(text("','"), *columns)
    return func.md5(func.coalesce(func.string_agg(row, aggregate_order_by(literal(";"), columns[0])), ""))
