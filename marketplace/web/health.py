"""Whether the process lives and whether it can serve: for the machine that watches it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from marketplace.db import transaction
from marketplace.errors import MarketplaceError
from marketplace.permissions import NOBODY

bp = Blueprint("health", __name__)


@bp.get("/live")
def live() -> ResponseReturnValue:
    """200 while the process answers at all."""
    return {"status": "live"}


@bp.get("/ready")
def ready() -> ResponseReturnValue:
    """200 when the database answers, else 503: a balancer then sends people elsewhere."""
    try:
        with transaction(NOBODY) as session:
            session.execute(text("SELECT 1"))
    except MarketplaceError:
        return {"status": "the database cannot be reached"}, 503
    return {"status": "ready"}
