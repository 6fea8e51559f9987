"""Runs on a real worker: the queue of the same database, a real process, and what is left when one dies."""

import asyncio
import io
import signal
import subprocess
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import procrastinate
import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select, text, update
from structlog.testing import capture_logs

from marketplace import embedded, jobs
from marketplace.cli import main
from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, Unavailable
from marketplace.jobs import worker
from marketplace.models import Budget, MatchingRun, Recommendation, RunBudget, RunResult, RunStatus, Survey, today
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.matching import problem, results, runs, solving, steps
from optimiser import Policy
from optimiser.files import problem_sha256, read_problem
from tests import builders
from tests.workers import wait_until

ON = date(2026, 11, 23)


@pytest.fixture
def scope(database: Engine) -> int:  # noqa: ARG001
    """A region with a budgeted LA: three pupils, two places, and one pupil whom nothing suits."""
    with transaction(SYSTEM) as session:
        builders.framework(session)
        la = builders.authority(session)
        session.add(Budget(authority=la, amount=20_000_000))
        setting = builders.setting(session, la)
        builders.schedule(session, builders.provision(session, builders.pool(session, setting)))
        for _ in range(3):
            builders.need(session, la)
        builders.need(session, la, primary_need="VI")
        return la.region_id


def start(scope_id: int, **options: Any) -> int:
    with transaction(SYSTEM) as session:
        return runs.start_run(session, SYSTEM, scope_id=scope_id, on=ON, **{"seconds": 30, **options}).id


def read(run_id: int) -> MatchingRun:
    with transaction(SYSTEM) as session:
        return runs.get_run(session, run_id)


def count_recommendations() -> int | None:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Recommendation))


def work_off(addresses: embedded.Addresses) -> None:
    jobs.work(addresses.application, is_waiting=False)


def test_a_worker_surveys_the_prices_when_it_looks_after_the_queue(
    scope: int,  # noqa: ARG001
    addresses: embedded.Addresses,
) -> None:
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    for _ in range(2):  # the second finds nothing new
        work_off(addresses)
        with transaction(SYSTEM) as session:
            (survey,) = session.scalars(select(Survey)).all()
            assert (survey.on, survey.left_out) == (today(), 3)  # the hours of its three prices are not stated


def test_a_worker_places_the_pupils_and_says_why_not_the_others(scope: int, addresses: embedded.Addresses) -> None:
    run_id = start(scope)
    assert read(run_id).status is RunStatus.QUEUED
    work_off(addresses)
    run = read(run_id)
    assert (run.status, run.error, run.token) == (RunStatus.DONE, None, None)
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.progress is not None
    with transaction(SYSTEM) as session:
        found = session.scalars(select(Recommendation).order_by(Recommendation.need_id)).all()
        result = session.get_one(RunResult, run_id)
        assert [row.reason for row in found].count("capacity") == 1
        assert [row.reason for row in found].count("no_option") == 1
        placed = [row for row in found if row.provision_id]
        assert {(row.price, row.fte, row.band, row.phase) for row in placed} == {(4_800_000, 1, "intensive", "choices")}
        assert "does not meet the primary need: 1" in next(
            row.detail or "" for row in found if row.reason == "no_option"
        )
        assert result.summary is not None
        assert result.summary["sha256"] == result.sha256
        assert result.summary["placed"] == 2
        assert result.pools is not None
        budget = session.scalars(select(RunBudget)).one()
        assert budget.remaining == 20_000_000 - sum(row.price + row.transport for row in placed)
        assert result.pools[0]["shadow_price"] > 0


def unzipped(content: bytes | None, folder: Path) -> Path:
    assert content is not None
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder


def test_the_frozen_problem_solved_again_on_files_gives_the_kept_answer_to_the_byte(
    scope: int, addresses: embedded.Addresses, tmp_path: Path
) -> None:
    run_id = start(scope)
    work_off(addresses)
    with transaction(SYSTEM) as session:
        result = session.get_one(RunResult, run_id)
        frozen = unzipped(result.problem, tmp_path / "problem")
        kept = unzipped(result.answer, tmp_path / "kept")
        assert problem_sha256(read_problem(frozen)) == result.sha256
    again = tmp_path / "again"
    outcome = CliRunner().invoke(main, ["match", str(frozen), "--out", str(again)])
    assert outcome.exit_code == 0, outcome.output
    for name in ("assignments.csv", "unplaced.csv", "pools.csv", "budgets.csv"):
        assert (again / name).read_bytes() == (kept / name).read_bytes()
    assert len((kept / "assignments.csv").read_text().splitlines()) == 1 + 2


