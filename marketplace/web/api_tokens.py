"""A person's own tokens of the API: made, shown once, listed, revoked."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from marketplace import api_words
from marketplace.db import transaction
from marketplace.models import User, now
from marketplace.schemas.api_tokens import TokenSchema
from marketplace.services import api_tokens
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.throttle import limiter

bp = Blueprint("api_tokens", __name__, url_prefix="/account/tokens")

SHOWN_ONCE = "new_token"  # on its way to the page that shows it, in the person's own signed cookie, and nowhere else


@bp.get("")
def index() -> ResponseReturnValue:
    """The tokens, a new one with its text this once, and the form for another."""
    person = actor()
    assert person.user_id is not None
    with transaction(person) as session:
        return render_template(
            "api_tokens/index.html",
            tokens=api_tokens.tokens_of(session, person.user_id),
            new=cookie.pop(SHOWN_ONCE, None),
            form=forms.shown({"days": 90}),
            scopes=api_words.SCOPES,
            at=now(),
        )


@bp.post("")
@limiter.limit("20 per hour", key_func=lambda: f"token {actor().user_id}")
@forms.redisplay(index)
def post_index() -> ResponseReturnValue:
    """Make a token; the page that follows shows it once."""
    form = forms.read(TokenSchema)
    with transaction(actor()) as session:
        owner = session.get_one(User, actor().user_id)
        _, cookie[SHOWN_ONCE] = api_tokens.create_token(session, actor(), owner=owner, **form, at=now())
    return redirect(url_for("api_tokens.index"))


@bp.post("/<int:token_id>/revoke")
def post_revoke(token_id: int) -> ResponseReturnValue:
    """End one at once."""
    with transaction(actor()) as session:
        row = api_tokens.revoke_token(session, actor(), token_id=token_id, at=now())
    flash(f"The token {row.name} is revoked. Whoever uses it is refused from now on.", "success")
    return redirect(url_for("api_tokens.index"))
