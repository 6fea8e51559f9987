"""A worker: runs, mail and periodic tasks side by side in one process, and a caretaker that looks after the queue.

The caretaker takes back the jobs of workers that died, and fails their runs; and it surveys the published prices anew
where something has changed, or a day has begun. It is no job itself: a queue cannot look after itself.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

import procrastinate
import psycopg

from marketplace.config import Mail
from marketplace.db import transaction
from marketplace.errors import Unavailable
from marketplace.jobs import messages, periodic
from marketplace.jobs.runs import KINDS, do, fail_lost_runs
from marketplace.models import Message, today
from marketplace.observability import log
from marketplace.permissions import SYSTEM
from marketplace.services import outbox
from marketplace.services.benchmarks.survey import renew_survey
from marketplace.services.work import LOST_AFTER, QUEUE, Steps

LOOK_AFTER_EVERY = 10.0  # seconds
GRACE = 20.0  # seconds that a job has left when its worker is told to stop
# queue → how many of its jobs a process works on at once. One solve takes all that a process has.
AT_ONCE: Mapping[str, int] = {QUEUE: 1, outbox.QUEUE: 4, periodic.QUEUE: 1}
LOST_DATABASE = (Unavailable, procrastinate.exceptions.ConnectorException, psycopg.OperationalError)


def work(address: str, *, mail: Mail | None = None, is_waiting: bool = True) -> None:
    """Work on what is queued at the application role's address: until told to stop, or until all that is due is done.
    Without a mail server mail stays queued.

    SIGTERM and SIGINT end it in good order: nothing new is taken, what is under way has GRACE seconds to end; a run
    fails in words when it does not.
    """
    if mail is None:
        log().warning("mail stays queued", because="MARKETPLACE_SMTP is not set")
    asyncio.run(_keep_working(address, mail) if is_waiting else _work_off(address, mail))


def queue(connector: procrastinate.PsycopgConnector, mail: Mail | None, *, is_periodic: bool) -> procrastinate.App:
    """The queue, whose tasks are known by the names under which services defer them."""
    app = procrastinate.App(connector=connector)
    for steps in KINDS:
        app.task(name=steps.kind.TASK, queue=QUEUE)(_run_job(steps))
    if mail is not None:
        app.task(name=Message.TASK, queue=outbox.QUEUE, retry=messages.AsTold())(messages.job_of(mail))
    for round_ in periodic.ROUNDS:
        task = app.task(name=round_.name, queue=periodic.QUEUE)(_periodic_job(round_))
        if is_periodic:
            app.periodic(cron=round_.cron)(task)
    return app


def _connector(address: str) -> procrastinate.PsycopgConnector:
    return procrastinate.PsycopgConnector(conninfo=address.replace("postgresql+psycopg://", "postgresql://", 1))


def _run_job(steps: Steps[Any, Any, Any]) -> Callable[[int], Awaitable[None]]:
    async def job(run_id: int) -> None:
        await do(steps, run_id)

    return job


def _periodic_job(round_: periodic.Round) -> Callable[[int], Awaitable[None]]:
    async def job(timestamp: int) -> None:  # noqa: ARG001 - what is due now is done, however late
        try:
            await asyncio.to_thread(periodic.do_round, round_)
        except Exception as error:  # noqa: BLE001 - the next round does it
            log().error("periodic task failed", task=round_.name, exc_info=error)

    return job


async def _work_off(address: str, mail: Mail | None) -> None:
    """All that is due and all that is queued, once."""
    connector = _connector(address)
    async with queue(connector, mail, is_periodic=False).open_async() as app:
        await look_after(app)
        for round_ in periodic.ROUNDS:
            if not round_.is_nightly:
                await asyncio.to_thread(periodic.do_round, round_)
        await asyncio.gather(*_workers(connector, mail, is_waiting=False))


async def _keep_working(address: str, mail: Mail | None) -> None:
    """Until told to stop; where the database goes away, again as soon as it is back."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    while not stopped.is_set():
        try:
            await _work_until(stopped, _connector(address), mail)
        except LOST_DATABASE as error:
            log().error("worker without its database", exc_info=error)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), LOOK_AFTER_EVERY)


async def _work_until(stopped: asyncio.Event, connector: procrastinate.PsycopgConnector, mail: Mail | None) -> None:
    """Work until told to stop, or until one of the three cannot go on; then all three end in good order."""
    async with queue(connector, mail, is_periodic=True).open_async() as app:
        await look_after(app)
        told = asyncio.create_task(stopped.wait())
        caretaker = asyncio.create_task(_keep_looking_after(app))
        workers = [asyncio.create_task(worker) for worker in _workers(connector, mail, is_waiting=True)]
        await asyncio.wait({told, *workers}, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.is_set():
            log().error("worker interrupted")
        for task in (told, caretaker, *workers):
            task.cancel()
        for ended in await asyncio.gather(told, caretaker, *workers, return_exceptions=True):
            if isinstance(ended, Exception):  # not: that it was cancelled
                raise ended


def _workers(
    connector: procrastinate.PsycopgConnector, mail: Mail | None, *, is_waiting: bool
) -> list[Coroutine[Any, Any, None]]:
    """One for each queue, each with an application of its own: they share no clock of the periodic tasks, and one whose
    heartbeat fails says so instead of working on unseen."""
    return [
        queue(connector, mail, is_periodic=is_waiting).run_worker_async(
            queues=[name],
            name=name,
            wait=is_waiting,
            concurrency=at_once,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE,
            install_signal_handlers=False,
        )
        for name, at_once in AT_ONCE.items()
        if name != outbox.QUEUE or mail is not None
    ]


async def look_after(app: procrastinate.App) -> None:
    """Queue again what a dead worker held, fail the runs that it was working on, and keep the survey of prices true."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=LOST_AFTER):
        await app.job_manager.retry_job(job)  # where its run was begun, the job finds it so and does nothing
    await asyncio.to_thread(fail_lost_runs)
    await asyncio.to_thread(_renew_survey)


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
        except LOST_DATABASE as error:  # it may be back in ten seconds
            log().error("queue not looked after", exc_info=error)
