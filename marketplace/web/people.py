"""Administrators keep the people of their organisation: who signs in, with which roles."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import Organisation, Role, now
from marketplace.schemas.people import NewUserSchema, UserSchema
from marketplace.services import people
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("people", __name__)


def _choices(organisation: Organisation) -> list[tuple[Role, str]]:
    return [(role, role.replace("_", " ").capitalize()) for role in people.ROLES[organisation.kind]]


@bp.get("/people")
def index() -> ResponseReturnValue:
    """Who signs in."""
    with transaction(actor()) as session:
        return render_template("people/index.html", people=people.list_users(session, actor()))


@bp.get("/people/new")
def new() -> ResponseReturnValue:
    """The page on which a person is added."""
    with transaction(actor()) as session:
        roles = _choices(session.get_one(Organisation, actor().organisation_id))
    return render_template("people/new.html", form=forms.shown(), roles=roles)


@bp.post("/people/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Add a person to the administrator's own organisation."""
    form = forms.read(NewUserSchema)
    with transaction(actor()) as session:
        organisation = session.get_one(Organisation, actor().organisation_id)
        roles = frozenset(form.pop("roles"))
        people.add_user(session, actor(), organisation=organisation, roles=roles, **form)
    flash("Added. Tell them the initial password by another way; they change it when they first sign in.", "success")
    return redirect(url_for("people.index"))


@bp.get("/people/<int:user_id>")
def edit(user_id: int) -> ResponseReturnValue:
    """One person's roles and account."""
    with transaction(actor()) as session:
        user = people.get_user(session, actor(), user_id=user_id)
        form = forms.shown({"roles": sorted(user.roles), "is_active": user.is_active})
        access = people.access_of(user)
        return render_template(
            "people/edit.html", form=form, person=user, version=access, roles=_choices(user.organisation)
        )


@bp.post("/people/<int:user_id>")
@forms.redisplay(edit)
def post_edit(user_id: int) -> ResponseReturnValue:
    """Change them; the person's open sessions end."""
    form = forms.read(UserSchema)
    with transaction(actor()) as session:
        access = {"roles": frozenset(form["roles"]), "is_active": form["is_active"]}
        people.change_user(session, actor(), user_id=user_id, version=form["version"], **access, at=now())
    flash("Saved. Their open sessions have ended, so that the change holds at once.", "success")
    return redirect(url_for("people.index"))
