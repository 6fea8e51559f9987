"""A folder of results that is whole or absent: made beside its place under another name, and renamed at the end.

It never touches a folder that holds anything but the list of errors of an earlier attempt.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ERRORS_FILE = "errors.csv"


class FolderTakenError(Exception):
    """The place of the result is not free; the message says why and what to do."""


def check_free(out: Path) -> None:
    """Raise FolderTakenError unless a result can be put at `out`: absent, empty, or holding only an error list."""
    if not out.name:
        raise FolderTakenError(f"{out} is not a new folder; give it a name of its own.")
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FolderTakenError(f"{out} exists and is not a folder; give another name.")
    ground = next(parent for parent in out.absolute().parents if parent.exists())
    if not ground.is_dir() or not os.access(ground, os.W_OK | os.X_OK):
        raise FolderTakenError(f"{out} cannot be made: {ground} is not a folder that we may write to.")
    if out.exists() and {entry.name for entry in out.iterdir()} - {ERRORS_FILE}:
        raise FolderTakenError(f"{out} is not empty; give the name of a new folder, or move this one away.")


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder to fill; it takes the name `out` when all went well and is removed when anything did not."""
    check_free(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    partial.mkdir()
    try:
        yield partial
        check_free(out)  # somebody else may have written there while we worked
        if out.exists():
            (out / ERRORS_FILE).unlink(missing_ok=True)
            out.rmdir()
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