def test_the_same_problem_makes_the_same_archive(scope: int) -> None:
    with transaction(SYSTEM) as session:
        frozen = [problem.freeze(session, SYSTEM, scope_id=scope, on=ON, policy=Policy()) for _ in range(2)]
    assert results.zip_of_problem(frozen[0].problem) == results.zip_of_problem(frozen[1].problem)


def test_a_run_that_cannot_be_solved_fails_in_words_and_recommends_nothing(
    scope: int, addresses: embedded.Addresses
) -> None:
    run_id = start(scope, policy=Policy(journeys={"day": 0, "weekly": 76, "termly": 12, "annual": 12}))
    work_off(addresses)
    run = read(run_id)
    assert run.status is RunStatus.FAILED
    assert "the policy's journeys must name day" in (run.error or "")
    assert count_recommendations() == 0


def test_a_run_on_a_day_without_a_framework_fails_in_words(scope: int, addresses: embedded.Addresses) -> None:
    with transaction(SYSTEM) as session:
        run_id = runs.start_run(session, SYSTEM, scope_id=scope, on=date(2020, 1, 1)).id
    work_off(addresses)
    assert "No framework is in force" in (read(run_id).error or "")


# --- who may write ---


def claimed(scope_id: int) -> tuple[runs.Claim, problem.Frozen]:
    """A run taken by a worker that has frozen its problem."""
    run_id = start(scope_id)
    with transaction(SYSTEM) as session:
        claim = runs.claim_run(session, SYSTEM, run_id=run_id)
        assert claim is not None
        frozen = problem.freeze(session, SYSTEM, scope_id=claim.scope_id, on=claim.on, policy=claim.policy)
        results.keep_problem(session, claim, frozen)
    return claim, frozen


def found_by(claim: runs.Claim, frozen: problem.Frozen) -> results.Findings:
    answer = solving.solve(frozen.problem, seconds=claim.seconds, note=lambda _: None)
    with transaction(SYSTEM) as session:
        return results.findings(frozen, answer, results.setting_names(session, frozen))


def fall_silent(run_id: int) -> None:
    """The run's worker has given no sign of life for longer than it may."""
    with transaction(SYSTEM) as session:
        silence = text(f"interval '{work.LOST_AFTER + 1} seconds'")
        session.execute(update(MatchingRun).where(MatchingRun.id == run_id).values(seen_at=func.now() - silence))


def test_an_answer_that_fails_its_check_is_not_kept(scope: int) -> None:
    claim, frozen = claimed(scope)
    answer = solving.solve(frozen.problem, seconds=claim.seconds, note=lambda _: None)
    with pytest.raises(solving.NoAnswer, match="failed its check in"):
        solving.checked(frozen.problem, replace(answer, unplaced=()))


def test_a_run_is_claimed_once(scope: int) -> None:
    run_id = start(scope)
    with transaction(SYSTEM) as session:
        assert runs.claim_run(session, SYSTEM, run_id=run_id) is not None
    with transaction(SYSTEM) as session:
        assert runs.claim_run(session, SYSTEM, run_id=run_id) is None
        assert runs.claim_run(session, SYSTEM, run_id=0) is None


def test_a_worker_that_was_given_up_and_comes_back_writes_nothing(scope: int) -> None:
    claim, frozen = claimed(scope)
    found = found_by(claim, frozen)
    fall_silent(claim.run_id)
    with transaction(SYSTEM) as session:
        assert work.fail_lost(session, SYSTEM, MatchingRun) == 1
    writes: list[Callable[[Any], None]] = [
        lambda session: work.note_progress(session, MatchingRun, claim, {"stage": "zombie"}),
        lambda session: results.keep_answer(session, SYSTEM, claim, frozen=frozen, found=found),
        lambda session: work.fail(session, SYSTEM, MatchingRun, claim, error="zombie"),
        lambda session: runs.finish_run(session, SYSTEM, claim),
    ]
    for write in writes:
        with pytest.raises(work.LostClaim), transaction(SYSTEM) as session:
            write(session)
    assert (read(claim.run_id).status, count_recommendations()) == (RunStatus.FAILED, 0)


