"""Administrators keep the people of their organisation; what they change holds at the next request."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.models import Role, User
from marketplace.permissions import SYSTEM
from marketplace.services import people
from tests import builders

AS_ADDED = "commissioner enabled"  # what a page shows of the person's access
SignIn = Callable[[str], FlaskClient]
NEW = {"name": "New Person", "email": "new@example.org", "roles": ["commissioner"], "password": "a long enough one"}


class Borough:
    """An LA with an administrator and a commissioner, and a person of another LA."""

    def __init__(self) -> None:
        with transaction(SYSTEM) as session:
            la = builders.authority(session)
            boss = builders.user(session, la, Role.ADMINISTRATOR)
            person = builders.user(session, la, Role.COMMISSIONER)
            self.boss, self.boss_id = boss.email, boss.id
            self.person, self.person_id = person.email, person.id
            self.stranger_id = builders.user(session, builders.authority(session), Role.COMMISSIONER).id


@pytest.fixture
def borough(database: Engine) -> Borough:  # noqa: ARG001
    return Borough()


def kept(email: str) -> User:
    with transaction(SYSTEM) as session:
        user = session.scalars(select(User).where(User.email == email)).one()
        assert user.roles is not None
        return user


def test_who_is_added_signs_in_and_reaches_nothing_before_choosing_a_password(
    borough: Borough, sign_in: SignIn
) -> None:
    assert builders.post(sign_in(borough.boss), "/people/new", **NEW).status_code == 302
    person = sign_in(borough.boss).application.test_client()
    assert builders.post(person, "/sign-in", email=NEW["email"], password=NEW["password"]).status_code == 302
    for path in ("/", "/needs", "/needs/new"):
        assert person.get(path).location == "/account/password", path
    chosen = {"current": NEW["password"], "password": "another long one"}
    assert builders.post(person, "/account/password", **chosen).location == "/sign-in"
    assert person.get("/").status_code == 302
    assert builders.post(person, "/sign-in", email=NEW["email"], password="another long one").status_code == 302
    assert person.get("/needs").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "nobody"}, "Enter an e-mail address like"),
        ({"password": "short"}, "Use a password of 12 to 200 characters."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["provider_editor"]}, "This kind of organisation has the roles"),
        ({"name": ""}, "Enter the person"),
    ],
)
def test_what_is_wrong_is_said_what_was_typed_is_kept_and_the_password_is_never_shown(
    borough: Borough, sign_in: SignIn, wrong: dict[str, Any], words: str
) -> None:
    answer = builders.post(sign_in(borough.boss), "/people/new", **{**NEW, **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    typed = {**NEW, **wrong}
    assert f'value="{typed["email"]}"' in answer.text
    assert typed["password"] not in answer.text


def test_an_address_that_is_taken_is_said_beside_its_box(borough: Borough, sign_in: SignIn) -> None:
    answer = builders.post(sign_in(borough.boss), "/people/new", **{**NEW, "email": borough.person.upper()})
    assert answer.status_code == 422
    assert "Somebody already signs in with this e-mail address." in answer.text


@pytest.mark.parametrize(
    "change", [{"roles": ["approver"], "is_active": "true"}, {"roles": ["commissioner"]}], ids=["roles", "disabled"]
)
def test_a_change_of_roles_or_account_ends_every_session_of_the_person_at_once(
    borough: Borough, sign_in: SignIn, change: dict[str, Any]
) -> None:
    first, second = sign_in(borough.person), sign_in(borough.person)
    path = f"/people/{borough.person_id}"
    assert builders.post(sign_in(borough.boss), path, version=AS_ADDED, **change).status_code == 302
    assert [client.get("/needs").location for client in (first, second)] == ["/sign-in", "/sign-in"]
    assert kept(borough.person).is_active == ("is_active" in change)


def test_what_another_administrator_has_changed_meanwhile_is_shown_and_not_overwritten(
    borough: Borough, sign_in: SignIn
) -> None:
    """Once the later page gave back roles that had just been taken away."""
    client, path = sign_in(borough.boss), f"/people/{borough.person_id}"
    opened = re.search(r'name="version" value="([^"]+)"', client.get(path).text)
    assert opened
    assert opened[1] == AS_ADDED
    with transaction(SYSTEM) as session:
        person = session.get_one(User, borough.person_id)
        person.is_active = False
    late = builders.post(client, path, version=opened[1], roles=["commissioner", "approver"], is_active="true")
    assert late.status_code == 409
    assert "Changed since you opened this page" in late.text
    assert "Commissioner. Cannot sign in." in builders.words_of(late.text)
    assert re.search(r'value="approver" checked', late.text)
    assert not kept(borough.person).is_active
    again = {"version": "commissioner disabled", "roles": ["commissioner", "approver"], "is_active": "true"}
    assert builders.post(client, path, **again).status_code == 302


def test_nobody_changes_themselves_so_that_somebody_can_undo_it(borough: Borough, sign_in: SignIn) -> None:
    client = sign_in(borough.boss)
    answer = builders.post(client, f"/people/{borough.boss_id}", roles=["commissioner"], version="any")
    assert answer.status_code == 409
    assert "You cannot change your own roles or account." in answer.text
    assert kept(borough.boss).roles == {Role.ADMINISTRATOR}


def test_a_person_of_another_organisation_is_not_there(borough: Borough, sign_in: SignIn) -> None:
    client = sign_in(borough.boss)
    path = f"/people/{borough.stranger_id}"
    assert client.get(path).status_code == 404
    assert builders.post(client, path, page="/people/new", roles=["administrator"]).status_code == 404


@pytest.mark.parametrize(
    ("current", "new", "words"),
    [
        ("wrong", "another long one", "This is not your password."),
        (builders.PASSWORD, builders.PASSWORD, "Choose a password that is not the one you have."),
        (builders.PASSWORD, "short", "Use a password of 12 to 200 characters."),
    ],
)
def test_a_password_is_changed_by_who_knows_it_only(
    borough: Borough, sign_in: SignIn, current: str, new: str, words: str
) -> None:
    client = sign_in(borough.person)
    answer = builders.post(client, "/account/password", current=current, password=new)
    assert answer.status_code == 422
    assert words in answer.text
    assert client.get("/needs").status_code == 200


def test_a_change_of_password_ends_the_sessions_on_every_machine(borough: Borough, sign_in: SignIn) -> None:
    here, elsewhere = sign_in(borough.person), sign_in(borough.person)
    builders.post(here, "/account/password", current=builders.PASSWORD, password="another long one")
    assert [client.get("/needs").location for client in (here, elsewhere)] == ["/sign-in", "/sign-in"]


def test_an_unknown_address_costs_as_much_to_refuse_as_a_known_one(
    borough: Borough, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(SYSTEM) as session:  # as the product keeps it; those of other tests cost less
        session.get_one(User, borough.person_id).password_hash = people.hash_password(builders.PASSWORD)
    verified: list[str] = []
    verify = people._hasher.verify
    monkeypatch.setattr(
        people._hasher, "verify", lambda password, kept: verified.append(kept) or verify(password, kept)
    )
    for email in (borough.person, "unknown@example.org"):
        token = builders.csrf_token(client.get("/sign-in").text)
        client.post("/sign-in", data={"email": email, "password": "wrong", "csrf_token": token})
    known, unknown = (hash_.rsplit("$", 2)[0] for hash_ in verified)
    assert known == unknown, "a hash of the same cost is verified also where there is nobody"


def test_signing_in_leads_nowhere_but_home_whatever_the_address_asks_for(borough: Borough, client: FlaskClient) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = client.get("/sign-in", query_string={"next": target, "url": target})
        assert "evil" not in re.sub(r"<head>.*</head>", "", page.text, flags=re.DOTALL)
        token = builders.csrf_token(page.text)
        form = {"email": borough.person, "password": builders.PASSWORD, "next": target, "csrf_token": token}
        assert client.post("/sign-in", query_string={"next": target}, data=form).location == "/"
