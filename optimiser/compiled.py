"""Loops compiled by numba: plain Python over arrays, where vectors would have to be made over and over.

The numbers are those of the same loop in Python, in the same order, so an answer does not depend on the machine's
cores. Compiled at the first call and kept on disk beside the module, or in the user's cache where that is not writable.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """The function, compiled. It holds no lock of Python's, so progress and Ctrl-C are heard while it works."""
    fast: Callable[P, T] = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return fast
