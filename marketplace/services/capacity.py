"""Capacity: what of a pool's vacancies is taken and freed. The one place that changes it besides the provider's own
page.

Whoever takes locks the pool first, so that of two who reach for the last place one has it and the other is told. It
must never ask whether the actor may: the use case has.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from marketplace import audit
from marketplace.db import as_system
from marketplace.errors import NoRoom
from marketplace.models import (
    Award,
    Claim,
    ClaimEnd,
    Consultation,
    Kind,
    OutreachOrder,
    Pool,
    Provision,
    Unit,
    Vacancy,
)
from marketplace.models.porous import SESSIONS
from marketplace.permissions import Actor
from marketplace.vocabulary import in_words

Subject = Award | Consultation | OutreachOrder  # for which something is taken
_CLAIMED: dict[type[Subject], InstrumentedAttribute[int | None]] = {
    Award: Claim.award_id,
    Consultation: Claim.consultation_id,
    OutreachOrder: Claim.order_id,
}


def use_of(
    provision: Provision, *, sessions: int | None = None, hours_a_week: Decimal | None = None, is_on_roll: bool = False
) -> Decimal:
    """What one pupil takes of the pool: a place; for a split week as many whole shares of one as the sessions need (as
    the provision offers, unless others are agreed); or staff hours a week. A setting that keeps a porous pupil's roll
    keeps a whole place."""
    if provision.kind is Kind.OUTREACH:
        assert hours_a_week is not None
        return hours_a_week
    if provision.kind is Kind.FULL or is_on_roll:
        return Decimal(1)
    sessions, shares = sessions or provision.sessions, provision.shares or SESSIONS
    assert sessions is not None
    return Decimal(-(-sessions * shares // SESSIONS)) / shares


def room(session: Session, *, pool_id: int, year_group: int, on: date) -> Decimal:
    """What of a pool is free for a year group on a day."""
    return sum((row.free for row in _open(session, pool_id, year_group=year_group, on=on)), Decimal(0))


def held(session: Session, subject: Subject) -> Decimal:
    """What is taken for an award or an order, or held for an offer, now."""
    return sum((claim.amount for claim in _live(session, subject)), Decimal(0))


def take(
    session: Session,
    actor: Actor,
    *,
    provision: Provision,
    year_group: int | None,
    on: date,
    amount: Decimal,
    authority_id: int,
    subject: Subject,
    held_until: datetime | None = None,
    is_ordered: bool = False,
) -> list[Claim]:
    """Take so much of the vacancies that are open to the year group on the day, for an award, an offer or an outreach
    order, which may serve pupils of any (None).

    Of several vacancies the one that opened last is used first: what opened earlier, others may need, who begin before.
    (No two of one day are open to the same year group.) Raises NoRoom when they have less free; then nothing is taken.
    `is_ordered`: a tribunal's order is for the setting to carry out, whatever is free, so what is missing is opened for
    it.
    """
    with as_system(session, actor):
        pool = _lock(session, provision.pool_id)
        claims = []
        wanted = amount
        for vacancy in _open(session, pool.id, year_group=year_group, on=on):
            if wanted > 0:
                claims.append(_claim(session, vacancy, min(vacancy.free, wanted), authority_id, subject, held_until))
                wanted -= claims[-1].amount
        if wanted > 0 and is_ordered:
            assert year_group is not None
            opened = _opened(session, pool, year_group=year_group, on=on, amount=wanted)
            claims.append(_claim(session, opened, wanted, authority_id, subject, held_until))
        elif wanted > 0:
            what = "place has" if pool.unit is Unit.PLACES else "hours have"
            raise NoRoom(f"The {what} gone: {provision.name} has not enough free on {in_words(on)} any more.")
        _renew(session, pool)
        _record(session, actor, "capacity taken", pool, subject, claims)
    return claims


def free(session: Session, actor: Actor, *, subject: Subject, at: datetime, has_started: bool = False) -> None:
    """End what was taken for an award, an offer or an order. Where a placement had started the vacancy does not come
    back by itself: whether a place opens, and for which year groups, the provider says."""
    with as_system(session, actor):
        claims = _live(session, subject)
        for pool_id in sorted({claim.pool_id for claim in claims}):
            pool = _lock(session, pool_id)
            ended = [claim for claim in _live(session, subject) if claim.pool_id == pool_id]
            for claim in ended:
                _end(session, claim, ClaimEnd.KEPT if has_started else ClaimEnd.FREED, at)
            if ended:
                _renew(session, pool)
                _record(session, actor, "capacity freed", pool, subject, ended)


def take_back(
    session: Session,
    actor: Actor,
    *,
    award: Award,
    provision: Provision,
    year_group: int,
    on: date,
    ended_at: datetime,
    at: datetime,
) -> None:
    """Take again what an award gave up at that instant, by what is undone now, in the place of what it has taken.

    What has not become vacant is opened and taken at once, so that no other vacancy goes; for what has, raises NoRoom
    where it is gone."""
    with as_system(session, actor):
        ended = session.scalars(select(Claim).where(Claim.award_id == award.id, Claim.ended_at == ended_at)).all()
        free(session, actor, subject=award, at=at)
        kept = sum((claim.amount for claim in ended if claim.end_kind is ClaimEnd.KEPT), Decimal(0))
        freed = sum((claim.amount for claim in ended if claim.end_kind is ClaimEnd.FREED), Decimal(0))
        if kept:
            pool = _lock(session, provision.pool_id)
            opened = _opened(session, pool, year_group=year_group, on=on, amount=kept)
            claim = _claim(session, opened, kept, award.authority_id, award, None)
            _renew(session, pool)
            _record(session, actor, "capacity taken", pool, award, [claim])
        if freed:
            take(
                session,
                actor,
                provision=provision,
                year_group=year_group,
                on=on,
                amount=freed,
                authority_id=award.authority_id,
                subject=award,
            )


def pools_to_expire(session: Session, *, at: datetime) -> Sequence[int]:
    """The pools in which places are held for offers past their time."""
    return session.scalars(select(Claim.pool_id).where(_has_run_out(at)).distinct().order_by(Claim.pool_id)).all()


def expire_holds(session: Session, actor: Actor, *, pool_id: int, at: datetime) -> int:
    """Free what a pool holds for offers past their time, as the system; returns how many holds. The offers stand. Safe
    with several workers at once: a pool that somebody has in hand is passed over. (What is held for an award ends with
    the proposal: `awards.lapse_awards`.)"""
    pool = session.scalar(
        select(Pool)
        .where(Pool.id == pool_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if pool is None:
        return 0
    claims = session.scalars(
        select(Claim)
        .where(Claim.pool_id == pool.id, _has_run_out(at))
        .options(joinedload(Claim.consultation))
        .order_by(Claim.id)
        .execution_options(populate_existing=True)
    ).all()
    for claim in claims:
        assert claim.consultation is not None
        _end(session, claim, ClaimEnd.FREED, at)
        _record(session, actor, "hold expired", pool, claim.consultation, [claim])
    if claims:
        _renew(session, pool)
    return len(claims)


def _has_run_out(at: datetime) -> ColumnElement[bool]:
    return and_(Claim.consultation_id.is_not(None), Claim.ended_at.is_(None), Claim.held_until <= at)


def settle(session: Session, actor: Actor, *, award: Award) -> None:
    """What was held for an award is a placement's from now on: it does not end by itself any more."""
    with as_system(session, actor):
        for claim in _live(session, award):
            claim.held_until = None


