"""Signing in and out, and one's own password."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from marketplace.db import transaction
from marketplace.models import now
from marketplace.permissions import NOBODY, SYSTEM
from marketplace.schemas.sessions import PasswordSchema, SignInSchema
from marketplace.services import people, sessions
from marketplace.web import forms, unsent
from marketplace.web.current import SignedIn, actor
from marketplace.web.throttle import account, account_and_address, limiter

bp = Blueprint("sessions", __name__)


def _is_refused(response: Response) -> bool:
    return response.status_code == 422


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page, which carries on what was typed in a form that came too late."""
    form = forms.shown()
    return render_template("sessions/sign_in.html", form=form, unsent=form.values.get(unsent.FIELD, ""))


@bp.post("/sign-in")
@limiter.limit("10 per 15 minutes", key_func=account_and_address, deduct_when=_is_refused)
@limiter.limit("50 per hour", key_func=account, deduct_when=_is_refused)
@limiter.limit("100 per 15 minutes", deduct_when=_is_refused)
@forms.redisplay(sign_in)
def post_sign_in() -> ResponseReturnValue:
    """Start a session; whatever came before in this browser is over, so that nobody can plant one."""
    form = forms.read(SignInSchema)
    late = form.pop(unsent.FIELD)
    with transaction(SYSTEM) as session:
        token, user_id = sessions.sign_in(session, **form, at=now())
        if current_user.is_authenticated:
            sessions.sign_out(session, actor(), token=current_user.token, at=now())
    cookie.clear()
    login_user(SignedIn(NOBODY, token, now() + sessions.ABSOLUTE))
    return unsent.shown_again(late, user_id) or redirect(url_for("home.index"))


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    with transaction(SYSTEM) as session:
        sessions.sign_out(session, actor(), token=current_user.token, at=now())
    logout_user()
    cookie.clear()
    return redirect(url_for("sessions.sign_in"))


@bp.get("/account/password")
def password() -> ResponseReturnValue:
    """The page on which a person changes the password."""
    return render_template("sessions/password.html", form=forms.shown())


@bp.post("/account/password")
@limiter.limit("10 per 15 minutes", key_func=lambda: f"password {actor().user_id}", deduct_when=_is_refused)
@forms.redisplay(password)
def post_password() -> ResponseReturnValue:
    """Change it; the person signs in again with the new one, on every machine."""
    form = forms.read(PasswordSchema)
    with transaction(actor()) as session:
        people.change_password(session, actor(), **form, at=now())
    logout_user()
    cookie.clear()
    flash("Your password is changed. Sign in with the new one.", "success")
    return redirect(url_for("sessions.sign_in"))
