"""How often a token may be used, and how many wrong ones an address may try, counted by all web processes together."""

from math import ceil
from time import time

from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from marketplace.counters import URI, DatabaseStorage

WRONG = parse("100 per 15 minutes")  # tokens that admit nobody, of one address
# What everybody's work is slowed down by, and the least that a token may do of it; then whatever else it asks for.
COSTLY = {
    "options.index": parse("120 per minute"),  # ranks the whole market
    "runs.answer": parse("60 per hour"),  # a file of many megabytes
    "runs.post": parse("30 per hour"),  # minutes of all processors
}
READS = parse("600 per minute")
WRITES = parse("120 per minute")

_limiter = FixedWindowRateLimiter(DatabaseStorage(URI))


def count_use(user_id: int, endpoint: str, method: str) -> None:
    """Count one request of somebody, whatever the token. Raises TooManyRequests, with when to try again."""
    general = READS if method in {"GET", "HEAD"} else WRITES
    _count(general, f"api {method in {'GET', 'HEAD'}} {user_id}")
    if endpoint in COSTLY:
        _count(COSTLY[endpoint], f"api {endpoint} {user_id}")


def require_credit() -> None:
    """Raise TooManyRequests where this address has tried too many wrong tokens."""
    key = _of_address()
    if not _limiter.test(WRONG, key):
        raise _refusal(WRONG, key)


def count_wrong() -> None:
    """Count a wrong token of this address."""
    _limiter.hit(WRONG, _of_address())


def _of_address() -> str:
    return f"api wrong {get_remote_address()}"


def _count(limit: RateLimitItem, key: str) -> None:
    if not _limiter.hit(limit, key):
        raise _refusal(limit, key)


def _refusal(limit: RateLimitItem, key: str) -> TooManyRequests:
    seconds = max(1, ceil(_limiter.get_window_stats(limit, key).reset_time - time()))
    return TooManyRequests(f"No more than {limit}. Try again in {seconds} seconds.", retry_after=seconds)
