"""Prices through the real pages: J04 from the list to publication, and who sees what."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from werkzeug.test import TestResponse

import pricing.tariff
from marketplace.db import transaction
from marketplace.models import (
    Band,
    Kind,
    PriceLine,
    PriceSchedule,
    Role,
    ScheduleStatus,
    Tariff,
    Unit,
    today,
)
from marketplace.permissions import SYSTEM
from marketplace.services.schedule_drafts import next_september
from tests import builders

SignIn = Callable[[str], FlaskClient]


@dataclass
class Trust:
    """A provider with one setting, one published schedule, and the people around it."""

    setting: int
    provision: int
    published: int
    editor: str
    rival: str
    commissioner: str


@pytest.fixture
def trust(database: Engine) -> Trust:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        provider = builders.provider(session)
        setting = builders.setting(session, la, provider, name="Heron House")
        provision = builders.provision(session, builders.pool(session, setting), name="Autism day school")
        builders.schedule(session, provision, moderate=3_000_000, intensive=4_800_000)
        return Trust(
            setting.id,
            provision.id,
            session.scalars(select(PriceSchedule.id)).one(),
            builders.user(session, provider, Role.PROVIDER_EDITOR).email,
            builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email,
            builders.user(session, la, Role.COMMISSIONER).email,
        )


def started(client: FlaskClient, trust: Trust) -> str:
    """Start the draft; the path of its pages without the last word."""
    answer = builders.post(client, f"/settings/{trust.setting}/schedules/start", page="/schedules")
    assert answer.status_code == 302, answer.text
    return answer.location.removesuffix("/grid")


def boxes(page: str) -> dict[str, str]:
    """What the boxes of a page hold, by name, as a browser would send them."""
    tags = re.findall(r"<input[^>]*>", page.split("<main")[1])
    found = {}
    for tag in tags:
        name, value = re.search(r'\bname="([^"]+)"', tag), re.search(r'\bvalue="([^"]*)"', tag)
        if name:
            found[name[1]] = value[1] if value else ""
    return found


def send(client: FlaskClient, path: str, page: str, **changes: str) -> TestResponse:
    """Send the form of a page with some boxes changed; "__" stands for "-"."""
    return client.post(path, data={**boxes(page), **{name.replace("__", "-"): text for name, text in changes.items()}})


def lines(schedule_id: int | str) -> dict[str, int]:
    with transaction(SYSTEM) as session:
        rows = session.scalars(select(PriceLine).where(PriceLine.schedule_id == int(schedule_id)))
        return {row.key: row.amount for row in rows}


def test_next_years_prices_are_set_in_two_screens_and_three_clicks(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    assert "Set next year’s prices" in client.get("/schedules").text
    draft = started(client, trust)  # first click
    grid = client.get(f"{draft}/grid").text
    assert "now £30,000" in grid
    assert "Existing awards keep their price." in grid
    checked = send(
        client,
        f"{draft}/grid",
        grid,
        **{f"lines-{trust.provision}-moderate-core-amount": "£31,200.50", "then": "check"},
    )  # second click
    assert checked.location == f"{draft}/check"
    page = client.get(checked.location).text
    assert "£31,200.50" in page
    assert "was £30,000, +4.0%" in page
    assert "Existing awards keep their price." in page
    assert "Version 1, from 1 September 2026, ends the day before." in page
    done = send(client, f"{draft}/publish", page)  # third click
    assert done.location == draft
    shown = client.get(draft).text
    assert "Published. Version 2 holds from" in shown
    assert "They are published and start on" in shown
    with transaction(SYSTEM) as session:
        old, new = session.scalars(select(PriceSchedule).order_by(PriceSchedule.version)).all()
        assert (old.status, old.ends_on) == (ScheduleStatus.SUPERSEDED, new.starts_on)
        assert (new.status, new.starts_on) == (ScheduleStatus.PUBLISHED, next_september(today()))


def test_a_grid_saved_as_it_was_opened_keeps_every_line(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    assert send(client, f"{draft}/grid", client.get(f"{draft}/grid").text).status_code == 302
    assert lines(draft.rsplit("/", 1)[1]) == lines(trust.published)
    assert "The draft is saved. Nobody else sees it" in client.get(f"{draft}/grid").text


def test_what_was_typed_is_kept_and_every_error_is_linked_to_its_box(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    core, salt = (f"lines-{trust.provision}-moderate-{part}" for part in ("core", "therapy-salt"))
    answer = send(
        client,
        f"{draft}/grid",
        client.get(f"{draft}/grid").text,
        **{f"{core}-amount": "1.2k", f"{salt}-amount": "4,200", f"{salt}-weeks": "38 weeks", "starts_on-month": "13"},
    )
    assert answer.status_code == 422
    page = answer.text
    assert boxes(page)[f"{core}-amount"] == "1.2k"
    assert boxes(page)[f"{salt}-weeks"] == "38 weeks"
    assert boxes(page)["starts_on-month"] == "13"
    for name, words in (
        (f"{core}-amount", "Autism day school, moderate, core education, £ a year: Enter an amount in pounds"),
        (f"{salt}-hours_a_week", "speech and language therapy, hours a week: Enter the hours a week"),
        ("starts_on", "Enter a real date"),
    ):
        assert re.search(rf'<a href="#{name}">\s*[^<]*{words}', page), name
        assert f'id="{name}"' in page
    opened = re.findall(r"<details[^>]*\bopen>.*?</details>", page, re.DOTALL)
    assert len(opened) == 1, "the fold with an error in it is open, and no other"
    assert f'id="{salt}-hours_a_week"' in opened[0]
    assert lines(draft.rsplit("/", 1)[1]) == lines(trust.published)


def test_all_is_raised_on_the_server_and_may_be_changed_afterwards(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    answer = send(client, f"{draft}/raise", client.get(f"{draft}/grid").text, percent="4.5%")
    assert answer.location == f"{draft}/grid"
    page = client.get(answer.location).text
    assert "with +4.5%, to the nearest pound" in page
    assert boxes(page)[f"lines-{trust.provision}-moderate-core-amount"] == "31,350"
    assert boxes(page)[f"lines-{trust.provision}-intensive-core-amount"] == "50,160"
    assert page.count("+4.5%</span>") == 2
    refused = send(client, f"{draft}/raise", page, percent="4,5")
    assert refused.status_code == 422
    assert boxes(refused.text)["percent"] == "4,5"


def test_a_stale_page_is_answered_with_what_the_draft_holds_now_beside_what_was_typed(
    trust: Trust, sign_in: SignIn
) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    opened = client.get(f"{draft}/grid").text
    core = f"lines-{trust.provision}-moderate-core-amount"
    send(client, f"{draft}/grid", opened, **{core: "33,000"})
    late = send(client, f"{draft}/grid", opened, **{core: "32,000"})
    assert late.status_code == 409
    assert "Somebody else has saved this draft since you opened it." in late.text
    assert "Saved by somebody else as 33,000." in late.text
    assert late.text.count("Saved by somebody else") == 2  # once above, once beside the box
    assert boxes(late.text)[core] == "32,000"
    assert lines(draft.rsplit("/", 1)[1])[f"{trust.provision}-moderate-core"] == 3_300_000
    wrong = send(client, f"{draft}/grid", opened, **{core: "1.2k"})
    assert wrong.status_code == 422
    again = send(client, f"{draft}/grid", late.text)
    assert again.status_code == 302
    assert lines(draft.rsplit("/", 1)[1])[f"{trust.provision}-moderate-core"] == 3_200_000


def test_what_is_published_is_changed_by_no_page(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    grid = client.get(f"{draft}/grid").text
    check = client.get(f"{draft}/check").text
    assert send(client, f"{draft}/publish", check).status_code == 302
    before = lines(draft.rsplit("/", 1)[1])
    assert client.get(f"{draft}/grid").location == client.get(f"{draft}/check").location == draft
    for path in ("grid", "raise", "publish"):
        answer = send(
            client, f"{draft}/{path}", grid, percent="5", **{f"lines-{trust.provision}-mild-core-amount": "1"}
        )
        assert answer.status_code == 409, path
        assert "Version 2 is published, so its prices no longer change." in answer.text
        typed = boxes(answer.text).get(f"lines-{trust.provision}-mild-core-amount")
        assert typed == (None if path == "publish" else "1")  # not lost
    assert lines(draft.rsplit("/", 1)[1]) == before


def test_a_second_draft_is_refused(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    second = client.post(f"/settings/{trust.setting}/schedules/start", data=boxes(client.get(f"{draft}/grid").text))
    assert second.status_code == 409
    assert "has a draft of its next prices already" in second.text
    index = client.get("/schedules").text
    assert "Set next year’s prices" not in index
    assert "Go on with the draft" in index


def test_the_check_says_what_is_in_the_way_and_links_to_the_grid(trust: Trust, sign_in: SignIn) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    core = f"lines-{trust.provision}-moderate-core"
    changes = {f"{core}-amount": "", f"{core}-weeks": "", f"lines-{trust.provision}-moderate-equipment-amount": "900"}
    send(client, f"{draft}/grid", client.get(f"{draft}/grid").text, **changes, **{"starts_on-year": "2026"})
    page = client.get(f"{draft}/check").text
    assert "<title>Error:" in page
    assert re.search(rf'href="{draft}/grid#{core}-amount">\s*Autism day school, moderate: it has no core price', page)
    assert re.search(rf'href="{draft}/grid#starts_on">\s*Prices from 1 September 2026 are published already', page)
    assert "Publish these prices" not in page
    refused = client.post(f"{draft}/publish", data={**boxes(client.get(f"{draft}/grid").text)})
    assert refused.status_code == 422
    assert "it has no core price" in refused.text


def test_a_rival_finds_nothing_and_an_authority_finds_published_prices_only(trust: Trust, sign_in: SignIn) -> None:
    draft = started(sign_in(trust.editor), trust)
    rival, la = sign_in(trust.rival), sign_in(trust.commissioner)
    of_setting = f"/settings/{trust.setting}/schedules"
    for path in (draft, f"{draft}/grid", f"{draft}/check", f"/schedules/{trust.published}", of_setting):
        assert rival.get(path).status_code == 404, path
    assert "Heron House" not in rival.get("/schedules").text
    assert la.get(draft).status_code == 404
    assert la.get(f"{draft}/grid").status_code == 403
    assert "£48,000" in la.get(f"/schedules/{trust.published}").text
    page = la.get(of_setting).text
    assert "Version 1" in page
    assert "Version 2" not in page


def test_a_setting_without_prices_or_provisions_says_what_to_do(trust: Trust, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        row = session.get_one(PriceSchedule, trust.published).setting
        bare = builders.setting(session, row.authority, row.provider, name="Little Heron").id
    client = sign_in(trust.editor)
    assert "Set the first prices" in client.get("/schedules").text
    answer = builders.post(client, f"/settings/{bare}/schedules/start", page="/schedules")
    assert "The setting offers no provision yet" in client.get(answer.location).text
    assert "There is no price in this draft" in client.get(answer.location.replace("grid", "check")).text
    assert "Your organisation runs no setting" in sign_in(trust.rival).get("/schedules").text


def test_the_guide_price_is_set_beside_each_fee_caps_nothing_and_says_that_it_is_illustrative(
    trust: Trust, sign_in: SignIn
) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    assert "guide" not in client.get(f"{draft}/grid").text
    content: dict[str, Any] = {
        "name": "Test tariff", "version": "2", "status": "adopted", "basis": "local", "valid_from": "2026-04-01",
        "is_illustrative": True, "band": {"moderate": 20_000, "intensive": 50_000}, "pattern": {"day": 1},
    }  # fmt: skip
    pricing.tariff.load_tariff(content)
    with transaction(SYSTEM) as session:
        builders.kept(
            session,
            Tariff(
                framework=builders.framework(session),
                name="Test tariff",
                version="1",
                status="adopted",
                starts_on=date(2026, 4, 1),
                is_illustrative=True,
                content=content,
            ),
        )
    for path in (f"{draft}/grid", f"{draft}/check", f"/schedules/{trust.published}"):
        page = client.get(path).text
        assert "50.0% above guide" in page
        assert "4.0% below guide" in page
        assert "its figures are illustrative" in page
    assert send(client, f"{draft}/publish", client.get(f"{draft}/check").text).status_code == 302
    assert lines(draft.rsplit("/", 1)[1]) == lines(trust.published)


@contextmanager
def queries(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("page", ["grid", "check"])
def test_twelve_provisions_take_no_more_queries_than_one(
    trust: Trust, sign_in: SignIn, database: Engine, page: str
) -> None:
    client = sign_in(trust.editor)
    draft = started(client, trust)
    with queries(database) as few:
        client.get(f"{draft}/{page}")
    with transaction(SYSTEM) as session:
        row = session.get_one(PriceSchedule, int(draft.rsplit("/", 1)[1]))
        hours = builders.pool(session, row.setting, unit=Unit.HOURS)
        for number in range(11):
            kind = Kind.OUTREACH if number % 2 else Kind.FULL
            provision = builders.provision(session, hours, name=f"Provision {number}", kind=kind)
            row.lines += [PriceLine(provision_id=provision.id, band=band, part="core", amount=1) for band in Band]
    with queries(database) as many:
        assert "Provision 10" in client.get(f"{draft}/{page}").text
    assert len(many) == len(few) < 20
