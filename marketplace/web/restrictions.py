"""What an order fixes for a need and what its authority rules out, on one page."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Need, Provision, Setting
from marketplace.permissions import can_change_need, require
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.needs import AllowSchema, FixSchema, RuleOutSchema
from marketplace.services import needs, restrictions
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("restrictions", __name__, url_prefix="/needs/<int:need_id>/restrictions")


@bp.get("")
def index(need_id: int) -> ResponseReturnValue:
    """What is fixed and ruled out, with the forms that change it."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        require(can_change_need(actor(), need.authority_id), "fix or rule out provisions")
        fixed, ruled_out = restrictions.restricted_provisions(session, need)
        return render_template(
            "needs/restrictions.html",
            need=need,
            form=forms.shown(),
            fixed=fixed,
            ruled_out=ruled_out,
            provisions=_provisions(session, need),
            words=vocabulary,
        )


@bp.post("/fix")
@forms.redisplay(index)
def post_fix(need_id: int) -> ResponseReturnValue:
    """Fix what an order names, or lift it."""
    answers = forms.read(FixSchema)
    with transaction(actor()) as session:
        restrictions.fix_provision(
            session,
            actor(),
            need_id=need_id,
            provision_id=answers["fix_provision_id"],
            reason=answers["fix_reason"],
            **forms.read(VersionSchema),
        )
    return _kept(need_id)


@bp.post("/rule-out")
@forms.redisplay(index)
def post_rule_out(need_id: int) -> ResponseReturnValue:
    """Rule a provision out."""
    answers = forms.read(RuleOutSchema)
    with transaction(actor()) as session:
        restrictions.rule_out_provision(
            session,
            actor(),
            need_id=need_id,
            provision_id=answers["rule_provision_id"],
            reason=answers["rule_reason"],
            **forms.read(VersionSchema),
        )
    return _kept(need_id)


@bp.post("/allow")
@forms.redisplay(index)
def post_allow(need_id: int) -> ResponseReturnValue:
    """Take back that a provision was ruled out."""
    answers = forms.read(VersionSchema) | forms.read(AllowSchema)
    with transaction(actor()) as session:
        restrictions.allow_provision(session, actor(), need_id=need_id, **answers)
    return _kept(need_id)


def _kept(need_id: int) -> ResponseReturnValue:
    flash("Kept. The ranked options and the next run go by it.", "success")
    return redirect(url_for("restrictions.index", need_id=need_id))


def _provisions(session: Session, need: Need) -> list[tuple[int, str]]:
    """What is offered, by name, and what is fixed already, offered or not."""
    rows = session.scalars(
        select(Provision)
        .join(Provision.setting)
        .where(or_(Provision.is_offered, Provision.id == need.locked_id))
        .options(joinedload(Provision.setting))
        .order_by(Setting.name, Provision.name, Provision.id)
    )
    return [(row.id, f"{row.setting.name}: {row.name} ({vocabulary.KINDS[row.kind].lower()})") for row in rows]
