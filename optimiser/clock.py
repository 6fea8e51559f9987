"""The time of a run: how much is left, whether somebody asked to stop, its stages, and whoever wants to hear of them.

It must decide nothing but when to stop.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from optimiser.answer import Stage
from optimiser.held import peak_mb

_PROGRESS_SECONDS = 1.0  # between two reports of one stage
_COLUMNS_A_SECOND = 40_000  # of a model that PuLP builds and hands over


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a run has reached; objective and bound are those of the phase, None before there are any."""

    stage: str
    seconds: float
    objective: float | None = None
    bound: float | None = None


class Stop(Protocol):
    """An event of threads or of processes."""

    def is_set(self) -> bool:
        """Whether somebody asked for what there is."""


class Clock:
    """`seconds` from now on; `stop` ends the run early, as if the time were over: the best so far is the answer."""

    def __init__(
        self,
        seconds: float,
        progress: Callable[[Progress], None] | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.started = time.monotonic()
        self.deadline = self.started + seconds
        self.stages: list[Stage] = []
        self._progress = progress
        self.stop = stop
        self._stage = ""
        self._objective: float | None = None
        self._bound: float | None = None
        self._reported = self.started

    def restart(self, seconds: float) -> None:
        """Set the deadline anew, `seconds` from now."""
        self.deadline = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the deadline, 0 where it is over or the run was stopped."""
        return 0.0 if self.is_stopped() else max(0.0, self.deadline - time.monotonic())

    def is_stopped(self) -> bool:
        """Whether somebody asked for what there is."""
        return self.stop is not None and self.stop.is_set()

    def is_over(self) -> bool:
        """Whether to stop now."""
        return self.left() <= 0

    def has_time_for(self, columns: int) -> bool:
        """Whether a model of so many columns can be built before the deadline, which nobody heeds while building."""
        return self.left() > columns / _COLUMNS_A_SECOND

    def reserve(self, seconds: float) -> None:
        """Bring the deadline forward for what follows it; at most half of what is left is kept so."""
        self.deadline -= min(seconds, self.left() / 2)

    @contextmanager
    def until(self, share: float) -> Iterator[None]:
        """A deadline that leaves only this share of the time left to what is done within."""
        whole = self.deadline
        self.deadline = time.monotonic() + self.left() * share
        yield
        self.deadline = whole

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage by its name; it is reported at its beginning and its end."""
        started = time.monotonic()
        self._stage = name
        self.report()
        yield
        self.report()
        self.stages.append(Stage(name=name, seconds=time.monotonic() - started, peak_mb=peak_mb()))

    def note(self, *, objective: float | None = None, bound: float | None = None) -> None:
        """What the phase has reached: to be said from now on, until something else is."""
        self._objective, self._bound = objective or self._objective, bound or self._bound
        self.tick()

    def next_phase(self) -> None:
        """Nothing is reached yet."""
        self._objective = self._bound = None

    def tick(self) -> None:
        """Say where the stage stands when that was last said a while ago; to be called often."""
        if self.is_quiet():
            self.report()

    def is_quiet(self) -> bool:
        """Whether nothing was said for a while: what takes time to find out need only be noted then."""
        return time.monotonic() - self._reported >= _PROGRESS_SECONDS

    def report(self) -> None:
        """Say where the stage stands."""
        if self._progress:
            self._reported = time.monotonic()
            seconds = self._reported - self.started
            self._progress(Progress(stage=self._stage, seconds=seconds, objective=self._objective, bound=self._bound))
