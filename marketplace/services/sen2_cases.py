"""The cases that an LA returns in the DfE's SEN2 census, as the marketplace knows them for a census day.

A case is a pupil with an EHCP, or with one under assessment, whose need was published and not withdrawn. Where a pupil
is on the day follows from the placements; what else is told holds as it was stated last. Who the pupils are is read
only where it is asked for.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import (
    At,
    Authority,
    CaseDates,
    Footing,
    Identity,
    Kind,
    Need,
    NeedStatus,
    Pattern,
    Placement,
    PlanStatus,
    PorousPlan,
    Setting,
    SettingType,
)

LEFT_OUT = (NeedStatus.DRAFT, NeedStatus.WITHDRAWN)
CENSUS_MONTHS = 3  # a collection is open from January to March


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A school at which a pupil is placed on the census day: rank 1 is the one that keeps the roll. `urn` is None where
    it has none or none is known; what only the special setting's placement says is None of a mainstream school."""

    placement: Placement
    rank: int
    school: str
    urn: int | None
    begins: date | None = None
    ends: date | None = None
    pattern: Pattern | None = None
    is_resourced: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pupil of the return. `identity` is None where nothing is stated, and where nobody has opened it."""

    code: str  # of the LA
    need: Need
    dates: CaseDates | None
    has_plan: bool
    stays: Sequence[Stay]
    is_stated: bool
    has_upn: bool
    identity: Identity | None


def census_day(year: int) -> date:
    """The third Thursday of January, as it has been each year so far; the DfE states it.

    >>> census_day(2026), census_day(2027)
    (datetime.date(2026, 1, 15), datetime.date(2027, 1, 21))
    """
    first = date(year, 1, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 14)


def present_year(on: date) -> int:
    """The year of the collection that is open, or comes next.

    >>> present_year(date(2027, 3, 31)), present_year(date(2027, 4, 1))
    (2027, 2028)
    """
    return on.year + (on.month > CENSUS_MONTHS)


def cases_of(session: Session, authority: Authority, *, day: date, is_opened: bool = False) -> list[Case]:
    """The cases of an LA by reference; with who the pupils are, only where that is opened and recorded."""
    is_returned = (
        Need.authority_id == authority.id, Need.footing == Footing.EHCP, Need.status.not_in(LEFT_OUT)
    )  # fmt: skip
    needs = session.scalars(select(Need).where(*is_returned).order_by(Need.reference, Need.id)).all()
    dates = {row.need_id: row for row in session.scalars(select(CaseDates).join(Need).where(*is_returned))}
    has_upn = select(Identity.need_id, Identity.sealed_upn.is_not(None)).join(Need).where(*is_returned)
    stated = {row[0]: row[1] for row in session.execute(has_upn)}
    opened: Mapping[int, Identity] = (
        {row.need_id: row for row in session.scalars(select(Identity).join(Need).where(*is_returned))}
        if is_opened
        else {}
    )
    stays = _stays(session, _running(authority, day), day)
    return [
        Case(
            code=authority.code,
            need=need,
            dates=dates.get(need.id),
            has_plan=_has_plan(dates.get(need.id), day),
            stays=stays.get(need.id, ()),
            is_stated=need.id in stated,
            has_upn=stated.get(need.id, False),
            identity=opened.get(need.id),
        )
        for need in needs
    ]


def _has_plan(dates: CaseDates | None, day: date) -> bool:
    """Whether there is a plan on a day: not while the assessment that was requested has not led to one."""
    if dates is None or dates.requested_on is None:
        return True
    return dates.plan_issued_on is not None and dates.plan_issued_on <= day


def _running(authority: Authority, day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Placement.authority_id == authority.id,
        Placement.starts_on <= day,
        or_(Placement.ends_on.is_(None), Placement.ends_on >= day),
    )


def _stays(session: Session, running: Sequence[ColumnElement[bool]], day: date) -> Mapping[int, Sequence[Stay]]:
    """By need, the school that keeps the roll first."""
    of_week = (
        select(PorousPlan)
        .join(Placement)
        .where(*running, PorousPlan.status == PlanStatus.APPROVED, PorousPlan.starts_on <= day)
        .order_by(PorousPlan.starts_on, PorousPlan.number)
    )
    weeks = {row.placement_id: row for row in session.scalars(of_week)}  # the last of a placement holds
    placements = session.scalars(
        select(Placement)
        .where(*running)
        .options(joinedload(Placement.setting), joinedload(Placement.provision))
        .order_by(Placement.starts_on, Placement.id)
    )
    found: dict[int, list[Stay]] = defaultdict(list)
    for row in placements:
        found[row.need_id] += _stays_of(row, weeks.get(row.id))
    return {need_id: sorted(stays, key=lambda stay: stay.rank) for need_id, stays in found.items()}


def _stays_of(placement: Placement, week: PorousPlan | None) -> Iterator[Stay]:
    """None for outreach: the pupil goes to a mainstream school that only the LA's case system knows."""
    kind = placement.provision.kind
    if kind is Kind.OUTREACH:
        return
    keeps_roll = kind is Kind.FULL or (week.main is At.SPECIAL if week else placement.is_on_roll)
    yield Stay(
        placement=placement,
        rank=1 if keeps_roll else 2,
        school=placement.setting.name,
        urn=_urn(placement.setting),
        begins=placement.starts_on,
        ends=placement.ends_on,
        pattern=placement.provision.pattern,
        is_resourced=placement.setting.type is SettingType.RESOURCED_MAINSTREAM,
    )
    if week is not None and kind is Kind.POROUS:
        yield Stay(placement=placement, rank=2 if keeps_roll else 1, school=week.school, urn=week.school_urn)


def _urn(setting: Setting) -> int | None:
    return setting.urn if setting.is_registered else None
