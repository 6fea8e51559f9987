"""Pages, by noun. A view reads the form, calls one use case in one transaction and redirects; it catches nothing."""

from importlib import import_module
from typing import Any

from flask import Flask, g, request, url_for
from flask_login import current_user
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.edge import IdConverter
from marketplace.errors import Unavailable
from marketplace.models import Tariff, now
from marketplace.permissions import NOBODY, POLICY
from marketplace.services.sessions import IDLE
from marketplace.web import errors, guards, repeats, templating
from marketplace.web.current import actor

# Each noun's module holds a blueprint `bp` of its own name.
NOUNS = (
    "adult_transfers",
    "api_tokens",
    "applications",
    "approvals",
    "awards",
    "benchmarks",
    "budgets",
    "calibrations",
    "case_dates",
    "consultations",
    "corridors",
    "demand",
    "destination_outcomes",
    "destination_plans",
    "destinations",
    "documents",
    "explanations",
    "file_runs",
    "framework_adoption",
    "framework_comments",
    "framework_drafts",
    "frameworks",
    "health",
    "histories",
    "home",
    "identities",
    "inbox",
    "kinds",
    "learner_records",
    "ledger",
    "maps",
    "movement",
    "market",
    "needs",
    "open_contracting",
    "options",
    "out_of_education",
    "outreach",
    "outreach_drafts",
    "outreach_steps",
    "outreach_visits",
    "oversight",
    "partnership_decisions",
    "partnership_members",
    "partnerships",
    "people",
    "placement_sets",
    "placement_steps",
    "porous_plans",
    "porous_reviews",
    "placements",
    "price_drafts",
    "price_files",
    "provisions",
    "questions",
    "region_money",
    "registers",
    "reintegration",
    "replies",
    "restrictions",
    "runs",
    "scenarios",
    "schedules",
    "sen2_returns",
    "sessions",
    "settings",
    "shadow_runs",
    "standings",
    "studies",
    "tariff_adoption",
    "tariff_comments",
    "tariff_drafts",
    "tariffs",
    "thresholds",
    "uplift_answers",
    "uplift_drafts",
    "uplift_steps",
    "uplifts",
    "vacancies",
)

# Main navigation: endpoint and words; a person sees those that the policy table admits.
NAVIGATION = (
    ("home.index", "Home"),
    ("inbox.index", "Consultations"),
    ("needs.index", "Needs"),
    ("consultations.index", "Consultations"),
    ("approvals.index", "Approvals"),
    ("placements.index", "Placements"),
    ("outreach.index", "Outreach"),
    ("partnerships.index", "Partnerships"),
    ("runs.index", "Matching"),
    ("budgets.index", "Budgets"),
    ("placement_sets.index", "Placement sets"),
    ("market.index", "Market"),
    ("oversight.index", "Regions"),
    ("settings.index", "Settings"),
    ("benchmarks.index", "Benchmarks"),
    ("vacancies.index", "Vacancies"),
    ("provisions.index", "Provisions"),
    ("schedules.index", "Prices"),
    ("standings.index", "Where you stand"),
    ("demand.index", "Demand"),
    ("tariffs.index", "Tariffs"),
    ("uplifts.index", "Uplifts"),
    ("people.index", "People"),
)


def attach(app: Flask) -> None:
    """Put templates, guards, error pages and every noun's blueprint onto the application."""
    app.url_map.converters["int"] = IdConverter
    templating.register(app)
    guards.attach(app)
    errors.attach(app)
    repeats.attach(app)
    for noun in NOUNS:
        app.register_blueprint(import_module(f"marketplace.web.{noun}").bp)
    app.context_processor(_page_globals)


def _page_globals() -> dict[str, Any]:
    return {
        "account": account,
        "actor": actor(),
        "errors": None,
        "form": None,
        "is_demonstration": is_demonstration(),
        "navigation": navigation,
    }


def account() -> dict[str, Any] | None:
    """Who is signed in, for the head of the page; and for the warning before the session ends, after how many idle
    seconds it does, and in how many whatever is done."""
    person = actor()
    if person.user_id is None:
        return None
    return {
        "name": person.name,
        "organisation": person.organisation,
        "sign_out": url_for("sessions.sign_out"),
        "tokens": url_for("api_tokens.index"),
        "idle": int(IDLE.total_seconds()),
        "left": int((current_user.ends_at - now()).total_seconds()),
    }


def navigation() -> list[dict[str, Any]]:
    """The main navigation of this person; that under which the page shown lies is marked."""
    person = actor()
    return [
        {"text": words, "href": url_for(endpoint), "active": _is_under(url_for(endpoint))}
        for endpoint, words in NAVIGATION
        if POLICY[endpoint].admits(person)
    ]


def _is_under(address: str) -> bool:
    return request.path == address or (address != "/" and request.path.startswith(f"{address}/"))


def is_demonstration() -> bool:
    """Whether the tariff here is illustrative, which every page must then say."""
    if "is_demonstration" not in g:
        try:
            with transaction(NOBODY) as session:
                row = session.scalar(select(Tariff.id).where(Tariff.is_illustrative).limit(1))
            g.is_demonstration = row is not None
        except Unavailable:  # the page that says so must still be drawn
            g.is_demonstration = False
    return bool(g.is_demonstration)
