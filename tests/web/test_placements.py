"""The pages of placements: the list by what needs doing, one placement, each step, what is refused, what a provider
does not read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import (
    Authority,
    LedgerLine,
    LedgerTotal,
    Need,
    NeedStatus,
    Placement,
    PlacementEvent,
    PlacementStatus,
    Provision,
    Role,
    ScheduleStatus,
    UpliftStatus,
    User,
)
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.running import Running, running

TODAY = "2027-02-01T10:00:00+00:00"


@dataclass
class Sides:
    """A placement that was agreed from 4 January 2027, with somebody of each side at a browser on 1 February."""

    case: Running
    la: FlaskClient
    provider: FlaskClient
    id: int

    @property
    def page(self) -> str:
        return self.la.get(f"/placements/{self.id}").text

    def step(self, name: str, *, as_provider: bool = False, **form: Any) -> TestResponse:
        """Take a step through its page, as it stands now."""
        client = self.provider if as_provider else self.la
        path = f"/placements/{self.id}/{name}"
        page = client.get(path).text
        hidden = dict(re.findall(r'name="(version|event_id)" value="(\d+)"', page))
        return builders.post(client, path, **{**hidden, **form})

    def started(self) -> None:
        answer = self.step("start", **day(4, 1, 2027))
        assert answer.status_code == 302, answer.text


def day(d: int, m: int, y: int, name: str = "day") -> dict[str, str]:
    return {f"{name}-day": str(d), f"{name}-month": str(m), f"{name}-year": str(y)}


def only() -> Placement:
    with transaction(SYSTEM) as session:
        return session.scalars(select(Placement)).one()


@pytest.fixture
def sides(sign_in: Callable[[str], FlaskClient]) -> Any:
    with transaction(SYSTEM) as session:
        case = running(session)
        emails = [session.get_one(User, actor.user_id).email for actor in (case.commissioner, case.editor)]
        placement_id = case.placement.id
    with time_machine.travel(TODAY):
        yield Sides(case, sign_in(emails[0]), sign_in(emails[1]), placement_id)


def text(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_list_begins_with_whoever_should_have_started(sides: Sides) -> None:
    page = text(sides.la.get("/placements").text)
    assert "1 placement" in page
    assert "To confirm: has the pupil started? (1)" in page
    assert sides.case.placement.reference in page
    sides.started()
    page = text(sides.la.get("/placements?standing=running").text)
    assert "Running (1)" in page
    assert "No placement matches these filters" in text(sides.la.get("/placements?standing=ended").text)


def test_a_start_is_confirmed_and_charges_follow_it(sides: Sides) -> None:
    assert 'value="2027"' in sides.la.get(f"/placements/{sides.id}/start").text  # the agreed day stands in the boxes
    answer = sides.step("start", **day(11, 1, 2027))
    assert answer.location == f"/placements/{sides.id}"
    page = text(sides.page)
    assert "The start is kept. The ledger: £920.54 less in 2026 to 2027." in page
    assert "Agreed was 4 January 2027" in page
    assert only().status is PlacementStatus.STARTED


def test_what_a_step_needs_is_said_beside_its_boxes_and_nothing_typed_is_lost(sides: Sides) -> None:
    sides.started()
    answer = sides.step("suspend", **day(31, 2, 2027), reason="In hospital until spring.")
    assert answer.status_code == 422
    page = answer.text
    assert "There is a problem" in page
    assert "Enter a real date" in page
    assert "Say whether the place is paid for meanwhile." in page
    assert "In hospital until spring." in page
    assert 'value="31"' in page
    assert only().status is PlacementStatus.STARTED


def test_a_placement_is_varied_suspended_and_resumed(sides: Sides) -> None:
    sides.started()
    form = {"provision_id": sides.case.placement.provision_id, "band": "profound", "reason": "Needs have grown."}
    assert sides.step("vary", **day(1, 2, 2027), **form).status_code == 302
    assert "Band intensive → band profound" in text(sides.page)
    assert "£48,000 a year → £66,000 a year" in text(sides.page)
    assert sides.step("suspend", **day(1, 2, 2027), is_paid="no", reason="Ill.").status_code == 302
    assert "Not paid for meanwhile" in text(sides.page)
    assert sides.step("resume", **day(1, 2, 2027)).status_code == 302
    with transaction(SYSTEM) as session:
        assert session.scalars(select(PlacementEvent.kind).order_by(PlacementEvent.number)).all() == [
            "awarded", "started", "varied", "suspended", "resumed",
        ]  # fmt: skip


def test_the_effects_of_all_events_come_to_the_ledger(sides: Sides) -> None:
    sides.started()
    form = {"provision_id": sides.case.placement.provision_id, "band": "profound", "reason": "Needs have grown."}
    sides.step("vary", **day(1, 2, 2027), **form)
    sides.step("undo", reason="Wrong pupil.")
    with transaction(SYSTEM) as session:
        amounts = session.execute(select(LedgerTotal.year, LedgerTotal.amount).order_by(LedgerTotal.year)).all()
        lines = session.scalar(select(func.sum(LedgerLine.amount)))
    table = sides.page.partition("newest first")[2]
    shown = re.findall(r"([+−]?)£([\d,]+(?:\.\d\d)?) <span class=\"app-quiet\">in (\d{4}) to", table)
    by_year: dict[int, int] = {}
    for sign, amount, year in shown:
        pence = round(float(amount.replace(",", "")) * 100)
        by_year[int(year)] = by_year.get(int(year), 0) + (-pence if sign == "−" else pence)
    assert by_year == {year: amount for year, amount in amounts}  # noqa: C416 - rows
    assert sum(by_year.values()) == lines


def test_the_authority_gives_notice_and_says_what_becomes_of_the_need(sides: Sides) -> None:
    sides.started()
    assert "What becomes of the need?" in sides.la.get(f"/placements/{sides.id}/notice").text
    refused = sides.step("notice", **day(23, 7, 2027, "last_day"), reason="The family moves.")
    assert refused.status_code == 422
    assert "Say what becomes of the need." in refused.text
    sides.step("notice", **day(23, 7, 2027, "last_day"), reason="The family moves.", then="transfer")
    assert f"23 July 2027, by notice of {sides.case.la.name}" in text(sides.page)
    assert "Ending: notice was given (1)" in text(sides.la.get("/placements").text)


def test_a_provider_gives_notice_and_takes_it_back_and_reads_nothing_of_the_ledger(sides: Sides) -> None:
    sides.started()
    page = sides.provider.get(f"/placements/{sides.id}/notice").text
    assert "What becomes of the need?" not in page
    answer = sides.step("notice", as_provider=True, **day(23, 7, 2027, "last_day"), reason="We close this class.")
    assert answer.status_code == 302
    page = text(sides.provider.get(f"/placements/{sides.id}").text)
    assert "Notice is given. The authority is told." in page
    assert "We close this class." in page
    assert "Ledger" not in page
    assert "What it costs" not in page
    assert "post the need again" not in page
    assert "Undo the last entry" not in text(sides.page)  # which is the provider's
    assert "We close this class." in text(sides.page)
    assert sides.step("undo", as_provider=True, reason="Not this one.").status_code == 302
    assert only().ends_on is None
    for path in ("ledger", f"ledger/{sides.case.la.id}", f"placements/{sides.id}/vary"):
        assert sides.provider.get(f"/{path}").status_code == 403


def test_a_placement_is_ended_and_its_end_is_undone(sides: Sides) -> None:
    sides.started()
    answer = sides.step("end", **day(29, 1, 2027, "last_day"), reason="Moved away.", then="needed_again")
    assert answer.status_code == 302
    assert only().status is PlacementStatus.ENDED
    assert "Ended" in text(sides.page)
    assert sides.la.get(f"/placements/{sides.id}/vary").location == f"/placements/{sides.id}"  # nothing is varied now
    undo = text(sides.la.get(f"/placements/{sides.id}/undo").text)
    assert "Ended , from 29 January 2027" in undo
    assert sides.step("undo", reason="Another pupil.").status_code == 302
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Need.status)).all() == [NeedStatus.PLACED]
    assert "“Ended” of 29 January 2027 was entered by mistake" in text(sides.page)


def test_what_never_began_is_ended_without_a_last_day(sides: Sides) -> None:
    assert "last_day" not in sides.la.get(f"/placements/{sides.id}/end").text
    assert sides.step("end", reason="The family withdrew.", then="not_needed").status_code == 302
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.sum(LedgerLine.amount))) == 0


def test_a_step_on_a_stale_page_shows_what_holds_now(sides: Sides) -> None:
    sides.started()
    path = f"/placements/{sides.id}/suspend"
    page = sides.la.get(path).text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    sides.step("notice", **day(23, 7, 2027, "last_day"), reason="The family moves.", then="not_needed")
    answer = builders.post(sides.la, path, version=version, is_paid="yes", reason="Ill.", **day(1, 2, 2027))
    assert answer.status_code == 409
    assert "Changed since you opened this page." in answer.text
    assert "to 23 July 2027" in text(answer.text)
    assert only().status is PlacementStatus.STARTED


def test_the_agreement_is_read_by_both_sides(sides: Sides) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Placement, sides.id).agreement = commissioning.letter(session.scalars(select(Need)).one())
    for client in (sides.la, sides.provider):
        answer = client.get(f"/placements/{sides.id}/agreement.pdf")
        assert answer.data.startswith(b"%PDF")
        assert "attachment" in answer.headers["Content-Disposition"]


def test_who_only_reads_is_offered_no_step(sides: Sides, sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        la = session.get_one(Authority, sides.case.la.id)
        approver = builders.user(session, la, Role.APPROVER).email
        regional = builders.user(session, la.region, Role.PROCUREMENT).email
    for email in (approver, regional):
        page = sign_in(email).get(f"/placements/{sides.id}").text
        assert "Enter what happens" not in page
        assert "What it costs" in page


def test_a_rival_finds_no_placement(sides: Sides, sign_in: Callable[[str], FlaskClient]) -> None:
    with transaction(SYSTEM) as session:
        rival = builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email
        other = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    for email in (rival, other):
        client = sign_in(email)
        assert client.get(f"/placements/{sides.id}").status_code == 404
        assert client.get(f"/placements/{sides.id}/notice").status_code == 404
        assert sides.case.placement.reference not in client.get("/placements").text


def test_prices_of_an_accepted_uplift_are_applied_from_a_day_on(sides: Sides) -> None:
    sides.started()
    with transaction(SYSTEM) as session:
        provision = session.get_one(Provision, sides.case.placement.provision_id)
        uplift = builders.uplift(session, provision, session.get_one(Authority, sides.case.la.id))
        before = builders.published(session, provision)
        before.status, before.ends_on = ScheduleStatus.SUPERSEDED, date(2027, 1, 18)
        session.flush()
        after = builders.schedule(session, provision, starts_on=date(2027, 1, 18), version=9, intensive=5_000_000)
        uplift.status, uplift.published_id = UpliftStatus.PUBLISHED, after.id
    answer = sides.step("uplift", **day(25, 1, 2027))
    assert answer.location == f"/placements/{sides.id}", answer.text
    assert only().price == 5_000_000
