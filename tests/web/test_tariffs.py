"""Pages of tariffs: a draft from a file, its boxes, the consultation, the comments, the adoption."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import (
    Organisation,
    Role,
    RunStatus,
    ShadowRun,
    Tariff,
    TariffStatus,
    today,
)
from marketplace.permissions import SYSTEM
from marketplace.services.comments import version_of
from marketplace.web import tariff_tables
from marketplace.web.formats import day
from pricing.tariff import load_tariff
from tests import builders

SignIn = Callable[[str], FlaskClient]

FILE = """name = "Elm tariff"
basis = "local"
valid_from = 2027-09-01
[band]
moderate = 31000
intensive = 50000
[pattern]
day = 1.0
weekly = 1.5
[porous]
coordination = 0.1
"""


class Elm:
    """An LA with a buyer, an approver and a commissioner; two providers that run a setting in it, and one elsewhere."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            self.framework_id = builders.framework(session).id
            la = builders.authority(session, name="Elmshire")
            self.la_id = la.id
            self.people = {
                role: builders.user(session, la, role).email
                for role in (Role.PROCUREMENT, Role.APPROVER, Role.COMMISSIONER)
            }
            self.editors = []
            for name, where in (("Aster Trust", la), ("Zinnia Trust", la), ("Far Trust", builders.authority(session))):
                provider = builders.provider(session, name)
                builders.setting(session, where, provider)
                self.editors.append(builders.user(session, provider, Role.PROVIDER_EDITOR).email)

    def consulted(self, **fields: Any) -> int:
        """A tariff in consultation for another month."""
        with transaction(SYSTEM) as session:
            about = {"closes_on": today() + timedelta(days=30), "starts_on": today() + timedelta(days=90), **fields}
            owner = session.get_one(Organisation, self.la_id)
            return builders.tariff_in_consultation(session, owner=owner, framework_id=self.framework_id, **about).id

    def row(self, tariff_id: int) -> Tariff:
        with transaction(SYSTEM) as session:
            return session.get_one(Tariff, tariff_id)


@pytest.fixture
def elm(client: FlaskClient) -> Elm:  # noqa: ARG001
    return Elm()


def upload(client: FlaskClient, content: bytes = b"", **form: Any) -> Any:
    token = builders.csrf_token(client.get("/tariffs/new").text)
    data = {"csrf_token": token, "text": "", **form}
    if content:
        data["file"] = (io.BytesIO(content), "tariff.toml")
    return client.post("/tariffs/new", data=data)


def test_a_file_becomes_a_draft_and_reads_back_as_it_was(elm: Elm, sign_in: SignIn) -> None:
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    answer = upload(buyer, FILE.encode())
    assert answer.status_code == 302
    page = buyer.get(answer.location)
    for words in ("£31,000", "£46,500", "£75,000", "plus 10% for coordination", "Tariff drafted", "Rests on"):
        assert words in page.text
    text = buyer.get(f"{answer.location}/tariff.toml").text
    assert 'owner = "Elmshire"' in text
    assert "valid_from = 2027-09-01" in text
    assert sign_in(elm.people[Role.COMMISSIONER]).get(answer.location).status_code == 200
    assert sign_in(elm.editors[0]).get(answer.location).status_code == 404


def test_a_faulty_file_is_refused_with_every_fault_and_stays_as_text_to_put_right(elm: Elm, sign_in: SignIn) -> None:
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    faulty = FILE.replace("50000", "30000").replace('"local"', '"hearsay"')
    answer = upload(buyer, faulty.encode())
    assert answer.status_code == 422
    assert "[band] intensive: £30,000 is below moderate, £31,000." in answer.text
    assert "basis: &#34;hearsay&#34; is not one of the words known here." in answer.text
    assert "intensive = 30000" in answer.text
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Tariff)).all() == []
    assert upload(buyer, text=FILE.replace("\n", "\r\n")).status_code == 302


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file, or paste its text below."),
        (b"name = ?\n", "at line 1"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"#" * 200_001, "larger than 200 kB"),
        (b"a = " + b"[" * 100_000, "cannot be read as TOML"),
    ],
)
def test_what_is_no_tariff_is_told_in_words(elm: Elm, sign_in: SignIn, content: bytes, words: str) -> None:
    answer = upload(sign_in(elm.people[Role.PROCUREMENT]), content)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_draft_is_changed_in_its_boxes_with_every_fault_beside_its_box(elm: Elm, sign_in: SignIn) -> None:
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    address = upload(buyer, FILE.encode()).location
    form = {
        "version": "1", "name": "Elm tariff", "edition": "2", "basis": "local", "starts_on": "1 September 2027",
        "band-moderate": "£32,000", "band-intensive": "51,500", "pattern-day": "1", "pattern-weekly": "1.55",
        "coordination": "12.5%", "outreach-ta": "150", "area": "202 = 1.18\n203=1.1",
    }  # fmt: skip
    wrong = form | {"band-moderate": "lots", "pattern-weekly": "15", "area": "20 = 1\nx"}
    refused = builders.post(buyer, f"{address}/edit", **wrong)
    assert refused.status_code == 422
    for box in ("band-moderate", "pattern-weekly", "area"):
        assert f'href="#{box}"' in refused.text
    assert 'value="lots"' in refused.text
    assert builders.post(buyer, f"{address}/edit", **form).status_code == 302
    tariff = load_tariff(elm.row(int(address.rsplit("/", 1)[1])).content)
    assert (tariff.version, tariff.band["moderate"], str(tariff.pattern["weekly"])) == ("2", 3_200_000, "1.55")
    assert (str(tariff.coordination), tariff.outreach["ta"], set(tariff.area)) == ("0.125", 15_000, {"202", "203"})
    stale = builders.post(buyer, f"{address}/edit", **form | {"band-moderate": "33,000"})
    assert stale.status_code == 409
    assert "Changed since you opened this page." in stale.text
    assert "32,000" in stale.text


