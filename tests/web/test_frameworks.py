"""Pages of frameworks: a draft from a file, its text, the consultation, the comments, what it changes, the adoption."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import Band, Framework, Role, TariffStatus, today
from marketplace.permissions import SYSTEM
from marketplace.services.comments import version_of
from marketplace.services.frameworks import rule
from marketplace.web.formats import day
from pricing.framework import DEMONSTRATION_FRAMEWORK
from tests import builders

SignIn = Callable[[str], FlaskClient]

FILE = DEMONSTRATION_FRAMEWORK.read_text("utf-8")


class Nation:
    """The operator with two administrators, an LA with a commissioner and procurement, and two providers."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            self.held_id = builders.demonstration_framework(session).id
            operator = builders.operator(session)
            self.maker, self.adopter = (builders.user(session, operator, Role.ADMINISTRATOR) for _ in range(2))
            self.la = builders.authority(session, name="Elmshire")
            self.commissioner, self.administrator = (
                builders.user(session, self.la, role).email for role in (Role.COMMISSIONER, Role.ADMINISTRATOR)
            )
            self.editors = [
                builders.user(session, builders.provider(session, name), Role.PROVIDER_EDITOR).email
                for name in ("Aster Trust", "Zinnia Trust")
            ]

    def consulted(self, **fields: Any) -> int:
        """A framework in consultation for another month, which takes no step for several areas."""
        with transaction(SYSTEM) as session:
            about = {"closes_on": today() + timedelta(days=30), "starts_on": today() + timedelta(days=90), **fields}
            return builders.framework_in_consultation(session, makers=[self.maker.id], **about).id

    def post_needs(self, many: int) -> None:
        """So many needs of the LA with two intensive areas, which make one band more as long as that is a step."""
        with transaction(SYSTEM) as session:
            for _ in range(many):
                builders.need(session, self.la, level_ci=3, level_cl=3, derived_band=Band.PROFOUND)

    def row(self, framework_id: int) -> Framework:
        with transaction(SYSTEM) as session:
            return session.get_one(Framework, framework_id)


@pytest.fixture
def nation(client: FlaskClient) -> Nation:  # noqa: ARG001
    return Nation()


def upload(client: FlaskClient, content: bytes = b"", **form: Any) -> Any:
    token = builders.csrf_token(client.get("/frameworks/new").text)
    data = {"csrf_token": token, "text": "", **form}
    if content:
        data["file"] = (io.BytesIO(content), "framework.toml")
    return client.post("/frameworks/new", data=data)


def drafted(client: FlaskClient) -> str:
    """The address of a draft that starts in some months."""
    start = (today() + timedelta(days=120)).isoformat()
    first = next(line for line in FILE.splitlines() if line.startswith("starts_on"))
    address: str = upload(client, FILE.replace(first, f"starts_on = {start}").encode()).location
    return address


def test_a_framework_shows_its_rule_contents_rates_and_tariffs_and_is_a_file(nation: Nation, sign_in: SignIn) -> None:
    with transaction(SYSTEM) as session:
        builders.tariff(session)
    person = sign_in(nation.editors[0])
    assert f"/frameworks/{nation.held_id}" in person.get("/frameworks").text
    page = person.get(f"/frameworks/{nation.held_id}").text
    for words in ("make it one band higher", "£17.20", "£10,000 a place", "Demonstration tariff", "It is in force"):
        assert words in page
    assert "What it would change" not in page
    text = person.get(f"/frameworks/{nation.held_id}/framework.toml").text
    assert "[content.intensive]" in text


def test_a_file_becomes_a_draft_that_nobody_but_the_operator_sees(nation: Nation, sign_in: SignIn) -> None:
    maker = sign_in(nation.maker.email)
    address = drafted(maker)
    page = maker.get(address).text
    for words in ("Draft", "Framework drafted", "Open for consultation", "What it would change"):
        assert words in page
    for email in (nation.commissioner, nation.editors[0]):
        assert sign_in(email).get(address).status_code == 404
    assert sign_in(nation.commissioner).get("/frameworks/new").status_code == 403


def test_a_faulty_file_is_refused_with_every_fault_and_stays_as_text_to_put_right(
    nation: Nation, sign_in: SignIn
) -> None:
    maker = sign_in(nation.maker.email)
    refused = upload(maker, FILE.replace("co_occurrence = true", 'co_occurrence = "often"\nbands = 7').encode())
    assert refused.status_code == 422
    for words in ("co_occurrence:", "bands:", "bands = 7"):
        assert words in refused.text
    with transaction(SYSTEM) as session:
        assert len(session.scalars(select(Framework)).all()) == 1
    assert upload(maker, text=FILE.replace("\n", "\r\n")).status_code == 302
    assert "You have a version 2 of" in upload(maker, FILE.encode()).text
    for content, words in ((b"", "Choose a file"), (b"name = ?\n", "at line 1"), (b"#" * 200_001, "no framework")):
        assert words in upload(maker, content).text


