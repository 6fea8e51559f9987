"""The LAs of a programme's pupils, and the part of each pool that is fairly an LA's before anybody is matched.

The rule stands in `optimiser.fair`. It must decide nothing.
"""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.eligibility import Floats, Ints
from optimiser.programme import Programme
from optimiser.regions import allotted


@dataclass(frozen=True, slots=True, kw_only=True)
class Las:
    """The LAs of a programme's pupils by name; `of` is the place of each pupil's."""

    names: list[str]
    of: Ints

    def objectives(self, programme: Programme, columns: Ints) -> Floats:
        """Each LA's part of the objective where these columns are chosen."""
        parts = np.bincount(self.of, programme.unplaced, minlength=len(self.names))
        of_column = self.of[programme.pupil(columns)]
        return np.asarray(parts + np.bincount(of_column, programme.gain[columns], minlength=len(self.names)))

    def weighted(self, programme: Programme, weights: Floats) -> Programme:
        """The programme in which what the pupils of LA l lose counts 1 + its weight."""
        times = 1 + weights[self.of]
        return replace(
            programme,
            unplaced=programme.unplaced * times,
            gain=programme.gain * np.repeat(times, np.diff(programme.start)),
        )


def fair_parts(programme: Programme, las: Las) -> Floats:
    """Each LA's part of what the programme has of each pool (LAs x pools); the parts of a pool add up to it."""
    count, pools = len(las.names), len(programme.room)
    has = np.diff(programme.start) > 0
    first = programme.start[:-1][has]  # a pupil's best column is the first
    wants = np.zeros((count, pools))
    np.add.at(wants, (las.of[has], programme.pool[first]), programme.use[first])
    pairs = np.unique(np.stack([programme.pupil(np.arange(len(programme))), programme.pool]), axis=1)
    could = np.zeros((count, pools))
    np.add.at(could, (las.of[pairs[0]], pairs[1]), 1.0)
    left = np.maximum(0.0, programme.room - wants.sum(axis=0))
    return allotted(programme.room, wants + left * could / np.maximum(1.0, could.sum(axis=0)))
