"""A consultation: a provider says what it thinks of a framework; the operator reads what all of them say."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.comments import CommentsSchema
from marketplace.services import comments, frameworks
from marketplace.services.adoption import is_open
from marketplace.web import adoption, forms
from marketplace.web.current import actor
from marketplace.web.formats import day
from marketplace.web.frameworks import drawn

bp = Blueprint("framework_comments", __name__, url_prefix="/frameworks/<int:framework_id>/comments")


@bp.get("")
def index(framework_id: int) -> ResponseReturnValue:
    """All that is said, band by band, with names: for the operator."""
    with transaction(actor()) as session:
        row = frameworks.find_framework(session, framework_id)
        opinions = comments.opinions(session, row)
        return render_template("adoption/comments.html", row=row, opinions=opinions, today=today(), words=vocabulary)


@bp.get("/mine")
def edit(framework_id: int) -> ResponseReturnValue:
    """What the provider says, to change until the consultation closes; after that, to read."""
    person = actor()
    with transaction(person) as session:
        row = frameworks.find_framework(session, framework_id)
        kept = comments.comments_of(session, row, provider_id=person.organisation_id or 0)
        return render_template(
            "frameworks/comment.html",
            **drawn(row),
            form=forms.shown(adoption.comment_boxes(kept)),
            kept=kept,
            version=comments.version_of(kept),
            is_open=is_open(row, on=today()),
        )


@bp.post("/mine")
@forms.redisplay(edit)
def post_edit(framework_id: int) -> ResponseReturnValue:
    """Keep what the provider says."""
    form = forms.read(CommentsSchema)
    with transaction(actor()) as session:
        row = comments.comment_on_framework(session, actor(), framework_id=framework_id, **form, on=today())
    until = f"You can change them until {day(row.closes_on or today())}. No other provider sees them."
    flash(f"Your comments are kept. {until}" if form["comments"] else "You say nothing of it now.", "success")
    return redirect(url_for("frameworks.show", framework_id=framework_id))
