"""A worker as the trials run it: as it is, or with one guard taken out, or ended once at a named point of a run.

TRIAL_MUTANT names the guard, TRIAL_FAILPOINT the point; TRIAL_ARMED a file, as of `tests.chaos.server`. A point that
begins with "stop " halts the process there instead, as a machine that hangs would; SIGCONT lets it go on.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from marketplace import db, jobs
from marketplace.jobs import runs as runs_of_jobs
from marketplace.jobs import worker
from marketplace.models import MatchingRun, RunStatus
from marketplace.permissions import SYSTEM
from marketplace.services import work
from marketplace.services.matching import results, steps


def end_once(number: signal.Signals) -> None:
    """Send this process the signal, if the trial has armed the point."""
    try:
        Path(os.environ["TRIAL_ARMED"]).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), number)


def set_failpoint(name: str) -> None:
    """`after_claim`; `after_freeze`: the problem is kept; `after_solve`; `mid_keep`: all rows are written and the run
    is not done; `before_commit`: the run is done, and nothing is committed."""
    number = signal.SIGSTOP if name.startswith("stop ") else signal.SIGKILL
    point = name.removeprefix("stop ")
    changed: dict[str, Callable[..., Any]] = {}
    if point == "after_claim":
        changed["freeze"] = _before(steps.STEPS.freeze, number)
    elif point == "after_freeze":
        changed["solve"] = _before(steps.STEPS.solve, number)
    elif point == "after_solve":
        changed["solve"] = _after(steps.STEPS.solve, number)
    elif point == "mid_keep":
        results.finish_run = _before(results.finish_run, number, is_flushed=True)
    elif point == "before_commit":
        changed["keep"] = _after(steps.STEPS.keep, number, is_flushed=True)
    else:
        raise ValueError(name)
    kinds = tuple(replace(kind, **changed) if kind is steps.STEPS else kind for kind in worker.KINDS)
    worker.KINDS = runs_of_jobs.KINDS = kinds


def _before(act: Callable[..., Any], number: signal.Signals, *, is_flushed: bool = False) -> Callable[..., Any]:
    def acting(*arguments: Any, **named: Any) -> Any:
        if is_flushed:
            arguments[0].flush()
        end_once(number)
        return act(*arguments, **named)

    return acting


def _after(act: Callable[..., Any], number: signal.Signals, *, is_flushed: bool = False) -> Callable[..., Any]:
    def acting(*arguments: Any, **named: Any) -> Any:
        found = act(*arguments, **named)
        if is_flushed:
            arguments[0].flush()
        end_once(number)
        return found

    return acting


def _row_by_row() -> None:
    """Each recommendation is committed as soon as it is written, before the run is done."""
    keep, made = results.keep_answer, results._recommendations

    def keep_answer(session: Session, actor: Any, claim: Any, *, frozen: Any, found: Any) -> None:
        with db.transaction(SYSTEM) as reading:
            run = reading.get_one(MatchingRun, claim.run_id)
            rows = list(made(run, frozen, found))
        for row in rows:
            with db.transaction(SYSTEM) as writing:
                writing.add(row)
        results._recommendations = lambda *_: []
        keep(session, actor, claim, frozen=frozen, found=found)

    results.keep_answer = keep_answer


def _without_token() -> None:
    """Whoever comes back writes on, whatever has become of the run."""

    def held(session: Session, kind: type[Any], claim: work.Claim) -> Any:
        run = session.get_one(kind, claim.run_id)
        run.status, run.error, run.finished_at = RunStatus.RUNNING, None, None
        return run

    work.held = held


GUARDS: dict[str, Callable[[], None]] = {"whole answer": _row_by_row, "token": _without_token}


def main() -> None:
    """Work on what is queued until told to stop."""
    if failpoint := os.environ.get("TRIAL_FAILPOINT"):
        set_failpoint(failpoint)
    if mutant := os.environ.get("TRIAL_MUTANT"):
        GUARDS[mutant]()
    db.configure(db.connect(os.environ["DATABASE_URL"]))
    jobs.work(os.environ["DATABASE_URL"])


if __name__ == "__main__":
    main()
