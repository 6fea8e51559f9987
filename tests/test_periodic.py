"""What the clock brings, once each though several schedulers are at it, and in time (R17)."""

import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Select
from structlog.testing import capture_logs

from marketplace import embedded, jobs
from marketplace.db import transaction
from marketplace.jobs import periodic
from marketplace.jobs.periodic import ROUNDS, do_round
from marketplace.models import (
    AuditEvent,
    Award,
    AwardStatus,
    Claim,
    ClaimEnd,
    Consultation,
    LedgerLine,
    Message,
    Placement,
    PlacementStatus,
    Pool,
    Provision,
    Role,
    Vacancy,
    now,
)
from marketplace.permissions import SYSTEM
from marketplace.services import capacity, reminders
from tests import builders, commissioning
from tests.workers import wait_until

AT = datetime(2026, 12, 1, 10, tzinfo=UTC)
ROUND = {each.name: each for each in ROUNDS}
POOLS, HOLDS = 10, 10  # of each pool

pytestmark = pytest.mark.usefixtures("database")


def provisions(session: Session, count: int = 1, places: int = HOLDS) -> list[Provision]:
    la, trust = builders.authority(session), builders.provider(session)
    builders.user(session, trust, Role.PROVIDER_EDITOR)
    builders.user(session, la, Role.COMMISSIONER)
    found = []
    for _ in range(count):
        setting = builders.setting(session, la, trust)
        pool = builders.pool(session, setting, (7, 11, date(2026, 9, 1), str(places)))
        found.append(builders.provision(session, pool))
        builders.schedule(session, found[-1])
    return found


def consulted(session: Session, provision: Provision, framework: Any, **fields: Any) -> Consultation:
    need = builders.need(session, provision.setting.authority, framework)
    return commissioning.consultation(session, need, provision, reminded=fields.pop("reminded", 15), **fields)


def held(until: datetime = AT, pools: int = POOLS, holds: int = HOLDS) -> None:
    """Offers for which places are held until an instant, as many as there are places."""
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        for provision in provisions(session, pools, holds):
            (vacancy,) = provision.pool.vacancies
            for _ in range(holds):
                row = consulted(session, provision, framework)
                commissioning.offer(session, row, held_until=until)
                commissioning.claim(session, vacancy, row, held_until=until)


def proposed(count: int = HOLDS * POOLS) -> None:
    """Proposals that nobody has decided by an instant, each with the place that it holds."""
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        (provision,) = provisions(session, places=count)
        (vacancy,) = provision.pool.vacancies
        for _ in range(count):
            row = consulted(session, provision, framework)
            commissioning.offer(session, row)
            award = commissioning.award(session, row.need, provision, row, status=AwardStatus.PROPOSED, held_until=AT)
            commissioning.claim(session, vacancy, award, held_until=AT)


def asked(count: int = HOLDS * POOLS, **fields: Any) -> None:
    """Consultations that were sent on 2 November and have no reply."""
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        (provision,) = provisions(session)
        for _ in range(count):
            consulted(session, provision, framework, reminded=0, **fields)


def both(name: str, *, at: datetime) -> int:
    """Two schedulers do a round at the same instant; returns how many things they say they have done."""
    start = Barrier(2)

    def schedule() -> int:
        start.wait()
        return do_round(ROUND[name], at=at)

    with capture_logs() as logs, ThreadPoolExecutor(2) as threads:
        count = sum(threads.map(lambda _: schedule(), range(2)))
    assert [entry for entry in logs if entry["log_level"] == "error"] == []  # neither ran into the other
    return count


def events(name: str) -> list[int]:
    with transaction(SYSTEM) as session:
        query = select(AuditEvent.subject_id).where(AuditEvent.event == name).order_by(AuditEvent.subject_id)
        return [subject_id or 0 for subject_id in session.scalars(query)]


def used() -> list[Decimal]:
    with transaction(SYSTEM) as session:
        return list(session.scalars(select(Vacancy.used).order_by(Vacancy.id)))


def told(template: str) -> int:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Message).where(Message.template == template)) or 0


# --- once, with two schedulers × 100 items ---


def test_each_hold_expires_once_and_its_place_is_free() -> None:
    held()
    assert used() == [HOLDS] * POOLS
    assert both("expire_holds", at=AT) == POOLS * HOLDS
    assert used() == [0] * POOLS
    assert len(events("hold expired")) == POOLS * HOLDS
    with transaction(SYSTEM) as session:
        ended = session.execute(select(Claim.ended_at, Claim.end_kind, Claim.vacancy_id)).all()
        assert set(ended) == {(AT, ClaimEnd.FREED, None)}
    assert do_round(ROUND["expire_holds"], at=AT) == 0


