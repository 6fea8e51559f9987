"""Tariffs: the list by what is to do, one tariff's page, and its file."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Authority, OrganisationKind, Tariff, TariffStatus, today
from marketplace.permissions import (
    BUYERS,
    POLICY,
    Actor,
    can_adopt_tariff,
    can_comment_on_tariffs,
    can_draft_tariff,
    owns_tariff,
)
from marketplace.services import adoption, comments, history, tariffs
from marketplace.services.frameworks import rule
from marketplace.services.shadow_runs import kept_for
from marketplace.services.tariff_adoption import obstacles
from marketplace.web import tariff_tables
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("tariffs", __name__, url_prefix="/tariffs")


@bp.get("")
def index() -> ResponseReturnValue:
    """What needs doing first, then what is in force, to come, and past."""
    person = actor()
    with transaction(person) as session:
        found = tariffs.list_tariffs(session, person, on=today())
        holds = None
        if person.kind is OrganisationKind.LA:
            holds = tariffs.tariff_in_force(session, authority_id=person.organisation_id or 0, on=today())
        return render_template(
            "tariffs/index.html",
            stages=found,
            holds=holds,
            commented=comments.commented(session, found.others + found.consulting),
            may_comment=can_comment_on_tariffs(person),
            may_draft=may_draft(person),
            today=today(),
        )


@bp.get("/<int:tariff_id>")
def show(tariff_id: int) -> ResponseReturnValue:
    """One tariff: its prices, the framework under it, what is said of it, and its history."""
    person = actor()
    with transaction(person) as session:
        row = tariffs.find_tariff(session, tariff_id)
        is_own = owns_tariff(person, row.owner_id)
        can_read_runs = POLICY["shadow_runs.show"].admits(person)
        is_proposed = row.status is TariffStatus.IN_CONSULTATION
        return render_template(
            "tariffs/show.html",
            **drawn(session, row),
            is_own=is_own,
            is_open=adoption.is_open(row, on=today()),
            may_draft=can_draft_tariff(person, row.owner_id),
            may_extend=can_draft_tariff(person, row.owner_id) and adoption.may_stay_open(row, on=today()),
            may_adopt=can_adopt_tariff(person, row.owner_id),
            may_comment=can_comment_on_tariffs(person),
            may_copy=may_draft(person),
            obstacles=obstacles(session, person, row, on=today()) if is_own and is_proposed else [],
            opinions=comments.opinions(session, row) if is_own and row.closes_on else [],
            runs=kept_for(session, row) if can_read_runs else [],
            may_run=may_draft(person) and POLICY["shadow_runs.start"].admits(person),
            has_commented=bool(comments.commented(session, [row])),
            events=history.timeline(session, row) if is_own else [],
        )


@bp.get("/<int:tariff_id>/tariff.toml")
def file(tariff_id: int) -> ResponseReturnValue:
    """The tariff as the file that an upload and `marketplace pricing` read."""
    with transaction(actor()) as session:
        text = tariffs.text_of(tariffs.find_tariff(session, tariff_id))
    return attachment(text.encode(), f"tariff-{tariff_id}.toml", "application/toml")


def drawn(session: Session, row: Tariff) -> dict[str, Any]:
    """What tariffs/_prices.html shows."""
    tariff = tariffs.loaded(row)
    named = select(Authority.code, Authority.name).where(Authority.code.in_(tariff.area))
    return {
        "row": row,
        "tariff": tariff,
        "framework": rule(row.framework),
        "guides": tariff_tables.guides(tariff),
        "areas": {row.code: row.name for row in session.execute(named)},
        "today": today(),
        "words": vocabulary,
    }


def may_draft(person: Actor) -> bool:
    """Whether the person drafts tariffs of its own organisation."""
    return can_draft_tariff(person, person.organisation_id if person.kind in BUYERS else None)
