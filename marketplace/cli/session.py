"""How a command meets the database and the person: an error becomes one sentence and a non-zero exit, no traceback."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from marketplace import config as configuration
from marketplace import db
from marketplace.errors import MarketplaceError

P = ParamSpec("P")
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
BAD_INPUT = 2


def told(command: Callable[P, Any]) -> Callable[P, Any]:
    """Decorate a command: an error that a person can put right is told on standard error, and the exit code is 2."""

    @wraps(command)
    def telling(*arguments: P.args, **options: P.kwargs) -> Any:
        try:
            return command(*arguments, **options)
        except MarketplaceError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(BAD_INPUT)

    return telling


@contextmanager
def application() -> Iterator[configuration.Config]:
    """Connect this process as the application role, as the settings say, for the length of a command."""
    config = configuration.from_environment()
    engine = db.start(config)
    try:
        yield config
    finally:
        engine.dispose()