def test_each_proposal_lapses_once() -> None:
    proposed()
    assert both("lapse_awards", at=AT) == HOLDS * POOLS
    assert used() == [0]
    with transaction(SYSTEM) as session:
        assert set(session.scalars(select(Award.status))) == {AwardStatus.LAPSED}
    lapsed = events("award lapsed")
    assert len(lapsed) == len(set(lapsed)) == HOLDS * POOLS == told("award_lapsed")


def test_each_reminder_is_given_once() -> None:
    asked()
    assert both("remind", at=datetime(2026, 11, 9, 8, tzinfo=UTC)) == HOLDS * POOLS
    reminded = events("setting reminded")
    assert len(reminded) == len(set(reminded)) == HOLDS * POOLS == told("consultation_reminder")
    assert told("consultation_silent") == 0


def running_placements(count: int, **fields: Any) -> None:
    """Placements that have begun on 4 January 2027 and are charged up to 31 March."""
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        (provision,) = provisions(session)
        for _ in range(count):
            award = commissioning.award(
                session, builders.need(session, provision.setting.authority, framework), provision
            )
            commissioning.placement(session, award, **fields)


def test_each_placement_whose_notice_has_run_out_ends_once() -> None:
    running_placements(20, ends_on=date(2027, 2, 26))
    last_day = datetime(2027, 2, 26, 12, tzinfo=UTC)
    assert do_round(ROUND["end_due"], at=last_day) == 0
    assert both("end_due", at=last_day + timedelta(days=1)) == 20
    ended = events("placement ended")
    assert len(ended) == len(set(ended)) == 20
    assert told("placement_ended") == 2 * 20  # both sides
    with transaction(SYSTEM) as session:
        assert set(session.scalars(select(Placement.status))) == {PlacementStatus.ENDED}


def test_each_running_placement_is_charged_on_once() -> None:
    running_placements(20)
    assert both("carry_charges", at=datetime(2027, 4, 1, 0, 15, tzinfo=UTC)) == 20
    carried = events("placement carried")
    assert len(carried) == len(set(carried)) == 20
    with transaction(SYSTEM) as session:
        assert set(session.scalars(select(func.max(LedgerLine.ends_on)).group_by(LedgerLine.placement_id))) == {
            date(2029, 3, 31)
        }
    assert both("carry_charges", at=datetime(2027, 4, 1, 1, 15, tzinfo=UTC)) == 0


# --- the positive control: without the row lock the same holds are freed twice ---


def freed_by_two() -> list[int]:
    """How many holds of one pool two schedulers free, where the second looks before the first has committed."""
    with transaction(SYSTEM) as session:
        (pool_id,) = session.scalars(select(Pool.id))

    def expire(session: Session) -> int:
        return capacity.expire_holds(session, SYSTEM, pool_id=pool_id, at=AT)

    def second() -> int:
        with transaction(SYSTEM) as session:
            return expire(session)

    with ThreadPoolExecutor(1) as thread:
        with transaction(SYSTEM) as session:
            first = expire(session)
            other: Future[int] = thread.submit(second)
            time.sleep(0.5)  # it waits for the row, or has passed it over
        return [first, other.result()]


def test_a_pool_that_somebody_has_in_hand_is_passed_over() -> None:
    held(pools=1)
    with transaction(SYSTEM) as session:  # another place is taken by somebody who stays
        session.scalars(select(Vacancy)).one().amount += 5
        session.scalars(select(Vacancy)).one().used += 5
    assert freed_by_two() == [HOLDS, 0]
    assert used() == [5]


def test_mutant_expiry_without_the_row_lock_frees_a_place_that_somebody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    held(pools=1, holds=5)
    with transaction(SYSTEM) as session:
        session.scalars(select(Vacancy)).one().amount += 5
        session.scalars(select(Vacancy)).one().used += 5
    monkeypatch.setattr(Select, "with_for_update", lambda query, **_: query)
    assert freed_by_two() == [5, 5]
    assert used() == [0]  # the five of somebody else are gone


# --- when ---


@pytest.mark.parametrize(("after", "count"), [(-timedelta(microseconds=1), 0), (timedelta(0), 1)])
def test_a_hold_ends_at_its_instant_and_not_before(after: timedelta, count: int) -> None:
    held(pools=1, holds=1)
    assert do_round(ROUND["expire_holds"], at=AT + after) == count


def test_the_offer_stands_when_its_hold_has_ended_and_a_page_of_vacancies_is_stale() -> None:
    held(pools=1, holds=1)
    with transaction(SYSTEM) as session:
        before = session.scalars(select(Pool.version)).one()
    do_round(ROUND["expire_holds"], at=AT)
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Pool.version)).one() > before
        assert session.scalars(select(Consultation)).one().offer is not None


def test_what_is_held_for_a_proposal_waits_for_the_proposal_to_lapse() -> None:
    proposed(1)
    with capture_logs() as logs:
        assert do_round(ROUND["expire_holds"], at=AT) == 0
    assert (used(), logs) == ([1], [])


