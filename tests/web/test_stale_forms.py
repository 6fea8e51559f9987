"""A form that somebody else has overtaken: answered with its page, what was typed kept, what is kept now beside it.

The grids of vacancies, prices and budgets and the page of a provision try the same beside their own rules.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import Need, NeedStatus, Role
from marketplace.permissions import SYSTEM
from tests import builders

# Posts in which nobody types anything, so that there is nothing to keep.
NOTHING_TYPED = {
    "api_tokens.post_revoke",
    "awards.post_compare",
    "awards.post_instead",
    "corridors.post_start",
    "documents.post_confirm",
    "documents.post_file",
    "documents.post_remove",
    "framework_drafts.post_copy",
    "identities.post_index",
    "outreach_visits.post_undo",
    "provisions.post_offer",
    "provisions.post_withdraw",
    "replies.post_change",
    "replies.post_open",
    "runs.post_cancel",
    "schedules.post_start",
    "sen2_returns.post_file",
    "sessions.sign_out",
    "studies.post_cancel",
    "studies.post_start",
    "tariff_drafts.post_copy",
    "vacancies.post_row",
}
PROFILE = {
    "level_ci": "4", "level_cl": "2", "level_semh": "2", "level_sp": "0", "primary_need": "SEMH", "pattern": "day",
}  # fmt: skip


class Case:
    """A need that a commissioner has open while a colleague changes it."""

    def __init__(self, sign_in: Callable[[str], FlaskClient], **answers: Any) -> None:
        with transaction(SYSTEM) as session:
            builders.framework(session)
            la = builders.authority(session)
            self.need = builders.need(session, la, reference="N-77", **answers).id
            setting = builders.setting(session, la, name="Fictional Elm School")
            self.provision = builders.provision(session, builders.pool(session, setting)).id
            email = builders.user(session, la, Role.COMMISSIONER).email
        self.client = sign_in(email)

    def overtake(self) -> None:
        """What the colleague writes in the meantime."""
        with transaction(SYSTEM) as session:
            need = session.get_one(Need, self.need)
            need.mainstream, need.year_group, need.priority, need.primary_need = "A colleague's words.", 9, 2, "SLCN"

    def kept(self) -> Need:
        with transaction(SYSTEM) as session:
            return session.scalars(select(Need)).one()

    def send(self, path: str, page: str, **form: Any) -> TestResponse:
        """Send a page's own form (the one for `path`, where it has several) with what is typed."""
        forms = re.findall(r'<form method="post" action="([^"]+)".*?</form>', page, re.DOTALL)
        assert any(action.startswith(f"/needs/{self.need}/{path}") for action in forms), forms
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        token = builders.csrf_token(page)
        return self.client.post(f"/needs/{self.need}/{path}", data={**form, "version": version[1], "csrf_token": token})


@pytest.mark.parametrize(
    ("question", "typed", "shown", "held", "column"),
    [
        ("pupil", {"reference": "N-77", "year_group": "5", "home": "401000, 302000"},
         'value="5" selected', "Year 9", "year_group"),
        ("mainstream", {"mainstream": "What I wrote.", "kinds": ["full"]},
         "What I wrote.</textarea>", "A colleague&#39;s words.", "mainstream"),
        ("profile", PROFILE, 'value="SEMH" selected', "Speech, language and communication needs", "primary_need"),
        ("request", {"priority": "5", "is_transport_entitled": "false"},
         'value="5" checked', "2, urgent: the placement", "priority"),
    ],
)  # fmt: skip
def test_an_answer_that_a_colleague_has_overtaken_is_kept_on_the_page_beside_what_is_kept_now(
    sign_in: Callable[[str], FlaskClient], question: str, typed: dict[str, Any], shown: str, held: str, column: str
) -> None:
    case = Case(sign_in)
    opened = case.client.get(f"/needs/{case.need}/{question}").text
    assert "Changed since you opened this page" not in opened
    case.overtake()
    colleagues = getattr(case.kept(), column)
    late = case.send(question, opened, **typed)
    assert late.status_code == 409
    assert "Somebody else has changed this need since you opened it." in late.text
    notice = re.search(r"Changed since you opened this page.*?Saving again puts it in the place", late.text, re.DOTALL)
    assert notice
    assert held in notice[0]
    assert shown in late.text
    assert getattr(case.kept(), column) == colleagues
    assert case.send(question, late.text, **typed).status_code == 302
    assert str(getattr(case.kept(), column)) == str(typed[column])


def test_an_answer_with_a_fault_still_tells_what_a_colleague_has_changed(sign_in: Callable[[str], FlaskClient]) -> None:
    case = Case(sign_in)
    opened = case.client.get(f"/needs/{case.need}/mainstream").text
    case.overtake()
    late = case.send("mainstream", opened, mainstream="x" * 4001, kinds=["full"])
    assert late.status_code == 422
    assert "A colleague&#39;s words." in late.text


def test_a_draft_that_a_colleague_has_overtaken_is_checked_once_more_before_it_is_published(
    sign_in: Callable[[str], FlaskClient],
) -> None:
    case = Case(sign_in, status=NeedStatus.DRAFT, mainstream="Mine.")
    opened = case.client.get(f"/needs/{case.need}/check").text
    case.overtake()
    late = case.send("check", opened)
    assert late.status_code == 409
    assert "A colleague&#39;s words." in late.text
    assert case.kept().status is NeedStatus.DRAFT
    assert case.send("check", late.text).status_code == 302
    assert case.kept().status is NeedStatus.PUBLISHED


def test_the_reason_of_a_withdrawal_stays_chosen_beside_what_a_colleague_has_changed(
    sign_in: Callable[[str], FlaskClient],
) -> None:
    case = Case(sign_in)
    opened = case.client.get(f"/needs/{case.need}/withdraw").text
    case.overtake()
    late = case.send("withdraw", opened, reason="moved")
    assert (late.status_code, case.kept().status) == (409, NeedStatus.PUBLISHED)
    assert re.search(r'value="moved" checked', late.text)
    assert "A colleague&#39;s words." in late.text
    assert case.send("withdraw", late.text, reason="moved").status_code == 302


@pytest.mark.parametrize(("act", "prefix"), [("fix", "fix"), ("rule-out", "rule")])
def test_the_reason_of_a_restriction_is_kept_when_a_colleague_was_first(
    sign_in: Callable[[str], FlaskClient], act: str, prefix: str
) -> None:
    case = Case(sign_in)
    typed = {f"{prefix}_provision_id": str(case.provision), f"{prefix}_reason": "The order of 3 November."}
    opened = case.client.get(f"/needs/{case.need}/restrictions").text
    case.overtake()
    late = case.send(f"restrictions/{act}", opened, **typed)
    assert late.status_code == 409
    assert "Changed since you opened this page" in late.text
    assert "The order of 3 November.</textarea>" in late.text
    assert case.send(f"restrictions/{act}", late.text, **typed).status_code == 302


def test_every_form_in_which_something_is_typed_is_shown_again_when_it_is_refused(app: Flask) -> None:
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    assert {post for post in posts if not hasattr(app.view_functions[post], "__wrapped__")} == NOTHING_TYPED
