"""How a command on files ends when it cannot do what is asked: every error told and kept, a sentence, an exit code."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import click

from optimiser.errors import FileError
from optimiser.result_folder import FolderTakenError

FAILED, BAD_INPUT = 1, 2
MOST_ERRORS_SHOWN = 200


def refuse(errors: Sequence[FileError], keep: Callable[[Sequence[FileError]], Path], nothing: str) -> NoReturn:
    """Say every error on standard error and keep the list, by `keep`, which says where; `nothing` came of it."""
    for error in errors[:MOST_ERRORS_SHOWN]:
        click.echo(str(error), err=True)
    if len(errors) > MOST_ERRORS_SHOWN:
        click.echo(f"… and {len(errors) - MOST_ERRORS_SHOWN:,} more", err=True)
    count = "1 error" if len(errors) == 1 else f"{len(errors):,} errors"
    try:
        place = keep(errors)
    except (FolderTakenError, OSError) as error:
        stop(f"Error: {count}; {nothing}. The list could not be written: {sentence(error)}", BAD_INPUT)
    stop(f"Error: {count}; {nothing}. The list is in {place}.", BAD_INPUT)


def sentence(error: Exception) -> str:
    """What went wrong, as a person reads it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename} cannot be used: {error.strerror}."
    return str(error)


def stop(message: str, code: int) -> NoReturn:
    """Say it on standard error and end with the code."""
    click.echo(message, err=True)
    sys.exit(code)
