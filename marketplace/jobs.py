"""Work that no web process does: matching runs, taken from the queue in the same PostgreSQL by any number of workers.

A job carries ids only. One process solves one run at a time, in a thread that may be left behind; while it solves, no
transaction is open and the run's row says at least every 2 seconds where it stands. Every worker also looks after the
queue: it takes back the jobs of workers that died, and fails their runs.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import procrastinate

from marketplace.db import transaction
from marketplace.errors import MarketplaceError, Unavailable
from marketplace.observability import log
from marketplace.permissions import SYSTEM
from marketplace.services.matching import problem, results, runs, solving

PROGRESS_EVERY = 1.0  # seconds
LOOK_AFTER_EVERY = 10.0
GRACE = 20.0  # seconds that a run has left when its worker is told to stop

T = TypeVar("T")


def work(address: str, *, is_waiting: bool = True) -> None:
    """Work on queued runs at the application role's address: until told to stop, or until the queue is empty.

    SIGTERM and SIGINT end it in good order: no new run is taken, the one under way has GRACE seconds to end and fails
    in words when it does not.
    """
    asyncio.run(_work(queue(address), is_waiting=is_waiting))


def queue(address: str) -> procrastinate.App:
    """The queue, whose tasks are known by the names under which services defer them."""
    connector = procrastinate.PsycopgConnector(conninfo=address.replace("postgresql+psycopg://", "postgresql://", 1))
    app = procrastinate.App(connector=connector)
    app.task(name=runs.TASK, queue=runs.QUEUE)(run_matching)
    return app


async def _work(app: procrastinate.App, *, is_waiting: bool) -> None:
    async with app.open_async():
        await look_after(app)
        caretaker = asyncio.create_task(_keep_looking_after(app))
        try:
            await app.run_worker_async(
                queues=[runs.QUEUE],
                wait=is_waiting,
                concurrency=1,
                delete_jobs="successful",
                shutdown_graceful_timeout=GRACE,
            )
        finally:
            caretaker.cancel()
            with suppress(asyncio.CancelledError):
                await caretaker


async def look_after(app: procrastinate.App) -> None:
    """Queue again what a dead worker held, and fail the runs that it was working on."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=runs.LOST_AFTER):
        await app.job_manager.retry_job(job)  # where its run was begun, the job finds it so and does nothing
    await asyncio.to_thread(_fail_lost_runs)


def _fail_lost_runs() -> None:
    with transaction(SYSTEM) as session:
        count = runs.fail_lost_runs(session, SYSTEM)
    if count:
        log().warning("runs lost", count=count)


async def _keep_looking_after(app: procrastinate.App) -> None:
    while True:
        await asyncio.sleep(LOOK_AFTER_EVERY)
        try:
            await look_after(app)
        except (Unavailable, procrastinate.exceptions.ConnectorException) as error:  # it may be back in ten seconds
            log().error("queue not looked after", exc_info=error)


async def run_matching(run_id: int) -> None:
    """The task: freeze, solve, check, keep; or a failed run with a sentence. A run that is not queued is left alone."""
    claim = _claim(run_id)  # not in a thread: nobody can be told to stop between the claim and knowing of it
    if claim is None:
        return
    try:
        frozen, names = await asyncio.to_thread(_freeze, claim)
        found = await _solve(claim, frozen, names)
        await asyncio.to_thread(_keep, claim, frozen, found)
    except runs.LostClaim:
        log().warning("claim lost", run_id=run_id)
    except asyncio.CancelledError:
        await asyncio.shield(_fail(claim, "The worker was stopped before the run had ended. Start the run again."))
        raise
    except MarketplaceError as error:
        await _fail(claim, str(error))
    except Exception as error:  # noqa: BLE001 - whatever it was, the run must not stay "running"
        log().error("run failed", run_id=run_id, exc_info=error)
        await _fail(claim, "Something unexpected went wrong. Tell the operator the number of this run.")
    else:
        log().info("run done", run_id=run_id)


def _claim(run_id: int) -> runs.Claim | None:
    with transaction(SYSTEM) as session:
        return runs.claim_run(session, SYSTEM, run_id=run_id)


def _freeze(claim: runs.Claim) -> tuple[problem.Frozen, dict[str, str]]:
    with transaction(SYSTEM) as session:
        frozen = problem.freeze(session, SYSTEM, scope_id=claim.scope_id, on=claim.on, policy=claim.policy)
        results.keep_problem(session, claim, frozen)
        return frozen, results.setting_names(session, frozen)


async def _solve(claim: runs.Claim, frozen: problem.Frozen, names: dict[str, str]) -> results.Findings:
    """Solve in a thread of its own and note where it stands, until it ends or the claim is lost."""
    started = time.monotonic()
    stage: dict[str, Any] = {"stage": "options"}

    def found() -> results.Findings:
        answer = solving.solve(frozen.problem, seconds=claim.seconds, note=stage.update)
        return results.findings(frozen, answer, names)

    solved = _in_thread(found)
    while not solved.done():
        progress = {**stage, "seconds": round(time.monotonic() - started, 1)}
        with suppress(Unavailable):  # said again in a second
            await asyncio.to_thread(_note, claim, progress)
        await asyncio.wait({solved}, timeout=PROGRESS_EVERY)
    return solved.result()


def _note(claim: runs.Claim, progress: dict[str, Any]) -> None:
    with transaction(SYSTEM) as session:
        runs.note_progress(session, claim, progress)


def _keep(claim: runs.Claim, frozen: problem.Frozen, found: results.Findings) -> None:
    with transaction(SYSTEM) as session:
        results.keep_answer(session, SYSTEM, claim, frozen=frozen, found=found)


async def _fail(claim: runs.Claim, error: str) -> None:
    def write() -> None:
        with suppress(runs.LostClaim), transaction(SYSTEM) as session:
            runs.fail_run(session, SYSTEM, claim, error=error)

    await asyncio.to_thread(write)


def _in_thread(act: Callable[[], T]) -> asyncio.Future[T]:
    """Run `act` in a thread that does not keep the process alive: a solver cannot be told to stop, only be left."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            set_(value)

    def run() -> None:
        try:
            value = act()
        except BaseException as error:  # noqa: BLE001 - raised again where the future is awaited
            outcome: tuple[Callable[[Any], None], Any] = (future.set_exception, error)
        else:
            outcome = (future.set_result, value)
        with suppress(RuntimeError):  # the loop may be closed: nobody waits any more
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True).start()
    return future
