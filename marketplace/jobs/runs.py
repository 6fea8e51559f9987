"""Runs: frozen, solved and kept by a worker, one at a time in a process.

A run is solved in a thread that may be left behind; while it solves, no transaction is open and its row says at least
every 2 seconds where it stands. One whose claim is lost, as when a person cancels it, stops at its next stage.
"""

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

from marketplace.db import transaction
from marketplace.errors import MarketplaceError, Unavailable
from marketplace.jobs.threads import in_thread
from marketplace.observability import log
from marketplace.permissions import SYSTEM
from marketplace.services import calibrations, corridors, shadow_runs
from marketplace.services.matching import steps as matching
from marketplace.services.matching import studies
from marketplace.services.work import Claim, LostClaim, Steps, fail, fail_lost, note_progress

KINDS: tuple[Steps[Any, Any, Any], ...] = (
    matching.STEPS,
    studies.STEPS,
    calibrations.STEPS,
    shadow_runs.STEPS,
    corridors.STEPS,
)
PROGRESS_EVERY = 1.0  # seconds


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


def fail_lost_runs() -> None:
    """Fail the runs whose worker gives no sign of life any more."""
    with transaction(SYSTEM) as session:
        counts = {steps.kind.NOUN: fail_lost(session, SYSTEM, steps.kind) for steps in KINDS}
    for noun, count in counts.items():
        if count:
            log().warning("runs lost", kind=noun, count=count)


def _freeze(steps: Steps[Any, Any, Any], claim: Claim) -> Any:
    with transaction(SYSTEM) as session:
        return steps.freeze(session, SYSTEM, claim)


async def _solve(steps: Steps[Any, Any, Any], claim: Claim, frozen: Any) -> Any:
    """Solve in a thread of its own and note where it stands, until it ends or the claim is lost."""
    started = time.monotonic()
    stage: dict[str, Any] = {"stage": steps.solving}
    is_given_up = threading.Event()

    def note(said: dict[str, Any]) -> None:
        if is_given_up.is_set():  # nobody waits for it: the next run wants the processor
            raise LostClaim("The run was given up while it was solved.")
        stage.update(said)

    solved = in_thread(lambda: steps.solve(claim, frozen, note))
    try:
        while not solved.done():
            progress = {**stage, "seconds": round(time.monotonic() - started, 1)}
            with suppress(Unavailable):  # said again in a second
                await asyncio.to_thread(_note, steps, claim, progress)
            await asyncio.wait({solved}, timeout=PROGRESS_EVERY)
    finally:
        is_given_up.set()
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
