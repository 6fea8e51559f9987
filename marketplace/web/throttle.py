"""How often somebody may try something on the pages."""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from marketplace import counters


def account() -> str:
    """The account that somebody tries to sign in to."""
    return request.form.get("email", "").strip().lower() or "nobody"  # the library skips a limit without a key


def account_and_address() -> str:
    """The account and where the try comes from: one attacker must not lock the person out everywhere."""
    return f"{account()} {get_remote_address()}"


limiter = Limiter(
    get_remote_address,
    storage_uri=counters.URI,
    strategy="fixed-window",
    headers_enabled=True,
)
