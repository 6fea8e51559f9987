"""Prices: the list of a provider's schedules, the grid and the check of a draft, and what is published."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import ScheduleStatus, line_key, today
from marketplace.permissions import can_edit_setting
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.schedules import GridSchema, RaiseSchema
from marketplace.services import schedule_checks, schedule_drafts, schedules
from marketplace.services.schedule_review import review
from marketplace.web import forms, price_grid, price_tables
from marketplace.web.current import actor
from marketplace.web.formats import day
from pricing.schedule import weekly

bp = Blueprint("schedules", __name__)
bp.add_app_template_filter(price_grid.offered_as)
bp.add_app_template_filter(weekly)
bp.add_app_template_global(line_key)


@bp.get("/schedules")
def index() -> ResponseReturnValue:
    """Each setting of the provider with its schedules, and what to do next."""
    with transaction(actor()) as session:
        settings = schedules.settings_of(session, actor().organisation_id or 0)
        return render_template(
            "schedules/index.html", timelines=schedules.timelines(session, settings, on=today()), today=today()
        )


@bp.get("/settings/<int:setting_id>/schedules")
def of_setting(setting_id: int) -> ResponseReturnValue:
    """The published schedules of one setting: in force, to come, ended."""
    with transaction(actor()) as session:
        setting = schedules.find_setting(session, actor(), setting_id)
        (timeline,) = schedules.timelines(session, [setting], on=today())
        return render_template("schedules/setting.html", timeline=timeline, today=today())


@bp.get("/schedules/<int:schedule_id>")
def show(schedule_id: int) -> ResponseReturnValue:
    """One schedule, to read and print."""
    with transaction(actor()) as session:
        found = review(session, schedules.find_schedule(session, schedule_id))
        return render_template(
            "schedules/show.html",
            review=found,
            fees=price_tables.fees(found),
            breakdowns=price_tables.breakdowns(found),
            compared=price_tables.comparisons(found),
            is_own=can_edit_setting(actor(), found.schedule.setting.provider_id),
            today=today(),
        )


@bp.post("/settings/<int:setting_id>/schedules/start")
def post_start(setting_id: int) -> ResponseReturnValue:
    """Start the draft of a setting's next prices and open its grid."""
    with transaction(actor()) as session:
        draft = schedule_drafts.start_schedule(session, actor(), setting_id=setting_id, on=today())
    return redirect(url_for("schedules.grid", schedule_id=draft.id))


@bp.get("/schedules/<int:schedule_id>/grid")
def grid(schedule_id: int) -> ResponseReturnValue:
    """The grid on which a draft is filled in; after a stale save, with what it holds now beside what was typed."""
    with transaction(actor()) as session:
        draft = schedules.find_schedule(session, schedule_id)
        form = forms.shown(price_grid.kept(draft))
        if draft.status is not ScheduleStatus.DRAFT and not form.errors:  # what was typed too late is still shown
            return redirect(url_for("schedules.show", schedule_id=schedule_id))
        found = review(session, draft)
        if form.is_behind(draft.edit):
            form.errors = price_grid.differences(form, draft) | form.errors
        rows = price_grid.rows(found, form)
        return render_template(
            "schedules/grid.html", review=found, rows=rows, form=form, errors=price_grid.problems(form, rows)
        )


@bp.post("/schedules/<int:schedule_id>/grid")
@forms.redisplay(grid)
def post_grid(schedule_id: int) -> ResponseReturnValue:
    """Save the draft, then check it or go on with it."""
    form = forms.read(GridSchema)
    with transaction(actor()) as session:
        schedule_drafts.save_schedule(session, actor(), schedule_id=schedule_id, **form)
    if request.form.get("then") == "check":
        return redirect(url_for("schedules.check", schedule_id=schedule_id))
    flash("The draft is saved. Nobody else sees it until you publish it.", "success")
    return redirect(url_for("schedules.grid", schedule_id=schedule_id))


@bp.post("/schedules/<int:schedule_id>/raise")
@forms.redisplay(grid)
def post_raise(schedule_id: int) -> ResponseReturnValue:
    """Raise all that is published by a percentage, into the draft."""
    form = forms.read(RaiseSchema)
    with transaction(actor()) as session:
        schedule_drafts.raise_prices(session, actor(), schedule_id=schedule_id, **form)
    flash(
        f"Every published amount is in the draft with {form['percent']:+f}%, to the nearest pound. Change any of them."
    )
    return redirect(url_for("schedules.grid", schedule_id=schedule_id))


@bp.get("/schedules/<int:schedule_id>/check")
def check(schedule_id: int) -> ResponseReturnValue:
    """What local authorities will see, what is in the way, and what is worth a look, before it is published."""
    with transaction(actor()) as session:
        draft = schedules.find_schedule(session, schedule_id)
        if draft.status is not ScheduleStatus.DRAFT:
            return redirect(url_for("schedules.show", schedule_id=schedule_id))
        found = review(session, draft)
        faults = schedule_checks.faults(found.prices, found.provisions, latest=found.before, on=today())
        back = url_for("schedules.grid", schedule_id=schedule_id)
        stale = (
            ["Somebody else has saved this draft. This is what it holds now."]
            if forms.shown().is_behind(draft.edit)
            else []
        )
        return render_template(
            "schedules/check.html",
            review=found,
            fees=price_tables.fees(found),
            breakdowns=price_tables.breakdowns(found),
            compared=price_tables.comparisons(found),
            is_ready=not faults,
            warnings=schedule_checks.warnings(found.prices, found.provisions, before=found.prices_before),
            errors=[{"text": message} for message in stale]
            + [{"text": text, "href": f"{back}#{field}"} for field, texts in faults.items() for text in texts],
        )


@bp.post("/schedules/<int:schedule_id>/publish")
@forms.redisplay(check)
def post_publish(schedule_id: int) -> ResponseReturnValue:
    """Publish the draft that the check page showed."""
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        row = schedule_drafts.publish_schedule(session, actor(), schedule_id=schedule_id, **form, on=today())
    flash(
        f"Published. Version {row.version} holds from {day(row.starts_on)}. Existing awards keep their price.",
        "success",
    )
    return redirect(url_for("schedules.show", schedule_id=schedule_id))
