"""A run's problem solved and checked, with no transaction open and no database in reach.

It must never hand out an answer that its check refuses.
"""

from collections.abc import Callable
from typing import Any

import psutil

import optimiser
from marketplace.errors import MarketplaceError
from optimiser import Answer, Problem


class NoAnswer(MarketplaceError):
    """The run ends without an answer; the text says why and what to do, for people."""


MOST_OF_MEMORY = 0.75  # of the machine's, that a run without a limit of its own may come to hold


def solve(
    problem: Problem, *, seconds: int, note: Callable[[dict[str, Any]], None], memory_gb: float | None = None
) -> Answer:
    """The answer, checked; `note` hears of each stage with its objective and bound.

    Raises NoAnswer when it would take more memory than allowed (nothing is begun then), when the time was over before
    there was an answer, when the solver gave up, when the problem contradicts itself, and when the answer fails its
    check.
    """

    def listen(progress: optimiser.Progress) -> None:
        note({"stage": progress.stage, "objective": progress.objective, "bound": progress.bound})

    try:
        allowed = memory_gb or MOST_OF_MEMORY * psutil.virtual_memory().total / 1e9
        answer = optimiser.match(problem, seconds=seconds, progress=listen, memory_gb=allowed)
    except optimiser.TooLittleMemoryError as error:
        raise NoAnswer(
            f"Nothing was solved: {error}. Match fewer pupils, an LA at a time for one, or ask the operator for more."
        ) from error
    except optimiser.TimeRanOutError as error:
        raise NoAnswer(f"The {seconds} seconds were over before there was an answer. Allow more time.") from error
    except optimiser.SolverError as error:
        raise NoAnswer("The solver gave up on this problem. Tell the operator the number of this run.") from error
    except ValueError as error:
        raise NoAnswer(f"What is published does not make one problem: {error}") from error
    return checked(problem, answer)


def checked(problem: Problem, answer: Answer) -> Answer:
    """The answer when the independent check finds nothing wrong with it; else NoAnswer with the first fault."""
    faults = optimiser.check(problem, answer)
    if faults:
        raise NoAnswer(
            f"The answer failed its check in {len(faults)} points and was not kept; the first: {faults[0]}. "
            "Tell the operator the number of this run."
        )
    return answer
