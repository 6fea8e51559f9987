"""Where a test's own PostgreSQL lives."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for an embedded database that runs for a while.

    It is not one of pytest's: each run that starts closes the folder above all of those to everybody but itself, and
    the server, which is never root, then stops in the middle of another run's tests.
    """
    with tempfile.TemporaryDirectory(prefix="marketplace-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
