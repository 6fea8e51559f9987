"""A provider's provisions: the list of all, adding one, changing one, taking it from offer."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Kind, Provision, Setting
from marketplace.schemas.provisions import NEW_POOL, NewProvisionSchema, ProvisionSchema
from marketplace.services import provisions, settings
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("provisions", __name__)


@bp.get("/provisions")
def index() -> ResponseReturnValue:
    """What each setting of the provider offers."""
    with transaction(actor()) as session:
        found = provisions.list_provisions(session, actor())
        return render_template("provisions/index.html", settings=found, words=vocabulary)


@bp.get("/settings/<int:setting_id>/provisions/new")
def new(setting_id: int) -> ResponseReturnValue:
    """The page on which a provision is added."""
    with transaction(actor()) as session:
        setting = provisions.find_setting_to_edit(session, actor(), setting_id)
        form = forms.shown({"kind": Kind.FULL, "pattern": "day", "sex": setting.sex})
        return _page(session, form, setting)


@bp.post("/settings/<int:setting_id>/provisions/new")
@forms.redisplay(new)
def post_new(setting_id: int) -> ResponseReturnValue:
    """Add it, on offer."""
    form = forms.read(NewProvisionSchema)
    with transaction(actor()) as session:
        provision = provisions.add_provision(session, actor(), setting_id=setting_id, **form)
        flash(f"{provision.name} is added. It is found once it has vacancies and a published price.", "success")
    return redirect(url_for("provisions.index"))


@bp.get("/provisions/<int:provision_id>")
def edit(provision_id: int) -> ResponseReturnValue:
    """The page on which a provision is changed."""
    with transaction(actor()) as session:
        provision = provisions.find_provision_to_edit(session, actor(), provision_id)
        return _page(session, forms.shown(_values(provision)), provision.setting, provision)


@bp.post("/provisions/<int:provision_id>")
@forms.redisplay(edit, shows_current=True)
def post_edit(provision_id: int) -> ResponseReturnValue:
    """Change it."""
    form = forms.read(ProvisionSchema)
    with transaction(actor()) as session:
        changed = provisions.change_provision(session, actor(), provision_id=provision_id, **form)
    if changed:
        flash("Saved. Local authorities see the change from now on.", "success")
    else:
        flash("Nothing was changed: what you sent is what was kept already.")
    return redirect(url_for("provisions.index"))


@bp.post("/provisions/<int:provision_id>/withdraw")
def post_withdraw(provision_id: int) -> ResponseReturnValue:
    """Take it from offer."""
    with transaction(actor()) as session:
        provision = provisions.withdraw_provision(session, actor(), provision_id=provision_id)
        flash(f"{provision.name} is withdrawn: nobody new is matched to it. You can offer it again.", "success")
    return redirect(url_for("provisions.index"))


@bp.post("/provisions/<int:provision_id>/offer")
def post_offer(provision_id: int) -> ResponseReturnValue:
    """Offer it again."""
    with transaction(actor()) as session:
        provision = provisions.offer_provision(session, actor(), provision_id=provision_id)
        flash(f"{provision.name} is on offer again. Check that its vacancies are still correct.", "success")
    return redirect(url_for("provisions.index"))


def _values(provision: Provision) -> dict[str, Any]:
    names = (*provisions.PLAIN, *provisions.OF_KIND)
    return {**{name: getattr(provision, name) for name in names}, "pool": provision.pool_id}


def _page(
    session: Session, form: forms.Form, setting: Setting, provision: Provision | None = None
) -> ResponseReturnValue:
    pools = provisions.pools_of(session, setting.id)
    if provision is not None:
        pools = [pool for pool in pools if pool.unit is provisions.unit_of(provision.kind)]
    return render_template(
        "provisions/edit.html",
        form=form,
        setting=setting,
        provision=provision,
        pools=pools,
        new_pool=NEW_POOL,
        areas={row.code: row.name for row in settings.list_authorities(session)},
        words=vocabulary,
    )