def test_a_form_saved_as_it_was_opened_keeps_every_figure(elm: Elm, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        builders.tariff(session)
        national_id = session.scalars(select(Tariff.id)).one()
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    copied = builders.post(buyer, f"/tariffs/{national_id}/copy", page=f"/tariffs/{national_id}").location
    tariff_id = int(copied.split("/")[2])
    before = elm.row(tariff_id).content
    with transaction(SYSTEM) as session:
        boxes = tariff_tables.boxes(session.get_one(Tariff, tariff_id))
    form = {name: value.isoformat() if isinstance(value, date) else value for name, value in boxes.items() if value}
    assert builders.post(buyer, copied, version="1", **form).status_code == 302
    assert elm.row(tariff_id).content == before


def test_a_draft_is_opened_and_from_then_on_its_providers_see_it(elm: Elm, sign_in: SignIn) -> None:
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    address = upload(buyer, FILE.encode()).location
    early = builders.post(buyer, f"{address}/consult", version="1", closes_on=today().isoformat())
    assert early.status_code == 422
    assert "Give providers 7 days at least" in early.text
    closes_on = (today() + timedelta(days=40)).isoformat()
    assert builders.post(buyer, f"{address}/consult", version="1", closes_on=closes_on).status_code == 302
    assert buyer.get(f"{address}/edit").status_code == 302
    seen = [sign_in(editor).get(address).status_code for editor in elm.editors]
    assert seen == [200, 200, 404]


def test_rivals_comment_apart_and_the_owner_reads_both(elm: Elm, sign_in: SignIn) -> None:
    address = f"/tariffs/{elm.consulted()}"
    aster, zinnia = (sign_in(email) for email in elm.editors[:2])
    assert "comment on it" in aster.get("/tariffs").text
    mine = f"{address}/comments/mine"
    version = version_of([])
    refused = builders.post(
        aster, mine, version=version, **{"moderate-words": "Wages rose.", "general-stance": "agree"}
    )
    assert refused.status_code == 422
    assert "Choose one of these to go with your words." in refused.text
    assert "Wages rose." in refused.text
    said = {"moderate-stance": "too_low", "moderate-words": "Wages rose."}
    assert builders.post(aster, mine, version=version, **said).status_code == 302
    assert builders.post(zinnia, mine, version=version, **{"moderate-stance": "agree"}).status_code == 302
    assert "Wages rose." in aster.get(mine).text
    for page in (address, mine):
        assert "Wages rose." not in zinnia.get(page).text
        assert "Aster Trust" not in zinnia.get(page).text
    assert zinnia.get(f"{address}/comments").status_code == 403
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    page = buyer.get(f"{address}/comments").text
    for words in ("Aster Trust", "Wages rose.", "Zinnia Trust", "Too low"):
        assert words in page
    assert "Wages rose." not in sign_in(elm.editors[0]).get("/tariffs").text


def test_of_two_editors_of_one_provider_the_later_sees_what_the_first_has_kept(elm: Elm, sign_in: SignIn) -> None:
    mine = f"/tariffs/{elm.consulted()}/comments/mine"
    first, second = sign_in(elm.editors[0]), sign_in(elm.editors[0])
    opened = re.search(r'name="version" value="([^"]+)"', second.get(mine).text)
    assert opened
    said = {"moderate-stance": "too_low", "moderate-words": "Wages rose."}
    assert builders.post(first, mine, version=opened[1], **said).status_code == 302
    other = {"moderate-stance": "too_high", "moderate-words": "Rents fell."}
    stale = builders.post(second, mine, version=opened[1], **other)
    assert stale.status_code == 409
    for words in ("What is kept now", "Wages rose.", "Rents fell."):
        assert words in stale.text
    now = re.search(r'name="version" value="([^"]+)"', stale.text)
    assert now
    assert builders.post(second, mine, version=now[1], **other).status_code == 302
    assert "Wages rose." not in first.get(mine).text


def test_a_closed_consultation_is_read_and_no_longer_changed(elm: Elm, sign_in: SignIn) -> None:
    address = f"/tariffs/{elm.consulted(closes_on=today() - timedelta(days=1))}/comments/mine"
    aster = sign_in(elm.editors[0])
    assert "so they no longer change" in aster.get(address).text
    late = builders.post(aster, address, version=version_of([]), **{"moderate-stance": "agree"})
    assert late.status_code == 409


def test_a_consultation_is_kept_open_for_longer_and_providers_see_the_new_day(elm: Elm, sign_in: SignIn) -> None:
    address = f"/tariffs/{elm.consulted()}"
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    assert "Keep the consultation open for longer" in buyer.get(address).text
    assert "Keep the consultation open for longer" not in sign_in(elm.people[Role.APPROVER]).get(address).text
    earlier = builders.post(buyer, f"{address}/extend", version="1", closes_on=(today() + timedelta(29)).isoformat())
    assert earlier.status_code == 422
    assert "A closing date only moves to a later day" in earlier.text
    later = today() + timedelta(days=41)
    assert builders.post(buyer, f"{address}/extend", version="1", closes_on=later.isoformat()).status_code == 302
    page = buyer.get(address).text
    assert "Tariff consultation extended" in page
    assert f"from {day(today() + timedelta(days=30))} to {day(later)}" in page
    editor = sign_in(elm.editors[0])
    for seen in ("/", "/tariffs", address, f"{address}/comments/mine"):
        assert f"until {day(later)}" in editor.get(seen).text
    assert editor.get(f"{address}/extend").status_code == 403


def test_a_consultation_that_cannot_be_kept_open_has_no_page_to_do_so(elm: Elm, sign_in: SignIn) -> None:
    last = elm.consulted(closes_on=today() + timedelta(days=8), starts_on=today() + timedelta(days=10))
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    assert "Keep the consultation open" not in buyer.get(f"/tariffs/{last}").text
    assert buyer.get(f"/tariffs/{last}/extend").status_code == 302


def test_a_second_person_adopts_and_the_page_says_what_is_in_the_way(elm: Elm, sign_in: SignIn) -> None:
    tariff_id = elm.consulted(closes_on=today() - timedelta(days=1))
    address = f"/tariffs/{tariff_id}"
    approver = sign_in(elm.people[Role.APPROVER])
    assert "No shadow run of exactly this tariff is kept." in approver.get(address).text
    refused = builders.post(approver, f"{address}/adopt", version="1")
    assert refused.status_code == 409
    assert elm.row(tariff_id).status is TariffStatus.IN_CONSULTATION
    with transaction(SYSTEM) as session:
        la = session.get_one(Organisation, elm.la_id)
        placements = builders.placement_set(session, la)
        content = session.get_one(Tariff, tariff_id).content
        session.add(
            ShadowRun(
                tariff_id=tariff_id, owner_id=la.id, placement_set_id=placements.id, content=content, limit=500,
                status=RunStatus.DONE, figures={}, files=b"",
            )
        )  # fmt: skip
    assert "Once adopted it never changes" in approver.get(f"{address}/adopt").text
    assert builders.post(approver, f"{address}/adopt", version="1").status_code == 302
    page = approver.get(address).text
    assert "Adopted" in page
    assert "Tariff adopted" in page
    assert "It is in force from" in page
    assert "Adopted, to come" in sign_in(elm.editors[2]).get("/tariffs").text  # what is adopted is public


def test_a_draft_is_removed_after_a_question(elm: Elm, sign_in: SignIn) -> None:
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    address = upload(buyer, FILE.encode()).location
    assert "Remove Elm tariff, version 1?" in buyer.get(f"{address}/remove").text
    assert builders.post(buyer, f"{address}/remove", version="1").status_code == 302
    assert buyer.get(address).status_code == 404


def test_the_list_says_what_to_do_and_is_never_empty_of_words(elm: Elm, sign_in: SignIn) -> None:
    buyer = sign_in(elm.people[Role.PROCUREMENT])
    assert "Draft one, open it for consultation, and adopt it." in buyer.get("/tariffs").text
    elm.consulted(closes_on=today() - timedelta(days=1))
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    page = buyer.get("/tariffs").text
    assert "To decide" in page
    assert "the one that holds for you" in page


def test_a_national_tariff_is_the_operators(elm: Elm, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        operator = builders.user(session, builders.operator(session), Role.ADMINISTRATOR).email
    person = sign_in(operator)
    address = upload(person, FILE.encode()).location
    assert "National" in person.get(address).text
    assert sign_in(elm.people[Role.PROCUREMENT]).get(address).status_code == 404
    assert elm.row(int(address.rsplit("/", 1)[1])).owner_id is None
