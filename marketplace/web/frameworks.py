"""Frameworks: the list by what is to do, one framework's page, and its file."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Framework, TariffStatus, today
from marketplace.permissions import POLICY, can_adopt_tariff, can_comment_on_tariffs, can_draft_tariff, owns_tariff
from marketplace.services import adoption, comments, framework_adoption, frameworks, history
from marketplace.services.band_changes import band_changes
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("frameworks", __name__, url_prefix="/frameworks")


@bp.get("")
def index() -> ResponseReturnValue:
    """What needs doing first, then the one in force, to come, and past."""
    person = actor()
    with transaction(person) as session:
        found = frameworks.list_frameworks(session, person, on=today())
        return render_template(
            "frameworks/index.html",
            stages=found,
            commented=comments.commented(session, found.others + found.consulting),
            may_comment=can_comment_on_tariffs(person),
            may_draft=can_draft_tariff(person, None),
            today=today(),
        )


@bp.get("/<int:framework_id>")
def show(framework_id: int) -> ResponseReturnValue:
    """One framework: its rule, what bands contain, what it would change, what is said of it, and its history."""
    person = actor()
    with transaction(person) as session:
        row = frameworks.find_framework(session, framework_id)
        is_own = owns_tariff(person, row.owner_id)
        is_proposed = row.status in (TariffStatus.DRAFT, TariffStatus.IN_CONSULTATION)
        may_learn = is_proposed and (is_own or POLICY["needs.index"].admits(person))
        may_draft = can_draft_tariff(person, row.owner_id)
        return render_template(
            "frameworks/show.html",
            **drawn(row),
            is_own=is_own,
            is_open=adoption.is_open(row, on=today()),
            may_draft=may_draft,
            may_extend=may_draft and adoption.may_stay_open(row, on=today()),
            may_adopt=can_adopt_tariff(person, row.owner_id),
            may_comment=can_comment_on_tariffs(person),
            obstacles=framework_adoption.obstacles(session, person, row, on=today()) if is_own else [],
            changes=band_changes(session, row) if may_learn else None,
            opinions=comments.opinions(session, row) if is_own and row.closes_on else [],
            has_commented=bool(comments.commented(session, [row])),
            tariffs=frameworks.tariffs_under(session, row),
            events=history.timeline(session, row) if is_own else [],
        )


@bp.get("/<int:framework_id>/framework.toml")
def file(framework_id: int) -> ResponseReturnValue:
    """The framework as the file that an upload and `marketplace reference load` read."""
    with transaction(actor()) as session:
        text = frameworks.text_of(frameworks.find_framework(session, framework_id))
    return attachment(text.encode(), f"framework-{framework_id}.toml", "application/toml")


def drawn(row: Framework) -> dict[str, Any]:
    """What a page of a framework shows of it."""
    return {"row": row, "framework": frameworks.rule(row), "today": today(), "words": vocabulary}
