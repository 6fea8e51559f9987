"""Registers: how many pupils of a mainstream school have additional needs in a term, as the authority enters them from
the school census. Only that authority reads them; a partnership is told groups."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import NotFound, Stale
from marketplace.models import MemberKind, MemberStatus, PartnershipMember, Register, Term
from marketplace.permissions import Actor, can_enter_schools, require
from marketplace.vocabulary import PRIMARY_NEEDS


def find_school(session: Session, actor: Actor, *, partnership_id: int, member_id: int) -> PartnershipMember:
    """A mainstream school that the actor's authority has entered and that takes part. Raises NotFound."""
    row = session.get(PartnershipMember, member_id)
    if (
        row is None
        or row.partnership_id != partnership_id
        or row.kind is not MemberKind.SCHOOL
        or row.status is not MemberStatus.AGREED
        or row.organisation_id != actor.organisation_id
    ):
        raise NotFound("There is no such school of your authority in this partnership.")
    return row


def register_of(session: Session, member: PartnershipMember, *, year: int, term: Term) -> Register | None:
    """What was entered for a school and term, as far as the actor of this transaction may read it."""
    return session.scalar(
        select(Register).where(Register.member_id == member.id, Register.year == year, Register.term == term)
    )


def entered_for(session: Session, *, partnership_id: int, year: int, term: Term) -> set[int]:
    """The memberships of the schools whose register of a term the actor's authority has entered."""
    entered = (
        select(Register.member_id)
        .join(PartnershipMember, PartnershipMember.id == Register.member_id)
        .where(PartnershipMember.partnership_id == partnership_id, Register.year == year, Register.term == term)
    )
    return set(session.scalars(entered))


def enter_register(
    session: Session,
    actor: Actor,
    *,
    member: PartnershipMember,
    year: int,
    term: Term,
    version: int,
    counts: Mapping[str, Mapping[str, int]],
    at: datetime,
) -> Register:
    """Enter or replace the counts of a school and term: by column (support, plans), then primary need; what is left out
    is none. `version`: that of the register which the page showed, 0 where there was none. Raises Stale."""
    require(can_enter_schools(actor, member.organisation_id), "enter this school's register")
    row = session.scalar(
        select(Register)
        .where(Register.member_id == member.id, Register.year == year, Register.term == term)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if version != (row.version if row else 0):
        raise Stale("Somebody else has entered this register since you opened it. Look at what is kept now.")
    kept = {
        "needs": list(PRIMARY_NEEDS),
        **{column: [counts[column].get(need, 0) for need in PRIMARY_NEEDS] for column in ("support", "plans")},
    }
    if row is None:
        row = Register(member_id=member.id, organisation_id=member.organisation_id, year=year, term=term, **kept)
        session.add(row)
    else:
        row.needs, row.support, row.plans, row.entered_at = kept["needs"], kept["support"], kept["plans"], at  # type: ignore[assignment]
    audit.record(session, actor, "register entered", row, member_id=member.id, year=year, term=term.value)
    return row