@pytest.mark.parametrize(
    ("at", "reminded"),
    [
        (datetime(2026, 11, 8, 23, 59, 59, tzinfo=UTC), 0),  # day 6
        (datetime(2026, 11, 9, 0, 0, tzinfo=UTC), 7),
        (datetime(2026, 11, 13, 23, 59, 59, tzinfo=UTC), 7),
        (datetime(2026, 11, 14, 0, 0, tzinfo=UTC), 12),
        (datetime(2026, 11, 17, 0, 0, tzinfo=UTC), 15),
        (datetime(2026, 12, 24, 0, 0, tzinfo=UTC), 15),
    ],
)
def test_settings_are_reminded_on_days_7_12_and_15(at: datetime, reminded: int) -> None:
    asked(1)
    assert do_round(ROUND["remind"], at=at) == bool(reminded)
    assert do_round(ROUND["remind"], at=at) == 0
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Consultation.reminded)).one() == reminded
    assert told("consultation_reminder") == bool(reminded)
    assert told("consultation_silent") == (reminded == 15)


def test_days_are_counted_by_the_midnights_of_london_in_summer() -> None:
    asked(1, sent_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC), due_on=date(2026, 7, 16))  # 1 July there
    assert do_round(ROUND["remind"], at=datetime(2026, 7, 7, 22, 59, 59, tzinfo=UTC)) == 0
    assert do_round(ROUND["remind"], at=datetime(2026, 7, 7, 23, 0, tzinfo=UTC)) == 1


def test_all_three_reminders_are_given_in_their_time() -> None:
    asked(1)
    for day in range(20):
        do_round(ROUND["remind"], at=datetime(2026, 11, 2, 12, tzinfo=UTC) + timedelta(days=day))
    assert told("consultation_reminder") == 3
    assert told("consultation_silent") == 1


def test_who_has_replied_is_not_reminded() -> None:
    asked(1)
    with transaction(SYSTEM) as session:
        commissioning.refusal(session, session.scalars(select(Consultation)).one())
    assert do_round(ROUND["remind"], at=AT) == 0


def test_one_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked(3)
    with transaction(SYSTEM) as session:
        bad = session.scalars(select(Consultation.id).order_by(Consultation.id)).first()
    real = reminders.remind

    def failing(session: Session, *of: Any, only: int, **fields: Any) -> int:
        if only == bad:
            raise ValueError("canary")
        return real(session, *of, only=only, **fields)

    monkeypatch.setattr(reminders, "remind", failing)
    with capture_logs() as logs:
        assert do_round(ROUND["remind"], at=AT) == 2
    (said,) = [entry for entry in logs if entry["event"] == "periodic task failed"]
    assert (said["task"], said["id"]) == ("remind", bad)


def test_rounds_go_by_the_clock_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    held(until=now() - timedelta(seconds=1), pools=1, holds=1)
    monkeypatch.setattr(periodic, "clock", lambda _: AT - timedelta(days=400))
    assert do_round(ROUND["expire_holds"]) == 0
    monkeypatch.undo()
    assert do_round(ROUND["expire_holds"]) == 1


# --- by a worker ---


def test_a_worker_frees_a_place_within_a_minute_though_a_run_and_others_are_at_it(
    work_in_a_process: Callable[..., subprocess.Popen[str]],
) -> None:
    for _ in range(2):
        work_in_a_process()
    until = now() + timedelta(seconds=8)
    held(until=until, pools=3, holds=2)
    wait_until(lambda: used() == [0] * 3)
    assert timedelta(0) < now() - until < timedelta(seconds=60)
    assert len(events("hold expired")) == 6


def test_each_night_what_is_broken_of_the_data_is_an_error_in_the_log_with_its_rows() -> None:
    with transaction(SYSTEM) as session:
        provisions(session)
    with capture_logs() as logs:
        assert do_round(ROUND["verify"]) == 0
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    with transaction(SYSTEM) as session:
        vacancy = session.scalars(select(Vacancy)).one()
        vacancy.used = Decimal(1)
    with capture_logs() as logs:
        assert do_round(ROUND["verify"]) == 1
    (said,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (said["event"], said["rule"], said["rows"]) == ("rule broken", "capacity", (f"vacancy {vacancy.id}",))


def test_every_round_is_known_to_the_queue_by_a_name_of_its_own() -> None:
    names: Sequence[str] = [each.name for each in ROUNDS]
    assert len(set(names)) == len(names)


def test_a_worker_that_is_asked_once_does_what_is_due(addresses: embedded.Addresses) -> None:
    held(until=now() - timedelta(seconds=1), pools=1, holds=1)
    jobs.work(addresses.application, is_waiting=False)
    assert used() == [0]
