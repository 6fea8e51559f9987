"""What needs doing about an authority's needs, and how they are counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.models import (
    AuditEvent,
    Authority,
    MatchingRun,
    Need,
    NeedStatus,
    Phase,
    Recommendation,
    Role,
    RunStatus,
)
from marketplace.services.caseload import Filters, ToDo, ToDoCounts, count_to_do, list_needs
from tests import builders

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def la(session: Session) -> Authority:
    return builders.authority(session)


def recommend(session: Session, need: Need, *, at: datetime = AT, **fields: Any) -> None:
    """A finished run of the need's LA that looked at it; found nothing unless `fields` say what."""
    asker = builders.user(session, need.authority, Role.PROCUREMENT)
    run = builders.kept(
        session,
        MatchingRun(
            scope_id=need.authority_id, requested_by_id=asker.id, status=RunStatus.DONE, on=date(2026, 11, 24),
            seconds=60, policy={}, created_at=at, finished_at=at,
        ),
    )  # fmt: skip
    fields = fields or {"reason": "capacity"}
    builders.kept(
        session,
        Recommendation(run=run, need=need, authority_id=need.authority_id, phase=Phase.CHOICES, **fields),
    )


def found(session: Session, la: Authority) -> dict[str, Any]:
    """The fields of a recommendation that proposes a provision."""
    row = builders.provision(session, builders.pool(session, builders.setting(session, la)))
    return {"provision_id": row.id, "price": 4_800_000, "transport": 0}


def test_a_need_is_in_the_group_of_what_needs_doing_and_the_newest_run_counts(session: Session, la: Authority) -> None:
    draft = builders.need(session, la, status=NeedStatus.DRAFT)
    unseen = builders.need(session, la)
    unplaced = builders.need(session, la)
    recommend(session, unplaced, at=AT - timedelta(days=1), **found(session, la))
    recommend(session, unplaced)
    placeable = builders.need(session, la)
    recommend(session, placeable, at=AT - timedelta(days=1))
    recommend(session, placeable, **found(session, la))
    waiting = builders.need(session, la, status=NeedStatus.OFFERED)
    done = builders.need(session, la, status=NeedStatus.WITHDRAWN)
    caseload = list_needs(session, filters=Filters())
    assert caseload.groups == {
        ToDo.FINISH: [draft],
        ToDo.UNPLACED: [unplaced],
        ToDo.CHOOSE: [unseen, placeable],
        ToDo.WAIT: [waiting],
        ToDo.DONE: [done],
    }
    assert caseload.counts == {group: len(rows) for group, rows in caseload.groups.items()}


def test_the_list_is_cut_into_pages_that_hold_every_need_once(session: Session, la: Authority) -> None:
    everybody = {builders.need(session, la).id for _ in range(51)}
    pages = [list_needs(session, filters=Filters(), page=page) for page in (1, 2)]
    listed = [need.id for page in pages for rows in page.groups.values() for need in rows]
    assert (pages[0].pages, len(listed), set(listed)) == (2, 51, everybody)


def test_a_proposal_is_stale_when_it_is_old_or_something_happened_to_the_need_since(
    session: Session, la: Authority
) -> None:
    fresh, old, changed = (builders.need(session, la) for _ in range(3))
    recommend(session, fresh, at=AT - timedelta(days=13))
    recommend(session, old, at=AT - timedelta(days=15))
    recommend(session, changed, at=AT - timedelta(days=2))
    session.add(
        AuditEvent(event="need changed", subject_type="needs", subject_id=changed.id, at=AT - timedelta(days=1))
    )
    session.add(AuditEvent(event="need posted", subject_type="needs", subject_id=fresh.id, at=AT - timedelta(days=20)))
    builders.need(session, la)
    builders.need(session, la, status=NeedStatus.DRAFT)
    session.flush()
    assert count_to_do(session, at=AT) == ToDoCounts(drafts=1, unplaced=3, unmatched=1, stale=2)
