"""Who a pupil is: the door, which opens by a post that is recorded, and what the LA states.

No page shows an identity to a GET, so none stands in a history or an address, and no GET changes anything.
"""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Need, NeedStatus, Placement, today
from marketplace.permissions import can_keep_identity
from marketplace.schemas.identities import IdentitySchema
from marketplace.services import identities
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import moment

bp = Blueprint("identities", __name__, url_prefix="/needs/<int:need_id>/identity")


@bp.get("")
def index(need_id: int) -> ResponseReturnValue:
    """What there is to open, and the button that opens it."""
    with transaction(actor()) as session:
        door = identities.door(session, actor(), need_id=need_id)
        return render_template(
            "identities/index.html", door=door, back=_back(door.footing), may_keep=_may_keep(door.footing)
        )


@bp.post("")
def post_index(need_id: int) -> ResponseReturnValue:
    """Who the pupil is, and the documents."""
    return opened(need_id=need_id)


def opened(need_id: int) -> ResponseReturnValue:
    """The page of a post: opened, recorded, and with the form for those who keep it."""
    with transaction(actor()) as session:
        found = identities.open_identity(session, actor(), need_id=need_id)
        kept = {
            name: getattr(found.identity, name)
            for name in ("name", "birth_date", "upn", "family_view", "child_view")
            if found.identity
        }
        return render_template(
            "identities/show.html",
            opened=found,
            door=found.door,
            back=_back(found.door.footing),
            identity=found.identity,
            form=forms.shown(kept),
            may_keep=_may_keep(found.door.footing),
            kinds=vocabulary.DOCUMENT_KINDS,
            openings=[(who, what.capitalize(), moment(at)) for at, who, what in found.openings],
        )


@bp.post("/edit")
@forms.redisplay(opened)
def post_edit(need_id: int) -> ResponseReturnValue:
    """Keep what was stated."""
    stated = forms.read(IdentitySchema)
    with transaction(actor()) as session:
        identities.keep_identity(session, actor(), need_id=need_id, on=today(), **stated)
    flash("Who the pupil is, is kept, sealed and apart from the need.", "success")
    return redirect(url_for("identities.index", need_id=need_id))


def _back(footing: identities.Footing) -> dict[str, str]:
    """Where a person comes from who may open it."""
    if isinstance(footing, Need):
        return {"href": url_for("needs.show", need_id=footing.id), "text": "The need"}
    if isinstance(footing, Placement):
        return {"href": url_for("placements.show", placement_id=footing.id), "text": "The placement"}
    return {"href": url_for("replies.show", consultation_id=footing.id), "text": "The consultation"}


def _may_keep(footing: identities.Footing) -> bool:
    is_live = isinstance(footing, Need) and footing.status is not NeedStatus.WITHDRAWN
    return is_live and can_keep_identity(actor(), footing.authority_id)
