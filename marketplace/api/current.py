"""Who is asking: whom the token of this request admits, as services and permissions know them."""

from flask import g

from marketplace.permissions import NOBODY, Actor
from marketplace.services.api_tokens import Bearer


def bearer() -> Bearer | None:
    """The token of this request, None where none was shown or none was needed."""
    found = g.get("bearer")
    return found if isinstance(found, Bearer) else None


def actor() -> Actor:
    """Whom it admits; nobody where there is none."""
    found = bearer()
    return found.actor if found else NOBODY