def test_the_token_of_another_claim_writes_nothing(scope: int) -> None:
    claim, frozen = claimed(scope)
    found, other = found_by(claim, frozen), replace(claim, token=uuid4())
    with pytest.raises(work.LostClaim), transaction(SYSTEM) as session:
        results.keep_answer(session, SYSTEM, other, frozen=frozen, found=found)
    assert (read(claim.run_id).status, count_recommendations()) == (RunStatus.RUNNING, 0)


def test_an_answer_is_kept_whole_or_not_at_all(scope: int) -> None:
    claim, frozen = claimed(scope)
    found = found_by(claim, frozen)
    half = replace(frozen, needs=dict(list(frozen.needs.items())[:2]))
    with pytest.raises(KeyError), transaction(SYSTEM) as session:
        results.keep_answer(session, SYSTEM, claim, frozen=half, found=found)
    assert (read(claim.run_id).status, count_recommendations()) == (RunStatus.RUNNING, 0)


def test_a_run_that_is_cancelled_before_a_worker_takes_it_is_left_alone(
    scope: int, addresses: embedded.Addresses
) -> None:
    run_id = start(scope)
    with transaction(SYSTEM) as session:
        runs.cancel_run(session, SYSTEM, run_id=run_id)
    work_off(addresses)
    assert (read(run_id).status, read(run_id).error) == (RunStatus.CANCELLED, None)
    assert count_recommendations() == 0


def test_a_run_that_is_cancelled_is_solved_no_further_and_keeps_nothing(scope: int) -> None:
    run_id, stages = start(scope), Event()
    heard: list[str] = []

    def solve(_: Any, __: Any, note: work.Note) -> None:
        with suppress(work.LostClaim):
            while not stages.wait(0.05):
                note({"stage": "choices: relaxation"})
                heard.append("")
        stages.set()

    async def cancelled() -> None:
        task = asyncio.create_task(jobs.do(replace(steps.STEPS, solve=solve), run_id))
        while not heard:
            await asyncio.sleep(0.01)
        with transaction(SYSTEM) as session:
            runs.cancel_run(session, SYSTEM, run_id=run_id)
        await task

    asyncio.run(cancelled())
    assert stages.wait(5), "the thread that solves went on"
    assert (read(run_id).status, read(run_id).token, count_recommendations()) == (RunStatus.CANCELLED, None, 0)


def test_a_run_that_has_ended_is_not_cancelled(scope: int, addresses: embedded.Addresses) -> None:
    run_id = start(scope)
    work_off(addresses)
    with pytest.raises(InvalidTransition, match="has ended already"), transaction(SYSTEM) as session:
        runs.cancel_run(session, SYSTEM, run_id=run_id)


def test_a_run_that_would_take_more_memory_than_it_may_is_not_begun(scope: int, addresses: embedded.Addresses) -> None:
    run_id = start(scope, memory_gb=0.001)
    work_off(addresses)
    run = read(run_id)
    assert run.status is RunStatus.FAILED
    assert "GB of memory would be needed" in (run.error or "")
    assert "more than the 0.001 GB allowed. Match fewer pupils" in (run.error or "")


@pytest.mark.parametrize("memory_gb", [0.0, -1.0, 5_000.0, float("nan")])
def test_a_limit_of_memory_that_is_none_is_refused(scope: int, memory_gb: float) -> None:
    with pytest.raises(Invalid) as refused:
        start(scope, memory_gb=memory_gb)
    assert set(refused.value.errors) == {"memory_gb"}


# --- workers that die, stop, or come twice ---


