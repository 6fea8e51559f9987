"""Work that no web process does: runs, taken from the queue in the same PostgreSQL by any number of workers.

A job carries ids only. One process solves one run at a time, in a thread that may be left behind; while it solves, no
transaction is open and the run's row says at least every 2 seconds where it stands. Every worker also looks after the
queue: it takes back the jobs of workers that died, and fails their runs; and it surveys the published prices anew where
something has changed, or a day has begun.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import procrastinate

from marketplace.db import transaction
from marketplace.errors import MarketplaceError, Unavailable
from marketplace.models import today
from marketplace.observability import log
from marketplace.permissions import SYSTEM
from marketplace.services import calibrations, corridors, shadow_runs
from marketplace.services.benchmarks.survey import renew_survey
from marketplace.services.matching import steps as matching
from marketplace.services.work import LOST_AFTER, QUEUE, Claim, LostClaim, Steps, fail, fail_lost, note_progress

KINDS: tuple[Steps[Any, Any, Any], ...] = (matching.STEPS, calibrations.STEPS, shadow_runs.STEPS, corridors.STEPS)
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
    for steps in KINDS:
        app.task(name=steps.kind.TASK, queue=QUEUE)(_job(steps))
    return app


def _job(steps: Steps[Any, Any, Any]) -> Callable[[int], Awaitable[None]]:
    async def job(run_id: int) -> None:
        await do(steps, run_id)

    return job


async def _work(app: procrastinate.App, *, is_waiting: bool) -> None:
    async with app.open_async():
        await look_after(app)
        caretaker = asyncio.create_task(_keep_looking_after(app))
        try:
            await app.run_worker_async(
                queues=[QUEUE],
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
    """Queue again what a dead worker held, fail the runs that it was working on, and keep the survey of prices true."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=LOST_AFTER):
        await app.job_manager.retry_job(job)  # where its run was begun, the job finds it so and does nothing
    await asyncio.to_thread(_fail_lost_runs)
    await asyncio.to_thread(_renew_survey)


def _fail_lost_runs() -> None:
    with transaction(SYSTEM) as session:
        counts = {steps.kind.NOUN: fail_lost(session, SYSTEM, steps.kind) for steps in KINDS}
    for noun, count in counts.items():
        if count:
            log().warning("runs lost", kind=noun, count=count)


def _renew_survey() -> None:
    with transaction(SYSTEM) as session:
        survey = renew_survey(session, SYSTEM, on=today())
    if survey is not None:
        log().info("prices surveyed", survey_id=survey.id)


async def _keep_looking_after(app: procrastinate.App) -> None:
    while True:
        await asyncio.sleep(LOOK_AFTER_EVERY)
        try:
            await look_after(app)
        except (Unavailable, procrastinate.exceptions.ConnectorException) as error:  # it may be back in ten seconds
            log().error("queue not looked after", exc_info=error)


async def do(steps: Steps[Any, Any, Any], run_id: int) -> None:
    """The task: freeze, solve, keep; or a failed run with a sentence. A run that is not queued is left alone."""
    # Not in a thread: nobody can be told to stop between the claim and knowing of it.
    with transaction(SYSTEM) as session:
        claim = steps.claim(session, SYSTEM, run_id)
    if claim is None:
        return
    about = {"kind": steps.kind.NOUN, "run_id": run_id}
    try:
        frozen = await asyncio.to_thread(_freeze, steps, claim)
        found = await _solve(steps, claim, frozen)
        await asyncio.to_thread(_keep, steps, claim, frozen, found)
    except LostClaim:
        log().warning("claim lost", **about)
    except asyncio.CancelledError:
        words = "The worker was stopped before the run had ended. Start the run again."
        await asyncio.shield(_fail(steps, claim, words))
        raise
    except MarketplaceError as error:
        await _fail(steps, claim, str(error))
    except Exception as error:  # noqa: BLE001 - whatever it was, the run must not stay "running"
        log().error("run failed", **about, exc_info=error)
        await _fail(steps, claim, "Something unexpected went wrong. Tell the operator the number of this run.")
    else:
        log().info("run done", **about)


def _freeze(steps: Steps[Any, Any, Any], claim: Claim) -> Any:
    with transaction(SYSTEM) as session:
        return steps.freeze(session, SYSTEM, claim)


async def _solve(steps: Steps[Any, Any, Any], claim: Claim, frozen: Any) -> Any:
    """Solve in a thread of its own and note where it stands, until it ends or the claim is lost."""
    started = time.monotonic()
    stage: dict[str, Any] = {"stage": steps.solving}
    solved = _in_thread(lambda: steps.solve(claim, frozen, stage.update))
    while not solved.done():
        progress = {**stage, "seconds": round(time.monotonic() - started, 1)}
        with suppress(Unavailable):  # said again in a second
            await asyncio.to_thread(_note, steps, claim, progress)
        await asyncio.wait({solved}, timeout=PROGRESS_EVERY)
    return solved.result()


def _note(steps: Steps[Any, Any, Any], claim: Claim, progress: dict[str, Any]) -> None:
    with transaction(SYSTEM) as session:
        note_progress(session, steps.kind, claim, progress)


def _keep(steps: Steps[Any, Any, Any], claim: Claim, frozen: Any, found: Any) -> None:
    with transaction(SYSTEM) as session:
        steps.keep(session, SYSTEM, claim, frozen, found)


async def _fail(steps: Steps[Any, Any, Any], claim: Claim, error: str) -> None:
    def write() -> None:
        with suppress(LostClaim), transaction(SYSTEM) as session:
            fail(session, SYSTEM, steps.kind, claim, error=error)

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
