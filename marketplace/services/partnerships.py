"""Partnerships: made and kept by an authority that leads, of authorities, settings and mainstream schools.

Each organisation agrees for itself: until it has, nothing of it is counted, and of those that are asked it reads only
that they are. It must never put anybody into a partnership.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    MEMBER_MOVES,
    Authority,
    MemberKind,
    MemberStatus,
    Partnership,
    PartnershipMember,
    Setting,
)
from marketplace.permissions import Actor, can_answer_for, can_enter_schools, can_keep_partnership, require


def list_partnerships(session: Session) -> Sequence[Partnership]:
    """The partnerships that the actor of this transaction takes part in, or is asked to, by name."""
    return session.scalars(
        select(Partnership).options(joinedload(Partnership.lead)).order_by(Partnership.name, Partnership.id)
    ).all()


def find_partnership(session: Session, partnership_id: int) -> Partnership:
    """A partnership that the actor of this transaction may know of. Raises NotFound."""
    row = session.get(Partnership, partnership_id, options=[joinedload(Partnership.lead)])
    if row is None:
        raise NotFound("There is no such partnership.")
    return row


def make_partnership(
    session: Session, actor: Actor, *, name: str, starts_on: date, on: date, at: datetime
) -> Partnership:
    """An authority makes a partnership, which it leads and takes part in. Raises Invalid, by field."""
    lead_id = actor.organisation_id or 0
    require(can_keep_partnership(actor, lead_id), "make a partnership")
    if starts_on > on:
        raise Invalid({"starts_on": ["Enter today or an earlier day."]})
    row = Partnership(name=name, lead_id=lead_id, starts_on=starts_on)
    session.add(row)
    audit.record(session, actor, "partnership made", row)
    _add(session, actor, row, MemberKind.AUTHORITY, lead_id, starts_on=starts_on, agreed_at=at)
    return row


def standing(session: Session, actor: Actor, partnership: Partnership) -> MemberStatus:
    """How the actor's organisation stands to a partnership. Where it has agreed it reads what the partnership is told;
    a region does by an authority of its own. Who takes part no longer, or has declined, reads of its own part only."""
    of = PartnershipMember.organisation_id
    regional = select(Authority.id).where(Authority.region_id == actor.organisation_id)
    found = set(
        session.scalars(
            select(PartnershipMember.status).where(
                PartnershipMember.partnership_id == partnership.id,
                PartnershipMember.kind != MemberKind.SCHOOL,
                or_(of == actor.organisation_id, of.in_(regional)),
            )
        )
    )
    return next(
        each
        for each in (MemberStatus.AGREED, MemberStatus.INVITED, MemberStatus.ENDED)
        if each in found or each is MemberStatus.ENDED
    )


def members_of(session: Session, partnership: Partnership) -> Sequence[PartnershipMember]:
    """All members that there are and were, those that hold first: authorities, settings, schools, by name."""
    rows = session.scalars(
        select(PartnershipMember)
        .where(PartnershipMember.partnership_id == partnership.id)
        .options(joinedload(PartnershipMember.organisation), joinedload(PartnershipMember.setting))
    ).all()
    order = list(MemberKind)
    return sorted(rows, key=lambda row: (row.ends_on is not None, order.index(row.kind), row.name, row.id))


def members_on(session: Session, partnership: Partnership, day: date) -> list[PartnershipMember]:
    """The members that have agreed and take part on a day."""
    return [
        row for row in members_of(session, partnership) if row.status is MemberStatus.AGREED and row.starts_on <= day
    ]


def authorities_to_ask(session: Session, partnership: Partnership) -> Sequence[Authority]:
    """The authorities that neither take part nor are asked, by name."""
    return session.scalars(
        select(Authority)
        .where(~exists().where(_holds(partnership), PartnershipMember.organisation_id == Authority.id))
        .order_by(Authority.name, Authority.id)
    ).all()


def ask_authority(
    session: Session, actor: Actor, *, partnership_id: int, authority_id: int, on: date
) -> PartnershipMember:
    """Ask an authority to take part. Raises Invalid, by field."""
    partnership = _kept(session, actor, partnership_id)
    if all(row.id != authority_id for row in authorities_to_ask(session, partnership)):
        raise Invalid({"authority_id": ["Choose an authority that neither takes part nor is asked already."]})
    return _add(session, actor, partnership, MemberKind.AUTHORITY, authority_id, starts_on=on)


def ask_setting(
    session: Session, actor: Actor, *, partnership_id: int, setting_urn: int, on: date
) -> PartnershipMember:
    """Ask the provider of a setting that the setting takes part. Raises Invalid, by field."""
    partnership = _kept(session, actor, partnership_id)
    setting = session.scalar(select(Setting).where(Setting.urn == setting_urn))
    if setting is None or setting.provider_id is None:
        words = "There is no setting with this URN whose provider is here. Look it up under Settings."
        raise Invalid({"setting_urn": [words]})
    if session.scalar(select(exists().where(_holds(partnership), PartnershipMember.setting_id == setting.id))):
        raise Invalid({"setting_urn": [f"{setting.name} takes part, or is asked, already."]})
    return _add(
        session, actor, partnership, MemberKind.SETTING, setting.provider_id, starts_on=on, setting_id=setting.id
    )


def enter_school(
    session: Session, actor: Actor, *, partnership_id: int, school: str, urn: int, on: date, at: datetime
) -> PartnershipMember:
    """An authority that takes part enters a mainstream school of its own. Raises Invalid, by field."""
    partnership = find_partnership(session, partnership_id)
    mine = actor.organisation_id or 0
    require(can_enter_schools(actor, mine), "enter a school")
    if not any(row.organisation_id == mine for row in members_on(session, partnership, on)):
        raise NotPermitted("Your authority does not take part yet. Agree first, then enter its schools.")
    if session.scalar(select(exists().where(_holds(partnership), PartnershipMember.urn == urn))):
        raise Invalid({"urn": ["A school with this URN takes part already."]})
    return _add(
        session, actor, partnership, MemberKind.SCHOOL, mine, starts_on=on, agreed_at=at, school=school, urn=urn
    )


def agree_to_take_part(
    session: Session, actor: Actor, *, partnership_id: int, member_id: int, version: int, on: date, at: datetime
) -> PartnershipMember:
    """An organisation agrees for itself: from today on it reads what the partnership is told, and is counted from the
    next figures on."""
    row = _lock(session, partnership_id, member_id, version)
    require(can_answer_for(actor, row.organisation_id), "agree for another organisation")
    _move(row, MemberStatus.AGREED)
    row.decided_at = at
    audit.record(session, actor, "partnership agreed", row, partnership_id=partnership_id, on=on.isoformat())
    return row


def end_membership(
    session: Session, actor: Actor, *, partnership_id: int, member_id: int, version: int, on: date, at: datetime
) -> PartnershipMember:
    """The organisation declines, or takes part no longer; or the authority that leads ends it. An authority's schools
    end with it. What was told before stays."""
    row = _lock(session, partnership_id, member_id, version)
    lead_id = row.partnership.lead_id
    is_own = can_answer_for(actor, row.organisation_id)
    require(is_own or can_keep_partnership(actor, lead_id), "end the part of another organisation")
    if row.kind is MemberKind.AUTHORITY and row.organisation_id == lead_id:
        raise InvalidTransition("The authority that leads cannot leave its partnership.")
    is_refusal = is_own and row.status is MemberStatus.INVITED
    _end(session, actor, row, MemberStatus.DECLINED if is_refusal else MemberStatus.ENDED, on=on, at=at)
    if row.kind is MemberKind.AUTHORITY:
        schools = select(PartnershipMember).where(
            _holds(row.partnership),
            PartnershipMember.organisation_id == row.organisation_id,
            PartnershipMember.kind == MemberKind.SCHOOL,
        )
        for school in session.scalars(schools.order_by(PartnershipMember.id).with_for_update()).all():
            _end(session, actor, school, MemberStatus.ENDED, on=on, at=at)
    return row


def _holds(partnership: Partnership) -> ColumnElement[bool]:
    return and_(PartnershipMember.partnership_id == partnership.id, PartnershipMember.ends_on.is_(None))


def _kept(session: Session, actor: Actor, partnership_id: int) -> Partnership:
    partnership = find_partnership(session, partnership_id)
    require(can_keep_partnership(actor, partnership.lead_id), "keep this partnership")
    return partnership


def _add(
    session: Session,
    actor: Actor,
    partnership: Partnership,
    kind: MemberKind,
    organisation_id: int,
    *,
    starts_on: date,
    agreed_at: datetime | None = None,
    **fields: Any,
) -> PartnershipMember:
    row = PartnershipMember(
        partnership=partnership,
        kind=kind,
        organisation_id=organisation_id,
        status=MemberStatus.AGREED if agreed_at else MemberStatus.INVITED,
        starts_on=starts_on,
        decided_at=agreed_at,
        **fields,
    )
    session.add(row)
    event = "partnership joined" if agreed_at else "partnership member asked"
    audit.record(session, actor, event, row, partnership_id=partnership.id, kind=kind.value)
    return row


def _lock(session: Session, partnership_id: int, member_id: int, version: int) -> PartnershipMember:
    row = session.scalar(
        select(PartnershipMember)
        .where(PartnershipMember.id == member_id, PartnershipMember.partnership_id == partnership_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such member of a partnership.")
    if row.version != version:
        raise Stale("Somebody else has just answered for this member. Look at what holds now.")
    return row


def _move(row: PartnershipMember, status: MemberStatus) -> None:
    if status not in MEMBER_MOVES[row.status]:
        raise InvalidTransition(f"This membership is {row.status}, so that cannot be done with it.")
    row.status = status


def _end(
    session: Session, actor: Actor, row: PartnershipMember, status: MemberStatus, *, on: date, at: datetime
) -> None:
    _move(row, status)
    row.ends_on, row.decided_at = on, at
    audit.record(session, actor, f"partnership {status}", row, partnership_id=row.partnership_id, on=on.isoformat())
