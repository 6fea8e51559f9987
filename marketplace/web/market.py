"""The market of a region: provider by provider, and the same as a file."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import OrganisationKind, today
from marketplace.services import frameworks, tariffs
from marketplace.services.market import STALE_DAYS, market_of
from marketplace.services.market_file import market_csv
from marketplace.services.vacancies import FRESH_DAYS
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("market", __name__, url_prefix="/market")


@bp.get("")
def index() -> ResponseReturnValue:
    """What is free and how lately that was said, prices in force, how consultations go, by which rules."""
    with transaction(actor()) as session:
        return render_template(
            "market/index.html",
            market=market_of(session, actor(), on=today()),
            framework=frameworks.framework_in_force(session, on=today()),
            tariffs=tariffs.list_tariffs(session, actor(), on=today()).in_force,
            is_region=actor().kind is OrganisationKind.REGION,
            fresh=FRESH_DAYS,
            stale=STALE_DAYS,
            words=vocabulary,
        )


@bp.get("/providers.csv")
def file() -> ResponseReturnValue:
    """The providers as CSV."""
    with transaction(actor()) as session:
        content = market_csv(market_of(session, actor(), on=today()))
    return attachment(content, f"market-{today().isoformat()}.csv")
