"""Signing in and out."""

from flask import Blueprint, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from marketplace.db import transaction
from marketplace.models import now
from marketplace.permissions import NOBODY, SYSTEM
from marketplace.schemas.people import SignInSchema
from marketplace.services import people
from marketplace.web import forms
from marketplace.web.current import SignedIn, actor

bp = Blueprint("people", __name__)


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    return render_template("people/sign_in.html", form=forms.shown())


@bp.post("/sign-in")
@forms.redisplay(sign_in)
def post_sign_in() -> ResponseReturnValue:
    """Start a session; whatever cookie came before is void (no session fixation)."""
    form = forms.read(SignInSchema)
    with transaction(SYSTEM) as session:
        token = people.sign_in(session, **form, at=now())
    cookie.clear()
    login_user(SignedIn(NOBODY, token))
    return redirect(url_for("home.index"))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    with transaction(SYSTEM) as session:
        people.sign_out(session, actor(), token=current_user.token, at=now())
    logout_user()
    cookie.clear()
    return redirect(url_for("people.sign_in"))