def _lock(session: Session, pool_id: int) -> Pool:
    return session.scalars(
        select(Pool).where(Pool.id == pool_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _open(session: Session, pool_id: int, *, year_group: int | None, on: date) -> Sequence[Vacancy]:
    return session.scalars(
        select(Vacancy)
        .where(
            Vacancy.pool_id == pool_id,
            true() if year_group is None else and_(Vacancy.low_year <= year_group, Vacancy.high_year >= year_group),
            Vacancy.starts_on <= on,
            Vacancy.used < Vacancy.amount,
        )
        .order_by(Vacancy.starts_on.desc(), Vacancy.id)
        .execution_options(populate_existing=True)
    ).all()


def _opened(session: Session, pool: Pool, *, year_group: int, on: date, amount: Decimal) -> Vacancy:
    """The vacancy of the pool for this year group and day, or a row of that date that holds it, opened by so much
    more."""
    row = session.scalar(
        select(Vacancy)
        .where(
            Vacancy.pool_id == pool.id,
            Vacancy.low_year <= year_group,
            Vacancy.high_year >= year_group,
            Vacancy.starts_on == on,
        )
        .execution_options(populate_existing=True)
    )
    if row is None:
        row = Vacancy(pool_id=pool.id, low_year=year_group, high_year=year_group, starts_on=on, amount=Decimal(0))
        session.add(row)
    row.amount += amount
    session.flush()
    return row


def _claim(
    session: Session,
    vacancy: Vacancy,
    amount: Decimal,
    authority_id: int,
    subject: Subject,
    held_until: datetime | None,
) -> Claim:
    # Not `used = what was read + amount`: should the lock ever fail, the table's own rule still holds.
    session.execute(update(Vacancy).where(Vacancy.id == vacancy.id).values(used=Vacancy.used + amount))
    claim = Claim(
        pool_id=vacancy.pool_id,
        vacancy_id=vacancy.id,
        authority_id=authority_id,
        **{_CLAIMED[type(subject)].key: subject.id},
        amount=amount,
        held_until=held_until,
    )
    session.add(claim)
    return claim


def _live(session: Session, subject: Subject) -> Sequence[Claim]:
    of = _CLAIMED[type(subject)]
    return session.scalars(
        select(Claim)
        .where(of == subject.id, Claim.ended_at.is_(None))
        .order_by(Claim.pool_id, Claim.id)
        .execution_options(populate_existing=True)
    ).all()


def _end(session: Session, claim: Claim, kind: ClaimEnd, at: datetime) -> None:
    change = {"used": Vacancy.used - claim.amount}
    if kind is ClaimEnd.KEPT:
        change["amount"] = Vacancy.amount - claim.amount
    session.execute(update(Vacancy).where(Vacancy.id == claim.vacancy_id).values(**change))
    claim.vacancy_id, claim.ended_at, claim.end_kind = None, at, kind


def _renew(session: Session, pool: Pool) -> None:
    """What is free has changed, so a page of vacancies that was opened before is stale."""
    session.execute(update(Pool).where(Pool.id == pool.id).values(version=Pool.version + 1))
    session.expire(pool)


def _record(session: Session, actor: Actor, event: str, pool: Pool, subject: Subject, claims: Iterable[Claim]) -> None:
    amounts = [f"{claim.amount.normalize():f}" for claim in claims]
    audit.record(session, actor, event, pool, taken_for=[subject.__tablename__, subject.id], amounts=amounts)
