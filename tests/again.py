"""Every form that a test of the pages sends is sent again, once for each endpoint in each process: as it was, with its
key, and then as somebody would send it whose page was drawn before.

The first has no effect, and leads where the first one led (R04). The second, where the form carries a version, is
answered 409, shows what is kept now beside what was typed, and changes nothing (R09). Which endpoints were tried so is
told at the end of a run of all tests of the pages (`unheld`), and the run fails where one was not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import EnvironBuilder
from sqlalchemy import Engine, Integer, text
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, TestResponse

from marketplace.models import Base
from marketplace.permissions import POLICY
from marketplace.web.repeats import once_key

# Posts that have an effect each time that they are sent, and why.
EACH_TIME = {
    "awards.post_compare": "it reads what the family and the child say, and each reading is recorded",
    "documents.post_file": "it reads a document, and each reading is recorded",
    "identities.post_index": "it reads who the pupil is, and each reading is recorded",
    "sen2_returns.post_file": "it reads who the pupils are, and each reading is recorded",
    "sessions.post_password": "it ends the session in which it was sent: sent again, the form is nobody's",
    "sessions.post_sign_in": "nobody is signed in yet, so nobody has sent it before; it begins a session of its own",
    "sessions.sign_out": "once signed out nobody is there to do it twice",
}
# What a stale page is answered otherwise than by 409: what it would do was done by the form that was sent before.
GONE = {
    "framework_drafts.post_remove": 404,
    "tariff_drafts.post_remove": 404,
    "uplift_drafts.post_discard": 404,
    "uplift_steps.post_hand_over": 403,  # another LA decides now
}
# How a page says what is kept now, beside what was typed.
BOTH = re.compile("Changed since you opened this page|Kept now: |aved by somebody else as |as saved as ")
# What shows no such thing when it is stale, and why.
_OVER = "what it would do is done or cannot be done any more, so that its page has gone; the answer says so"
_STANDS = "nothing is typed but what the page shows as it stands now"
ONE_VERSION = {
    "applications.post_apply": _OVER,
    "applications.post_approve": _OVER,
    "applications.post_return": "the page says where the plan stands now, beside the reason that was typed",
    "applications.post_undo": _OVER,
    "approvals.post_approve": _OVER,
    "approvals.post_return": _OVER,
    "awards.post_propose": _OVER,
    "awards.post_take_back": _STANDS,
    "consultations.post_consult": _OVER,
    "consultations.post_withdraw": _OVER,
    "framework_adoption.post_adopt": _OVER,
    "framework_adoption.post_consult": _OVER,
    "framework_adoption.post_extend": "the page says until when it is open now, beside the day that was typed",
    "outreach_steps.post_accept": _OVER,
    "outreach_steps.post_agree": _OVER,
    "outreach_steps.post_decline": _OVER,
    "outreach_steps.post_end": _OVER,
    "outreach_steps.post_withdraw": _OVER,
    "partnership_decisions.post_result": _OVER,
    "partnership_members.post_agree": _STANDS,
    "partnership_members.post_end": _STANDS,
    "placement_steps.post_end": _OVER,
    "placement_steps.post_reprice": _OVER,
    "placement_steps.post_resume": _OVER,
    "placement_steps.post_start": _OVER,
    "placement_steps.post_suspend": _OVER,
    "questions.post_check": _OVER,
    "schedules.post_grid": "each box says what it holds now where that is not what was typed, and here it is",
    "schedules.post_publish": _OVER,
    "tariff_adoption.post_adopt": _OVER,
    "tariff_adoption.post_consult": _OVER,
    "tariff_adoption.post_extend": "the page says until when it is open now, beside the day that was typed",
    "uplift_drafts.post_send": _OVER,
    "uplift_steps.post_publish": _OVER,
    "uplift_steps.post_reply": _OVER,
    "uplift_steps.post_take_over": _OVER,
    "uplift_steps.post_withdraw": _OVER,
}
# Forms that change something and carry no version, and why none is needed.
_ADDS = "it adds a new one, and changes none"
_RUNS = "it starts a run of its own"
_ONCE = "it is done once: a second time it is refused by what stands there by then"
_ONLY_LOOKS = "it draws a page, and changes nothing"
WITHOUT_VERSION = {
    "api_tokens.post_index": _ADDS,
    "api_tokens.post_revoke": _ONCE,
    "applications.post_new": "a run has one live plan of an authority",
    "approvals.post_bulk": "each tick carries the version of its award",
    "awards.post_compare": _ONLY_LOOKS,
    "awards.post_instead": _ONLY_LOOKS,
    "calibrations.post_draft": _ADDS,
    "calibrations.post_start": _RUNS,
    "consultations.post_remind": "nobody is reminded twice a day",
    "corridors.post_start": _RUNS,
    "documents.post_confirm": _ONLY_LOOKS,
    "documents.post_file": _ONLY_LOOKS,
    "documents.post_new": _ADDS,
    "documents.post_remove": _ONCE,
    "framework_drafts.post_copy": _ADDS,
    "framework_drafts.post_new": _ADDS,
    "file_runs.post_upload": _RUNS,
    "identities.post_index": _ONLY_LOOKS,
    "options.post_index": _ONLY_LOOKS,
    "outreach_drafts.post_new": _ADDS,
    "outreach_drafts.post_of_placement": _ONCE,
    "outreach_visits.post_new": _ADDS,
    "outreach_visits.post_undo": _ONCE,
    "partnership_decisions.post_new": _ADDS,
    "partnership_members.post_authority": _ADDS,
    "partnership_members.post_school": _ADDS,
    "partnership_members.post_setting": _ADDS,
    "partnerships.post_figures": _ONCE,
    "partnerships.post_new": _ADDS,
    "people.post_new": _ADDS,
    "placement_sets.post_new": _ADDS,
    "placement_sets.post_remove": _ONCE,
    "price_drafts.post_confirm": _ONLY_LOOKS,
    "price_drafts.post_publish": "each draft is named with what was seen of it",
    "price_files.post_upload": "it carries what was seen of the drafts that a file would replace",
    "provisions.post_new": _ADDS,
    "provisions.post_offer": _ONCE,
    "provisions.post_withdraw": _ONCE,
    "questions.post_new": _ADDS,
    "replies.post_open": _ONCE,
    "runs.post_cancel": _ONCE,
    "runs.post_start": _RUNS,
    "scenarios.post_new": _ADDS,
    "schedules.post_start": _ADDS,
    "sessions.post_password": "it asks for the password that holds",
    "sessions.post_sign_in": "there is nobody yet",
    "sessions.sign_out": "there is nobody any more",
    "sen2_returns.post_file": _ONLY_LOOKS,
    "shadow_runs.post_start": _RUNS,
    "studies.post_cancel": _ONCE,
    "studies.post_start": _RUNS,
    "tariff_drafts.post_copy": _ADDS,
    "tariff_drafts.post_new": _ADDS,
    "thresholds.post_index": _ADDS,
    "uplift_answers.post_answer": _ONCE,
    "uplift_drafts.post_new": _ADDS,
}
# Posts of a form with a version that draw it again, and keep nothing.
DRAWS = frozenset({"replies.post_change", "replies.post_check", "vacancies.post_row"})
# Their version is what was shown.
UNNUMBERED = frozenset({"framework_comments.post_edit", "people.post_edit", "tariff_comments.post_edit"})
READING = frozenset({"audit_events", "audit_heads", "audit_links"})
READERS = frozenset({"identities.post_edit"})  # the page that answers shows who the pupil is, which is recorded
UNCOUNTED = frozenset({"rate_limits", "user_sessions"})  # that somebody has asked, and when they were last here
OF_A_TARIFF = frozenset({"calibrations.post_draft"})  # its "version" is a name that somebody types
_FORM = re.compile(r'<form method="post" action="([^"]*)"(.*?)</form>', re.DOTALL)


@dataclass(slots=True)
class Tried:
    """Endpoints: whose form was `repeated`, whose form was sent from a `stale` page, and whose form was seen to carry a
    `version`."""

    repeated: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    versioned: set[str] = field(default_factory=set)

    def add(self, other: Mapping[str, list[str]]) -> None:
        """What another process has tried."""
        self.repeated |= set(other["repeated"])
        self.stale |= set(other["stale"])
        self.versioned |= set(other["versioned"])

    def told(self) -> dict[str, list[str]]:
        """For another process."""
        return {"repeated": [*self.repeated], "stale": [*self.stale], "versioned": [*self.versioned]}


TRIED = Tried()  # in this process


def posts() -> set[str]:
    """The endpoints that may change something."""
    return {endpoint for endpoint in POLICY if ".post_" in endpoint} | {"sessions.sign_out"}


def unheld() -> list[str]:
    """What the tests of the pages have left untried, a line each."""
    return [
        *(f"{endpoint} is never sent again" for endpoint in sorted(posts() - EACH_TIME.keys() - TRIED.repeated)),
        *(f"{endpoint} is never sent from a stale page" for endpoint in sorted(TRIED.versioned - TRIED.stale - DRAWS)),
        *(
            f"{endpoint} carries no version, and nothing says why"
            for endpoint in sorted(posts() - TRIED.versioned - WITHOUT_VERSION.keys())
        ),
        *(
            f"{endpoint} carries a version though it needs none"
            for endpoint in sorted(TRIED.versioned & WITHOUT_VERSION.keys())
        ),
    ]


@dataclass(slots=True)
class Again:
    """Sends forms again, in another window of the same person, and holds that nothing comes of it."""

    engine: Engine

    def look(self, app: Flask, page: TestResponse) -> None:
        """Note which forms of a page carry a version."""
        if page.mimetype != "text/html":
            return
        for action, form in _FORM.findall(page.text):
            if re.search(r'type="hidden" name="([^"]*-)?version"', form):
                actions = (action, *re.findall(r'formaction="([^"]*)"', form))
                TRIED.versioned |= {endpoint for each in actions if (endpoint := _endpoint(app, unescape(each)))}

    def versions(self) -> str:
        """The versions of all rows that have one."""
        columns = [
            f"(SELECT coalesce(string_agg(t.{column.name}::text, ',' ORDER BY t.{key.name}), '') FROM {table.name} t)"
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if column.name in {"version", "edit"} and isinstance(column.type, Integer)
            for key in list(table.primary_key)[:1]
        ]
        with self.engine.connect() as connection:
            return str(connection.scalar(text(f"SELECT concat_ws('|', {', '.join(columns)})")))

    def send(
        self, client: Client, answer: TestResponse, arguments: tuple[Any, ...], named: dict[str, Any],
        form: Mapping[str, Any], seen: str,
    ) -> None:  # fmt: skip
        """Send again what was answered so. `named` is how it was sent, `form` what it carried, `seen` the `versions`
        that there were before."""
        app: Flask = client.application  # type: ignore[assignment]
        endpoint = _endpoint(app, answer.request.path)
        if endpoint is None or answer.status_code >= 400:
            return
        if endpoint not in TRIED.repeated | EACH_TIME.keys():
            before = rows(self.engine)
            again = _window(client).open(*arguments, **named)
            assert (again.status_code, again.location) == (answer.status_code, answer.location), f"{endpoint} again"
            assert not changed(self.engine, before), f"{endpoint}, sent again, has an effect again"
            TRIED.repeated.add(endpoint)
        is_versioned = endpoint not in OF_A_TARIFF and any(name.rpartition("-")[2] == "version" for name in form)
        has_moved = endpoint in UNNUMBERED or self.versions() != seen  # else the page is not stale
        if is_versioned and endpoint not in TRIED.stale and answer.status_code == 302 and has_moved:
            before = rows(self.engine)
            late = _window(client).open(*arguments, **sent(app, arguments, named, {**form, "once": once_key()}))
            assert late.status_code == GONE.get(endpoint, 409), (
                f"{endpoint} from a stale page is answered {late.status_code}"
            )
            if late.status_code == 409:
                assert BOTH.search(late.text) or endpoint in ONE_VERSION, f"{endpoint}, stale, shows one version"
            left = changed(self.engine, before) - (READING if endpoint in READERS else set())
            assert not left, f"{endpoint} from a stale page has an effect"
            TRIED.stale.add(endpoint)


def sent(app: Flask, arguments: tuple[Any, ...], named: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    """How to send a form any number of times: with what it carries as bytes."""
    kept = {name: value for name, value in named.items() if name not in {"data", "content_type"}}
    builder = EnvironBuilder(app, *arguments, **kept, data=dict(form))
    request = builder.get_request()
    body = request.get_data(parse_form_data=False)
    builder.close()
    return {**kept, "data": body, "content_type": request.content_type}


def rows(engine: Engine) -> dict[str, str]:
    """A hash of the rows of every table that counts."""
    query = "SELECT '{0}', coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {0} t"
    tables = sorted(set(Base.metadata.tables) - UNCOUNTED)
    with engine.connect() as connection:
        found = connection.execute(text(" UNION ALL ".join(query.format(name) for name in tables)))
        return {row[0]: row[1] for row in found}


def changed(engine: Engine, before: Mapping[str, str]) -> set[str]:
    """The tables whose rows are others than before."""
    return {name for name, digest in rows(engine).items() if before[name] != digest}


def _endpoint(app: Flask, address: str) -> str | None:
    path = re.split("[?#]", address)[0]
    try:
        return str(app.url_map.bind("localhost").match(path, method="POST")[0])
    except HTTPException:
        return None


def _window(client: Client) -> Client:
    """Another window of the same person, so that the first one reads no messages that are meant for this one."""
    other = client.application.test_client()  # type: ignore[attr-defined]
    other.again = None
    other._cookies = dict(client._cookies)  # type: ignore[attr-defined]
    return other  # type: ignore[no-any-return]
