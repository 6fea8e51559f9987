"""What an LA can publish of its awards as open data: of a financial year that has ended, what it awarded to each
provider.

An award is for one pupil, so none is published by itself, nor how many there were, nor a day: only the sum of a
provider where nobody, by taking away the pupils whom it knows, is left with one to four; the others together. A year
that goes on is not published, because the difference of two days' files would be one pupil's price. It must never read
who a pupil is, nor repeat a text that somebody typed, but for the number of a notice in its official form.

Money is pence a year, as awarded: price with variation, without transport and place funding that is paid anyway.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict
from marketplace.models import Authority, Award, AwardBasis, AwardStatus, Provider, london_day
from marketplace.permissions import Actor, can_publish_awards, require
from marketplace.services.deadlines import begin_of
from marketplace.services.ledger import financial_year
from marketplace.services.party_groups import Counted, told_apart
from marketplace.services.small_groups import FEWEST

MADE = (AwardStatus.MADE, AwardStatus.ENDED)
# Notices of Find a Tender: of the Procurement Act 2023, and of the regulations before it.
NOTICE = re.compile(r"[0-9]{6}-20[0-9]{2}|20[0-9]{2}/S [0-9]{3}-[0-9]{6}")
CALLED_OFF = frozenset({AwardBasis.FRAMEWORK, AwardBasis.DYNAMIC_MARKET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded:
    """What was awarded in a year to one provider, or to `others` together; pence a year. `notices` are those of the
    frameworks and dynamic markets of which it was called off for FEWEST pupils or more."""

    provider_id: int | None
    name: str
    others: int
    value: int
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A year's awards of an LA as they can be told, which sum to `value`; nothing where nothing can be. `awards` and
    `without_contract` (a maintained school is named: nothing is bought) are for the LA's own eyes."""

    authority: Authority
    year: int
    ended_at: datetime
    is_over: bool
    awards: int
    without_contract: int
    value: int
    told: Sequence[Awarded]


def last_year(on: date) -> int:
    """The last financial year that has ended, by the year in which it began.

    >>> last_year(date(2027, 3, 31)), last_year(date(2027, 4, 1))
    (2025, 2026)
    """
    return financial_year(on) - 1


def years_with_awards(session: Session, actor: Actor, *, on: date) -> list[int]:
    """The years that have ended in which the actor's LA has bought anything, the last first."""
    require(can_publish_awards(actor), "publish awards")
    query = select(Award.decided_at).where(*_bought(actor.organisation_id or 0))
    years = {financial_year(london_day(at)) for at in session.scalars(query) if at is not None}
    return sorted((year for year in years if year <= last_year(on)), reverse=True)


def publication(session: Session, actor: Actor, *, year: int, on: date) -> Publication:
    """What the actor's LA can publish of a financial year. Raises NotPermitted."""
    require(can_publish_awards(actor), "publish awards")
    authority = session.get_one(Authority, actor.organisation_id)
    begins, ended_at = begin_of(date(year, 4, 1)), begin_of(date(year + 1, 4, 1))
    within = (Award.decided_at >= begins, Award.decided_at < ended_at)
    awards = session.scalars(select(Award).where(*_bought(authority.id), *within).order_by(Award.id)).all()
    named = (Award.authority_id == authority.id, Award.status.in_(MADE), Award.basis == AwardBasis.NO_CONTRACT)
    is_over = year <= last_year(on)
    return Publication(
        authority=authority,
        year=year,
        ended_at=ended_at,
        is_over=is_over,
        awards=len(awards),
        without_contract=session.scalar(select(func.count(Award.id)).where(*named, *within)) or 0,
        value=sum(map(_value, awards)),
        told=_told(awards, _names(session, awards)) if is_over else (),
    )


def require_any(found: Publication) -> Publication:
    """The publication, where there is something in it. Raises Conflict, in words."""
    if not found.told:
        raise Conflict("Nothing can be published of this year: it has not ended, or too few pupils were placed.")
    return found


def _told(awards: Sequence[Award], names: Mapping[int, str]) -> Sequence[Awarded]:
    """By name, the others together last; they sum to all awards, or there are none."""
    groups: dict[int, list[Award]] = {provider_id: [] for provider_id in sorted(names, key=lambda at: (names[at], at))}
    for award in awards:
        groups[award.provider_id].append(award)
    told = told_apart({at: list(map(_counted, of)) for at, of in groups.items()})
    found = []
    for ids, _ in told:
        of = [award for provider_id in ids for award in groups[provider_id]]
        is_one = len(ids) == 1
        found.append(
            Awarded(
                provider_id=ids[0] if is_one else None,
                name=names[ids[0]] if is_one else f"{len(ids)} other providers together",
                others=0 if is_one else len(ids),
                value=sum(map(_value, of)),
                notices=_notices(of),
            )
        )
    return tuple(found)


def _notices(awards: Iterable[Award]) -> tuple[str, ...]:
    """In their order; one that somebody has typed otherwise than it is published is not repeated."""
    called_off = {(row.notice_reference or "", row.need_id) for row in awards if row.basis in CALLED_OFF}
    pupils = Counter(notice for notice, _ in called_off)
    return tuple(sorted(each for each, count in pupils.items() if count >= FEWEST and NOTICE.fullmatch(each)))


def _counted(award: Award) -> Counted:
    return Counted(award.need_id, frozenset({award.provider_id}))


def _value(award: Award) -> int:
    return award.price + award.variation


def _bought(authority_id: int) -> tuple[ColumnElement[bool], ...]:
    return Award.authority_id == authority_id, Award.status.in_(MADE), Award.basis != AwardBasis.NO_CONTRACT


def _names(session: Session, awards: Sequence[Award]) -> dict[int, str]:
    ids = set(map(attrgetter("provider_id"), awards))
    return {row.id: row.name for row in session.scalars(select(Provider).where(Provider.id.in_(ids)))}
