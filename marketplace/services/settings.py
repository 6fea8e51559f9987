"""Settings: found in the register, each with what it offers, how much is open and how old that figure is.

What GIAS does not state is None here too. Whose offers are seen, row-level security decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from marketplace.models import (
    Authority,
    Kind,
    Pool,
    PriceSchedule,
    Provision,
    ScheduleStatus,
    Setting,
    SettingStatus,
    Unit,
)
from marketplace.permissions import Actor
from marketplace.services import vacancies
from marketplace.services.schedules import schedules_in_force, schedules_of, settings_of

PAGE = 50  # settings on one page of the list

_SORTED_BY: dict[str, InstrumentedAttribute[str]] = {
    "name": Setting.name,
    "type": Setting.type,
    "authority": Authority.name,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One setting and the provisions that it has on offer."""

    setting: Setting
    provisions: Sequence[Provision]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds on offer, in the order in which lists show them."""
        return [kind for kind in Kind if any(row.kind is kind for row in self.provisions)]

    @property
    def pools(self) -> list[Pool]:
        """The pools that are drawn on, each once, by name."""
        return sorted({row.pool for row in self.provisions}, key=lambda pool: (pool.name, pool.id))

    def counts(self, unit: Unit) -> bool:
        """Whether any of it draws on places, or on hours."""
        return any(pool.unit is unit for pool in self.pools)

    def open_on(self, on: date, unit: Unit) -> Decimal:
        """Places, or hours a week, open on a day."""
        return sum((pool.open_on(on) for pool in self.pools if pool.unit is unit), Decimal(0))

    def days_since_confirmed(self, on: date) -> int | None:
        """Of the pool that was confirmed the longest ago; None when one never was."""
        days = [pool.days_since_confirmed(on) for pool in self.pools]
        return None if None in days else max((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list, and how many there are in all."""

    offers: Sequence[Offer]
    count: int
    page: int

    @property
    def pages(self) -> int:
        """At least one."""
        return max(1, -(-self.count // PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one of a provider's settings stands today: what is due, begun or lacking."""

    offer: Offer
    due: Sequence[Pool] = ()  # vacancies to confirm
    draft: PriceSchedule | None = None
    unpriced: Sequence[Provision] = field(default_factory=tuple)  # on offer, with no price in force


def list_authorities(session: Session) -> Sequence[Authority]:
    """Every local authority, by name."""
    return session.scalars(select(Authority).order_by(Authority.name, Authority.id)).all()


def list_settings(
    session: Session,
    *,
    q: str | None = None,
    type: Sequence[str] = (),  # noqa: A002 - the name of the filter
    kind: Sequence[str] = (),
    need: str | None = None,
    authority: int | None = None,
    closed: bool = False,
    sort: str = "name",
    order: str = "ascending",
    page: int = 1,
) -> Listed:
    """Settings that are open (or, with `closed`, all) and match every filter given, fifty a page.

    `kind` and `need`: what it has on offer; where it offers nothing here, the need is looked for in what GIAS states.
    """
    where = _where(q=q, types=type, kinds=kind, need=need, authority=authority, closed=closed)
    count = session.scalar(select(func.count()).select_from(Setting).where(*where)) or 0
    page = min(page, max(1, -(-count // PAGE)))  # a filter may have shortened the list since the page was linked
    column = cast(_SORTED_BY[sort], String)
    rows = session.scalars(
        select(Setting)
        .join(Setting.authority)
        .where(*where)
        .options(contains_eager(Setting.authority))
        .order_by(column.desc() if order == "descending" else column, Setting.name, Setting.id)
        .limit(PAGE)
        .offset(PAGE * (page - 1))
    ).all()
    return Listed(offers=_offers(session, rows), count=count, page=page)


def offer_of(session: Session, setting: Setting) -> Offer:
    """What one setting has on offer."""
    return _offers(session, [setting])[0]


def standings(session: Session, actor: Actor, *, on: date) -> list[Standing]:
    """How the provider's own settings that are not closed stand, the longest unconfirmed first."""
    settings = [row for row in settings_of(session, actor.organisation_id or 0) if row.status != SettingStatus.CLOSED]
    ids = [row.id for row in settings]
    drafts = {row.setting_id: row for row in schedules_of(session, ids) if row.status is ScheduleStatus.DRAFT}
    prices = schedules_in_force(session, ids, on=on)
    found = [
        Standing(
            offer=offer,
            due=[pool for pool in offer.pools if vacancies.is_due(pool, on=on)],
            draft=drafts.get(offer.setting.id),
            unpriced=_unpriced(offer, prices),
        )
        for offer in _offers(session, settings)
    ]
    return sorted(found, key=lambda standing: -_age(standing.offer, on))  # stable: of one age by name


def _age(offer: Offer, on: date) -> int:
    days = offer.days_since_confirmed(on)
    return date.max.toordinal() if days is None else days  # never is longest ago


def _unpriced(offer: Offer, prices: Mapping[int, PriceSchedule]) -> list[Provision]:
    schedule = prices.get(offer.setting.id)
    priced = {line.provision_id for line in schedule.lines} if schedule else set()
    return [row for row in offer.provisions if row.id not in priced]


def _offers(session: Session, settings: Iterable[Setting]) -> list[Offer]:
    found: dict[int, list[Provision]] = {row.id: [] for row in settings}
    rows = session.scalars(
        select(Provision)
        .where(Provision.setting_id.in_(found), Provision.is_offered)
        .options(
            joinedload(Provision.pool).selectinload(Pool.vacancies),
            joinedload(Provision.pool).selectinload(Pool.provisions),
        )
        .order_by(Provision.kind, Provision.name, Provision.id)
    )
    for row in rows:
        found[row.setting_id].append(row)
    return [Offer(row, found[row.id]) for row in settings]


def _where(
    *,
    q: str | None,
    types: Sequence[str],
    kinds: Sequence[str],
    need: str | None,
    authority: int | None,
    closed: bool,
) -> list[ColumnElement[bool]]:
    offered = and_(Provision.setting_id == Setting.id, Provision.is_offered)
    where: list[ColumnElement[bool]] = []
    if not closed:
        where.append(Setting.status != SettingStatus.CLOSED)
    if q:
        where.append(Setting.name.icontains(q, autoescape=True))
    if types:
        where.append(Setting.type.in_(types))
    if authority is not None:
        where.append(Setting.authority_id == authority)
    if kinds:
        where.append(exists().where(offered, Provision.kind.in_(kinds)))
    if need:
        stated = and_(~exists().where(offered), Setting.needs.contains([need]))
        where.append(or_(exists().where(offered, Provision.needs.contains([need])), stated))
    return where
