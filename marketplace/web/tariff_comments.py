"""A consultation: a provider says what it thinks of each band; the owner reads what all of them say."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import NotPermitted
from marketplace.models import today
from marketplace.permissions import owns_tariff
from marketplace.schemas.comments import CommentsSchema
from marketplace.services import comments, tariffs
from marketplace.services.adoption import is_open
from marketplace.web import adoption, forms
from marketplace.web.current import actor
from marketplace.web.formats import day
from marketplace.web.tariffs import drawn

bp = Blueprint("tariff_comments", __name__, url_prefix="/tariffs/<int:tariff_id>/comments")


@bp.get("")
def index(tariff_id: int) -> ResponseReturnValue:
    """All that is said, band by band, with names: for the owner."""
    with transaction(actor()) as session:
        row = tariffs.find_tariff(session, tariff_id)
        if not owns_tariff(actor(), row.owner_id):
            raise NotPermitted("Only who keeps a tariff reads what providers say of it.")
        opinions = comments.opinions(session, row)
        return render_template("adoption/comments.html", row=row, opinions=opinions, today=today(), words=vocabulary)


@bp.get("/mine")
def edit(tariff_id: int) -> ResponseReturnValue:
    """What the provider says, to change until the consultation closes; after that, to read."""
    person = actor()
    with transaction(person) as session:
        row = tariffs.find_tariff(session, tariff_id)
        kept = comments.comments_of(session, row, provider_id=person.organisation_id or 0)
        return render_template(
            "tariffs/comment.html",
            **drawn(session, row),
            form=forms.shown(adoption.comment_boxes(kept)),
            kept=kept,
            version=comments.version_of(kept),
            is_open=is_open(row, on=today()),
        )


@bp.post("/mine")
@forms.redisplay(edit)
def post_edit(tariff_id: int) -> ResponseReturnValue:
    """Keep what the provider says."""
    form = forms.read(CommentsSchema)
    with transaction(actor()) as session:
        row = comments.comment_on_tariff(session, actor(), tariff_id=tariff_id, **form, on=today())
    until = f"You can change them until {day(row.closes_on or today())}. No other provider sees them."
    flash(f"Your comments are kept. {until}" if form["comments"] else "You say nothing of this tariff now.", "success")
    return redirect(url_for("tariffs.show", tariff_id=tariff_id))
