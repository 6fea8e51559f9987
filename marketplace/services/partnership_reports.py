"""What a partnership is told in a term: worked out once, by the authority that leads, and the same for all who read it.

The pupils of other authorities are nobody's here but the system's: it works out what may be told, and all read that. So
no reader knows more than the tables say, and no two days can be compared. It must never work out a term again.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, selectinload

from marketplace import audit
from marketplace.db import as_system
from marketplace.errors import InvalidTransition
from marketplace.models import (
    MemberKind,
    MemberStatus,
    Partnership,
    PartnershipReport,
    ReportRow,
    Term,
    term_of,
)
from marketplace.permissions import Actor, can_keep_partnership, require
from marketplace.services.partnership_figures import Scope
from marketplace.services.partnership_tables import tables
from marketplace.services.partnerships import find_partnership, members_of, members_on


def reports_of(session: Session, partnership: Partnership) -> Sequence[PartnershipReport]:
    """What was told, the newest first, with the rows that the actor of this transaction may read."""
    return session.scalars(
        select(PartnershipReport)
        .where(PartnershipReport.partnership_id == partnership.id)
        .options(selectinload(PartnershipReport.rows))
        .order_by(PartnershipReport.on.desc(), PartnershipReport.id.desc())
    ).all()


def is_told(session: Session, partnership: Partnership, *, on: date) -> bool:
    """Whether the figures of a day's term are worked out, so that the next are those of the next term."""
    return bool(session.scalar(select(exists().where(*_of_term(partnership.id, *term_of(on))))))


def work_out_figures(session: Session, actor: Actor, *, partnership_id: int, on: date) -> PartnershipReport:
    """Work out the figures of this term, of today. Raises InvalidTransition where they were."""
    partnership = find_partnership(session, partnership_id)
    require(can_keep_partnership(actor, partnership.lead_id), "work out the figures of this partnership")
    if is_told(session, partnership, on=on):
        raise InvalidTransition("The figures of this term are worked out. They stay until the next term.")
    members = members_of(session, partnership)
    scope = Scope.of(members_on(session, partnership, on))
    asked = [row for row in members if row.kind is MemberKind.AUTHORITY and row.status is MemberStatus.INVITED]
    year, term = term_of(on)
    with as_system(session, actor):
        report = PartnershipReport(
            partnership_id=partnership.id, year=year, term=term, on=on, counted=sorted(scope.authorities.values()),
            absent=[row.name for row in asked], settings=sorted(row.name for row in scope.settings.values()),
        )  # fmt: skip
        for number, row in enumerate(tables(session, scope, on=on, year=year, term=term)):
            report.rows.append(ReportRow(part=row.part, number=number, names=list(row.names), figures=row.figures))
        session.add(report)
        session.flush()
    audit.record(session, actor, "partnership figures worked out", report, partnership_id=partnership.id)
    return report


def _of_term(partnership_id: int, year: int, term: Term) -> tuple[ColumnElement[bool], ...]:
    return (
        PartnershipReport.partnership_id == partnership_id,
        PartnershipReport.year == year,
        PartnershipReport.term == term,
    )
