"""Frameworks: which there are, and what each says: the rule, what a band contains, and the rate of an hour."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import today
from marketplace.services import frameworks
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("frameworks", __name__, url_prefix="/frameworks")


@bp.get("")
def index() -> ResponseReturnValue:
    """The frameworks, the newest first; the one in force is marked."""
    with transaction(actor()) as session:
        rows = frameworks.list_frameworks(session)
        holds = next((row for row in rows if frameworks.has_started(row, on=today())), None)
        return render_template("frameworks/index.html", rows=rows, holds=holds)


@bp.get("/<int:framework_id>")
def show(framework_id: int) -> ResponseReturnValue:
    """One framework, to read."""
    with transaction(actor()) as session:
        row = frameworks.find_framework(session, framework_id)
        tariffs = frameworks.tariffs_under(session, row)
        return render_template(
            "frameworks/show.html", row=row, framework=frameworks.rule(row), tariffs=tariffs, words=vocabulary
        )


@bp.get("/<int:framework_id>/framework.toml")
def file(framework_id: int) -> ResponseReturnValue:
    """The framework as its file."""
    with transaction(actor()) as session:
        text = frameworks.text_of(frameworks.find_framework(session, framework_id))
    return attachment(text.encode(), f"framework-{framework_id}.toml", "application/toml")
