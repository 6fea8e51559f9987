"""How much memory a match takes at its peak, estimated before it is begun, from the options of a sample of pupils."""

import psutil

from optimiser.eligibility import Catalogue
from optimiser.problem import Problem

# Measured from 3,000 to 500,000 pupils (docs/performance.md): the peak above what the process held before.
_BYTES_AN_OPTION = 130
_BYTES_A_COLUMN = 1_200  # of a model
_COLUMNS = 60_000  # of the largest model
_SAMPLE = 2_000  # pupils, evenly over the problem
_GB = 1e9


class TooLittleMemoryError(RuntimeError):
    """The match would take more memory than it is allowed; nothing was begun."""


def require_memory(problem: Problem, catalogue: Catalogue, allowed_gb: float, processes: int = 1) -> None:
    """Raises TooLittleMemoryError, with the estimate, where an ordered problem would take more than allowed."""
    options, needed = estimate(problem, catalogue, processes)
    if needed > allowed_gb:
        raise TooLittleMemoryError(
            f"about {needed:.2g} GB of memory would be needed for about {options:,} options,"
            f" more than the {allowed_gb:g} GB allowed"
        )


def estimate(problem: Problem, catalogue: Catalogue, processes: int = 1) -> tuple[int, float]:
    """About how many options the pupils have, and the GB that the process would hold at its peak; of several that share
    the pupils among them, all together with this one: each begins about as large and has models of its own."""
    sample = problem.pupils[:: max(1, len(problem.pupils) // _SAMPLE)]
    found = sum(len(catalogue.eligible([pupil])[0]) for pupil in sample)
    options = found * len(problem.pupils) // max(1, len(sample))
    held: int = psutil.Process().memory_info().rss
    models = min(options, _COLUMNS) * _BYTES_A_COLUMN
    begun = processes if processes > 1 else 0
    return options, ((1 + begun) * held + processes * models + options * _BYTES_AN_OPTION) / _GB
