"""Several processes that each hold some regions and do what they are asked to: the only place that makes processes.

Which process holds a region changes nothing in what the region answers.
"""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

from optimiser.clock import Clock, Stop
from optimiser.problem import Problem
from optimiser.region import Region

_WATCH_SECONDS = 0.2  # between two looks at the clock while others work
_END_SECONDS = 5.0

Call = tuple[int, str, tuple[Any, ...]]  # of the region with this number, the method and what it is given


class WorkerLostError(RuntimeError):
    """A process ended before it gave its answer; nothing is left of the run."""


class Crew(Protocol):
    """Whoever holds the regions."""

    def ask(self, calls: Sequence[Call], seconds: float) -> list[Any]:
        """What each call returns, in their order; an error of any is raised. Each gets a fair share of the seconds."""


class Hand:
    """The regions of one process, worked on one after the other."""

    def __init__(self, problems: dict[int, Problem], clock: Clock) -> None:
        self._regions = {number: Region(problem, clock) for number, problem in problems.items()}
        self._clock = clock

    def ask(self, calls: Sequence[Call], seconds: float) -> list[Any]:
        """What each call returns."""
        self._clock.restart(seconds)
        found = []
        for at, (number, name, arguments) in enumerate(calls):
            with self._clock.until(1 / (len(calls) - at)):
                found.append(getattr(self._regions[number], name)(*arguments))
        return found


class Processes:
    """Hands in processes of their own, each at the end of a pipe."""

    def __init__(self, shares: Sequence[dict[int, Problem]], clock: Clock) -> None:
        # A copy of a process with threads may hold a lock for ever, so each process starts anew.
        context = multiprocessing.get_context("spawn")
        self._clock = clock
        self._stop = context.Event()
        self._pipes: list[Connection] = []
        self._processes: list[SpawnProcess] = []
        self._holder = {number: at for at, share in enumerate(shares) for number in share}
        for share in shares:
            pipe, end = context.Pipe()
            process = SpawnProcess(target=_serve, args=(share, end, self._stop), daemon=True)
            process.start()
            end.close()
            self._pipes.append(pipe)
            self._processes.append(process)

    def close(self) -> None:
        """End the processes: at once where one does not by itself."""
        self._stop.set()
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(_END_SECONDS)
            process.kill()
            process.join()

    def ask(self, calls: Sequence[Call], seconds: float) -> list[Any]:
        """What each call returns; the calls of one process are sent to it together."""
        parts: list[list[int]] = [[] for _ in self._pipes]
        for at, (number, _, _) in enumerate(calls):
            parts[self._holder[number]].append(at)
        for pipe, part in zip(self._pipes, parts, strict=True):
            if part:
                self._send(pipe, ([calls[at] for at in part], seconds))
        found: dict[int, Any] = {}
        for pipe, part in zip(self._pipes, parts, strict=True):
            if part:
                found.update(zip(part, self._reply(pipe), strict=True))
        return [found[at] for at in range(len(calls))]

    def _send(self, pipe: Connection, message: object) -> None:
        try:
            pipe.send(message)
        except OSError as error:
            raise WorkerLostError("a process that held regions has ended") from error

    def _reply(self, pipe: Connection) -> list[Any]:
        while not pipe.poll(_WATCH_SECONDS):
            self._clock.tick()
            if self._clock.is_stopped():
                self._stop.set()
        try:
            found, error = pipe.recv()
        except (EOFError, OSError) as lost:
            raise WorkerLostError("a process that held regions has ended") from lost
        if error is not None:
            raise error
        return list(found)


def _serve(problems: dict[int, Problem], pipe: Connection, stop: Stop) -> None:
    """What a process does until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks
    hand = Hand(problems, Clock(0.0, stop=stop))
    while True:
        try:
            calls, seconds = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send((hand.ask(calls, seconds), None))
        except Exception as error:  # noqa: BLE001 - raised again where it was asked
            pipe.send((None, error))


@contextmanager
def hired(problems: Sequence[Problem], workers: int, clock: Clock) -> Iterator[Crew]:
    """A crew that holds these regions for as long as the context: this process alone where there is one worker.

    The largest regions are given out first, each to the process with the fewest pupils so far.
    """
    shares: list[dict[int, Problem]] = [{} for _ in range(min(workers, len(problems)))]
    loads = [0] * len(shares)
    for number in sorted(range(len(problems)), key=lambda at: (-len(problems[at].pupils), at)):
        at = loads.index(min(loads))
        shares[at][number] = problems[number]
        loads[at] += len(problems[number].pupils)
    with ExitStack() as closing:
        if len(shares) <= 1:
            yield Hand(dict(enumerate(problems)), Clock(0.0, lambda _: clock.tick(), clock.stop))
            return
        processes = Processes(shares, clock)
        closing.callback(processes.close)
        yield processes