def test_a_worker_process_takes_runs_until_it_is_told_to_stop(
    scope: int, work_in_a_process: Callable[[], subprocess.Popen[str]]
) -> None:
    worker = work_in_a_process()
    for _ in range(2):
        run_id = start(scope)
        wait_until(lambda run_id=run_id: read(run_id).status is RunStatus.DONE)  # type: ignore[misc]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def test_the_run_of_a_worker_that_was_killed_fails_and_the_next_can_start(
    scope: int, addresses: embedded.Addresses, owner: Engine, work_in_a_process: Callable[[], subprocess.Popen[str]]
) -> None:
    run_id = start(scope)
    with owner.begin() as connection:
        connection.execute(text("LOCK TABLE needs"))  # keeps a worker at the reading of them
        worker = work_in_a_process()
        wait_until(lambda: read(run_id).status is RunStatus.RUNNING)
        worker.kill()
        worker.wait()
    fall_silent(run_id)
    with owner.begin() as connection:
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
    work_off(addresses)
    assert read(run_id).status is RunStatus.FAILED
    assert "Its worker stopped" in (read(run_id).error or "")
    assert count_recommendations() == 0
    again = start(scope)
    work_off(addresses)
    assert read(again).status is RunStatus.DONE
    with owner.connect() as connection:
        runs_queued = "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'matching'"
        assert connection.scalar(text(runs_queued)) == 0


def test_a_run_whose_worker_is_dead_does_not_block_its_scope_though_no_worker_is_left(scope: int) -> None:
    claim, _ = claimed(scope)
    fall_silent(claim.run_id)
    assert read(start(scope)).status is RunStatus.QUEUED
    assert read(claim.run_id).status is RunStatus.FAILED


def test_a_job_whose_worker_died_before_it_began_is_done_by_the_next(
    scope: int, addresses: embedded.Addresses, owner: Engine
) -> None:
    run_id = start(scope)
    with owner.begin() as connection:  # what `kill -9` leaves: a job being done by nobody
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    work_off(addresses)
    assert read(run_id).status is RunStatus.DONE


def test_a_run_that_its_worker_is_told_to_leave_fails_in_words(scope: int, owner: Engine) -> None:
    run_id = start(scope)

    async def stopped() -> None:
        task = asyncio.create_task(jobs.do(steps.STEPS, run_id))
        while read(run_id).status is RunStatus.QUEUED:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with owner.begin() as connection:
        connection.execute(text("LOCK TABLE needs"))
        asyncio.run(stopped())
    assert "The worker was stopped" in (read(run_id).error or "")
    assert count_recommendations() == 0


@pytest.mark.parametrize(
    "lost", [Unavailable("gone"), procrastinate.exceptions.ConnectorException("gone"), psycopg.OperationalError("gone")]
)
def test_a_worker_that_loses_its_database_begins_again(monkeypatch: pytest.MonkeyPatch, lost: Exception) -> None:
    begun = []

    async def begin(stopped: asyncio.Event, *_: Any) -> None:
        begun.append(1)
        if len(begun) == 1:
            raise lost
        stopped.set()

    monkeypatch.setattr(worker, "_work_until", begin)
    monkeypatch.setattr(worker, "LOOK_AFTER_EVERY", 0.01)
    with capture_logs() as logs:
        worker.work("postgresql://nowhere/nothing")
    assert len(begun) == 2
    assert [entry["event"] for entry in logs] == ["mail stays queued", "worker without its database"]


def test_a_job_is_queued_in_the_transaction_of_its_run_or_not_at_all(scope: int, owner: Engine) -> None:
    with suppress(RuntimeError), transaction(SYSTEM) as session:
        runs.start_run(session, SYSTEM, scope_id=scope, on=ON)
        raise RuntimeError
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
        assert connection.scalar(text("SELECT count(*) FROM matching_runs")) == 0


def test_of_eight_who_start_a_run_at_once_one_does(scope: int) -> None:
    def attempt(_: int) -> str:
        try:
            return f"run {start(scope)}"
        except Conflict as conflict:
            return str(conflict)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(attempt, range(8)))
    assert sum(answer.startswith("run") for answer in answers) == 1
    assert sum("already under way" in answer for answer in answers) == 7
