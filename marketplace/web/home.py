"""The first page after signing in: what this person can do here."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """The person's own start page."""
    return render_template("home/index.html")
