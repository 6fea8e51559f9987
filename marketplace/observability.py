"""Logs: one JSON line per event on standard error, with the request's id, never with personal data or paths."""

import logging
import sys
from types import TracebackType
from typing import Any

import structlog


def configure_logs() -> None:
    """Send structlog's events to standard error as JSON, with an aware UTC time."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_places),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def log() -> Any:
    """The logger of the product."""
    return structlog.get_logger()


def _places(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """An exception as its type and the places it passed; its text may hold what somebody typed, so it is left out."""
    kind, _value, traceback = exc_info
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return f"{kind.__name__} at " + " > ".join(places)