def test_a_draft_is_changed_as_text_and_a_stale_save_shows_what_is_kept(nation: Nation, sign_in: SignIn) -> None:
    maker = sign_in(nation.maker.email)
    address = drafted(maker)
    text = maker.get(f"{address}/framework.toml").text
    wrong = builders.post(maker, f"{address}/edit", version="1", text=text.replace("true", "maybe"))
    assert wrong.status_code == 422
    assert "maybe" in wrong.text
    without = text.replace("co_occurrence = true", "co_occurrence = false")
    assert builders.post(maker, f"{address}/edit", version="1", text=without).status_code == 302
    assert not rule(nation.row(int(address.rsplit("/", 1)[1]))).has_co_occurrence
    stale = builders.post(maker, f"{address}/edit", version="1", text=text)
    assert stale.status_code == 409
    assert "Changed since you opened this page." in stale.text
    assert "co_occurrence = false" in stale.text
    assert builders.post(maker, f"{address}/edit", version="", text="").status_code == 422


def test_a_copy_is_a_draft_one_version_on_and_is_removed_after_a_question(nation: Nation, sign_in: SignIn) -> None:
    maker = sign_in(nation.maker.email)
    held = f"/frameworks/{nation.held_id}"
    address = builders.post(maker, f"{held}/copy", page=held).location.removesuffix("/edit")
    assert "Copied into a draft" in maker.get(f"{address}/edit").text
    assert "Remove" in maker.get(f"{address}/remove").text
    assert builders.post(maker, f"{address}/remove", version="1").status_code == 302
    assert maker.get(address).status_code == 404


def test_it_is_opened_kept_open_and_providers_see_and_comment_apart(nation: Nation, sign_in: SignIn) -> None:
    maker = sign_in(nation.maker.email)
    address = drafted(maker)
    closes_on, later = (today() + timedelta(days=days) for days in (40, 50))
    opened = builders.post(maker, f"{address}/consult", version="1", closes_on=closes_on.isoformat())
    assert opened.status_code == 302
    assert maker.get(f"{address}/edit").status_code == 302
    assert builders.post(maker, f"{address}/extend", version="2", closes_on=later.isoformat()).status_code == 302
    assert "Framework consultation extended" in maker.get(address).text
    aster, zinnia = (sign_in(email) for email in nation.editors)
    for page in ("/", "/frameworks", address, f"{address}/comments/mine"):
        assert f"until {day(later)}" in aster.get(page).text
    said = {"intensive-stance": "too_low", "intensive-words": "More time with therapists.", "general-stance": "agree"}
    mine = f"{address}/comments/mine"
    assert builders.post(aster, mine, version=version_of([]), **said).status_code == 302
    assert "More time with therapists." in aster.get(mine).text
    assert "More time with therapists." not in zinnia.get(mine).text
    assert zinnia.get(f"{address}/comments").status_code == 403
    page = maker.get(f"{address}/comments").text
    for words in ("Aster Trust", "More time with therapists.", "Too little"):
        assert words in page
    assert "What providers say: how many" not in aster.get(address).text


def test_a_second_person_adopts_with_the_change_of_bands_before_its_eyes(nation: Nation, sign_in: SignIn) -> None:
    nation.post_needs(6)
    framework_id = nation.consulted(closes_on=today() - timedelta(days=1))
    address = f"/frameworks/{framework_id}"
    maker = sign_in(nation.maker.email)
    assert "Somebody else adopts it." in maker.get(address).text
    assert builders.post(maker, f"{address}/adopt", version="1").status_code == 409
    adopter = sign_in(nation.adopter.email)
    assert "Decide on Next framework" in adopter.get("/").text
    page = adopter.get(f"{address}/adopt").text
    for words in ("Of the 6 published needs of all local authorities", "<strong>6</strong> would get another band",
                  "Once adopted it never changes", "ends on that day"):  # fmt: skip
        assert words in page
    assert builders.post(adopter, f"{address}/adopt", version="1").status_code == 302
    assert nation.row(framework_id).status is TariffStatus.ADOPTED
    assert nation.row(nation.held_id).ends_on == nation.row(framework_id).starts_on
    page = adopter.get(address).text
    assert "It is in force from" in page
    assert "Framework adopted" in page
    assert "Adopted, to come" in sign_in(nation.editors[0]).get("/frameworks").text


def test_a_reader_learns_of_its_own_needs_only_and_of_few_nothing(nation: Nation, sign_in: SignIn) -> None:
    address = f"/frameworks/{nation.consulted()}"
    nation.post_needs(4)
    few = sign_in(nation.commissioner).get(address).text
    assert "There are fewer than five published needs of yours" in few
    nation.post_needs(1)
    assert "Of the 5 published needs of your own" in sign_in(nation.commissioner).get(address).text
    for email in (nation.administrator, nation.editors[0]):  # who sees no need
        assert "What it would change" not in sign_in(email).get(address).text


def test_without_a_framework_the_page_says_who_adopts_one(client: FlaskClient, sign_in: SignIn) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR).email
    assert "The operator of the marketplace adopts one." in sign_in(email).get("/frameworks").text
