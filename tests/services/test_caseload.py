"""What needs doing about an authority's needs, and how they are counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from marketplace.models import (
    AuditEvent,
    Authority,
    AwardStatus,
    Clock,
    MatchingRun,
    Need,
    NeedStatus,
    Phase,
    Provision,
    Recommendation,
    Role,
    RunStatus,
)
from marketplace.permissions import SYSTEM
from marketplace.services.case_dates import DATES, state_dates
from marketplace.services.caseload import Filters, ToDo, ToDoCounts, count_to_do, list_needs
from marketplace.services.deadlines import Deadline, deadlines, next_deadline
from tests import builders, commissioning

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
    waiting = builders.need(session, la, status=NeedStatus.CONSULTING)
    done = builders.need(session, la, status=NeedStatus.WITHDRAWN)
    caseload = list_needs(session, on=AT.date(), filters=Filters())
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
    pages = [list_needs(session, on=AT.date(), filters=Filters(), page=page) for page in (1, 2)]
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
    assert count_to_do(session, at=AT) == ToDoCounts(
        groups={ToDo.FINISH: 1, ToDo.UNPLACED: 3, ToDo.CHOOSE: 1}, unmatched=1, stale=2
    )


@pytest.fixture
def provision(session: Session, la: Authority) -> Provision:
    """What settings are asked about and awarded."""
    setting = builders.setting(session, la, builders.provider(session))
    found = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, found)
    return found


def listed(session: Session) -> dict[ToDo, list[Need]]:
    return list_needs(session, on=AT.date(), filters=Filters()).groups


def test_offers_silence_and_awards_say_what_needs_doing(session: Session, la: Authority, provision: Provision) -> None:
    offered, silent, asked, proposed, returned, again = (builders.need(session, la) for _ in range(6))
    commissioning.offer(session, commissioning.consultation(session, offered, provision))
    offered.status = NeedStatus.OFFERED
    commissioning.consultation(session, silent, provision, due_on=AT.date() - timedelta(days=1))
    commissioning.consultation(session, asked, provision, due_on=AT.date())  # the last day is in time
    silent.status = asked.status = NeedStatus.CONSULTING
    for need, *statuses in (
        (proposed, AwardStatus.PROPOSED),
        (returned, AwardStatus.RETURNED),
        (again, AwardStatus.RETURNED, AwardStatus.LAPSED),
    ):
        for status in statuses:
            note = "Ask the nearer one first." if status is AwardStatus.RETURNED else None
            commissioning.award(session, need, provision, status=status, decision_note=note)
    session.flush()
    assert listed(session) == {
        ToDo.APPROVE: [proposed],
        ToDo.RETURNED: [returned],
        ToDo.DECIDE: [offered],
        ToDo.SILENT: [silent],
        ToDo.CHOOSE: [again],
        ToDo.WAIT: [asked],
    }


@pytest.mark.parametrize(("days", "group"), [(-1, ToDo.OVERDUE), (0, ToDo.DUE), (14, ToDo.DUE), (15, ToDo.DECIDE)])
def test_a_deadline_in_law_comes_before_everything_else(
    session: Session, la: Authority, days: int, group: ToDo
) -> None:
    need = builders.need(session, la, status=NeedStatus.OFFERED)
    due = AT.date() + timedelta(days=days)
    commissioning.case_dates(session, need, next_due_on=due, next_clock=Clock.FINAL_PLAN)
    found = list_needs(session, on=AT.date(), filters=Filters())
    assert found.groups == {group: [need]}
    assert found.due == {need.id: Deadline(due, Clock.FINAL_PLAN)}


def test_also_a_placed_pupil_has_deadlines_and_a_withdrawn_need_has_none(session: Session, la: Authority) -> None:
    placed, withdrawn = (builders.need(session, la, status=s) for s in (NeedStatus.PLACED, NeedStatus.WITHDRAWN))
    for need in (placed, withdrawn):
        past = AT.date() - timedelta(days=1)
        commissioning.case_dates(session, need, next_due_on=past, next_clock=Clock.REVIEW_DECISION)
    assert listed(session) == {ToDo.OVERDUE: [placed], ToDo.DONE: [withdrawn]}


def test_what_is_kept_as_next_is_what_the_dates_say(session: Session, la: Authority) -> None:
    """The list goes by it, so it must be no other than the law's."""
    need = builders.need(session, la)
    dates: dict[str, Any] = {**dict.fromkeys(DATES), "requested_on": date(2026, 7, 1)}
    row = state_dates(session, SYSTEM, need_id=need.id, version=None, on=AT.date(), **dates)
    assert next_deadline(deadlines(row)) == Deadline(row.next_due_on, row.next_clock)  # type: ignore[arg-type]
    assert listed(session) == {ToDo.OVERDUE: [need]}
    state_dates(
        session, SYSTEM, need_id=need.id, version=row.version, on=AT.date(),
        **{**dates, "plan_issued_on": date(2026, 11, 20)},
    )  # fmt: skip
    assert listed(session) == {ToDo.CHOOSE: [need]}


def test_the_list_is_narrowed_to_what_needs_doing(session: Session, la: Authority) -> None:
    draft = builders.need(session, la, status=NeedStatus.DRAFT)
    builders.need(session, la)
    found = list_needs(session, on=AT.date(), filters=Filters(to_do=(ToDo.FINISH, ToDo.DECIDE)))
    assert (found.groups, found.count) == ({ToDo.FINISH: [draft]}, 1)


def test_the_list_takes_two_queries_however_many_needs_there_are(
    session: Session, la: Authority, provision: Provision, application: Engine
) -> None:
    for number in range(60):
        need = builders.need(session, la, status=NeedStatus.CONSULTING)
        commissioning.consultation(session, need, provision)
        commissioning.case_dates(session, need, next_due_on=date(2027, 1, 1 + number % 28), next_clock=Clock.FINAL_PLAN)
    session.expunge_all()
    sent: list[str] = []

    def note(*given: Any) -> None:
        sent.append(given[2])

    event.listen(application, "before_cursor_execute", note)
    found = list_needs(session, on=AT.date(), filters=Filters())
    event.remove(application, "before_cursor_execute", note)
    assert found.count == 60
    assert len(sent) == 2
