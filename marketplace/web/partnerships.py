"""Partnerships: the list, a new one, and what one is told: its figures by term, and its decisions."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.models import Partnership, PartnershipReport, now, term_of, today
from marketplace.permissions import BUYERS, POLICY, can_keep_partnership
from marketplace.schemas.partnerships import PartnershipQuerySchema, PartnershipSchema
from marketplace.services import partnerships
from marketplace.services.partnership_decisions import decisions_of
from marketplace.services.partnership_file import report_csv
from marketplace.services.partnership_reports import is_told, reports_of, work_out_figures
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.formats import day
from marketplace.web.partnership_tables import shown, term_words

bp = Blueprint("partnerships", __name__, url_prefix="/partnerships")


@bp.get("")
def index() -> ResponseReturnValue:
    """The partnerships that this person's organisation takes part in, or is asked to."""
    with transaction(actor()) as session:
        rows = partnerships.list_partnerships(session)
        return render_template(
            "partnerships/index.html",
            rows=[(row, partnerships.standing(session, actor(), row)) for row in rows],
            may_make=POLICY["partnerships.new"].admits(actor()),
        )


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Its name, and since when it exists."""
    return render_template("partnerships/new.html", form=forms.shown({"starts_on": today()}))


@bp.post("/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Make it."""
    form = forms.read(PartnershipSchema)
    with transaction(actor()) as session:
        row = partnerships.make_partnership(session, actor(), **form, on=today(), at=now())
    flash("Made. Now ask the other authorities and the settings, and enter your schools.", "success")
    return redirect(url_for("partnership_members.index", partnership_id=row.id))


@bp.get("/<int:partnership_id>")
def show(partnership_id: int) -> ResponseReturnValue:
    """The figures of a term, the latest unless another is asked for, and every decision."""
    asked = forms.read(PartnershipQuerySchema, forms.asked())
    with transaction(actor()) as session:
        partnership = partnerships.find_partnership(session, partnership_id)
        reports = reports_of(session, partnership)
        report = _chosen(reports, asked["report"])
        return render_template(
            "partnerships/show.html",
            partnership=partnership,
            standing=partnerships.standing(session, actor(), partnership),
            may_keep=can_keep_partnership(actor(), partnership.lead_id),
            report=report,
            reports=[(row, term_words(row.year, row.term)) for row in reports],
            tables=shown(report, reads_money=actor().kind in BUYERS) if report else [],
            term=term_words(*term_of(today())),
            is_told=is_told(session, partnership, on=today()),
            decisions=decisions_of(session, partnership),
            form=forms.shown(),
            fewest=FEWEST,
            today=today(),
            words=vocabulary,
        )


@bp.post("/<int:partnership_id>/figures")
@forms.redisplay(show)
def post_figures(partnership_id: int) -> ResponseReturnValue:
    """Work out the figures of this term, once."""
    with transaction(actor()) as session:
        report = work_out_figures(session, actor(), partnership_id=partnership_id, on=today())
    flash(f"Worked out as of {day(report.on)}. All who take part read the same.", "success")
    return redirect(url_for("partnerships.show", partnership_id=partnership_id))


@bp.get("/<int:partnership_id>/figures.csv")
def file(partnership_id: int) -> ResponseReturnValue:
    """The figures of a term, as far as this person reads them."""
    asked = forms.read(PartnershipQuerySchema, forms.asked())
    with transaction(actor()) as session:
        report = _chosen(_reports(session, partnership_id), asked["report"])
        if report is None:
            raise NotFound("No figures of this partnership are worked out yet.")
        content = report_csv(report)
    return attachment(content, f"partnership-{partnership_id}-{report.year}-{report.term}.csv")


def _reports(session: Session, partnership_id: int) -> Sequence[PartnershipReport]:
    partnership: Partnership = partnerships.find_partnership(session, partnership_id)
    return reports_of(session, partnership)


def _chosen(reports: Sequence[PartnershipReport], report_id: int | None) -> PartnershipReport | None:
    """The report that is asked for, or the latest. Raises NotFound."""
    if report_id is None:
        return reports[0] if reports else None
    for row in reports:
        if row.id == report_id:
            return row
    raise NotFound("There are no such figures of this partnership.")
