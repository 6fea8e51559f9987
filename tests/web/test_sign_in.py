"""Signing in and out, through the real pages on the real database."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from tests import builders


def test_a_person_signs_in_and_sees_the_name_of_the_organisation(
    sign_in: Callable[[str], FlaskClient], database: Engine
) -> None:
    with transaction(SYSTEM) as session:
        la = builders.authority(session, name="Fictional Borough of Elm")
        email = builders.user(session, la, Role.COMMISSIONER).email
    assert "Fictional Borough of Elm" in sign_in(email).get("/").text


def test_a_wrong_password_is_refused_in_the_words_of_an_unknown_address(client: FlaskClient) -> None:
    answer = builders.post(client, "/sign-in", email="nobody@example.org", password="wrong")
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "The e-mail address or the password is not right." in answer.text
