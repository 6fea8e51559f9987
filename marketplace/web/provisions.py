"""A provider's provisions: the list of all, adding one, changing one, taking it from offer."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Kind, Pattern, Provision, Setting
from marketplace.schemas.provisions import NEW_POOL, NewProvisionSchema, ProvisionSchema
from marketplace.services import provisions, registration, settings
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("provisions", __name__)


@bp.get("/provisions")
def index() -> ResponseReturnValue:
    """What each setting of the provider offers."""
    with transaction(actor()) as session:
        found = provisions.list_provisions(session, actor())
        most = registration.most_sessions(None)
        return render_template("provisions/index.html", settings=found, words=vocabulary, most_unregistered=most)


@bp.get("/settings/<int:setting_id>/provisions/<any(full, porous, outreach):kind>")
def new(setting_id: int, kind: str) -> ResponseReturnValue:
    """The page on which a provision of one kind is added."""
    with transaction(actor()) as session:
        setting = provisions.find_setting_to_edit(session, actor(), setting_id)
        form = forms.shown({"pattern": Pattern.DAY, "sex": setting.sex})
        return _page(session, form, setting, Kind(kind))


@bp.post("/settings/<int:setting_id>/provisions/<any(full, porous, outreach):kind>")
@forms.redisplay(new)
def post_new(setting_id: int, kind: str) -> ResponseReturnValue:
    """Add it, on offer."""
    form = forms.read(NewProvisionSchema)
    with transaction(actor()) as session:
        provision = provisions.add_provision(session, actor(), setting_id=setting_id, kind=Kind(kind), **form)
        flash(f"{provision.name} is added. It is found once it has vacancies and a published price.", "success")
    return redirect(url_for("provisions.index"))


@bp.get("/provisions/<int:provision_id>")
def edit(provision_id: int) -> ResponseReturnValue:
    """The page on which a provision is changed."""
    with transaction(actor()) as session:
        provision = provisions.find_provision_to_edit(session, actor(), provision_id)
        return _page(session, forms.shown(_values(provision)), provision.setting, provision.kind, provision)


@bp.post("/provisions/<int:provision_id>")
@forms.redisplay(edit)
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
    session: Session, form: forms.Form, setting: Setting, kind: Kind, provision: Provision | None = None
) -> ResponseReturnValue:
    pools = [pool for pool in provisions.pools_of(session, setting.id) if pool.unit is provisions.unit_of(kind)]
    return render_template(
        "provisions/edit.html",
        form=form,
        setting=setting,
        kind=kind,
        provision=provision,
        pools=[(pool.id, f"{pool.name} ({vocabulary.UNITS[pool.unit]})") for pool in pools],
        new_pool=NEW_POOL,
        areas={row.code: row.name for row in settings.list_authorities(session)},
        words=vocabulary,
    )
