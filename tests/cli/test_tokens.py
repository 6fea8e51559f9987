"""Tokens of the API, by command."""

from marketplace.db import transaction
from marketplace.models import Role
from marketplace.permissions import SYSTEM
from tests import builders
from tests.cli.test_organisations import Run, run  # noqa: F401 - the fixture


def test_the_operator_makes_lists_and_revokes_a_token(run: Run) -> None:  # noqa: F811
    with transaction(SYSTEM) as session:
        email = builders.user(session, builders.authority(session), Role.COMMISSIONER).email
    made = run("tokens", "create", email.upper(), "--name", "Case management", "--scope", "needs:read", "--days", "9")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    assert token.startswith("mp_")
    assert token not in made.stderr
    listed = run("tokens", "list").stdout
    assert token[:12] in listed
    assert token not in listed
    assert run("tokens", "revoke", token[:12]).returncode == 0
    assert "revoked" in run("tokens", "list").stdout


def test_what_cannot_be_is_told_in_a_sentence(run: Run) -> None:  # noqa: F811
    for command, words in (
        (("create", "nobody@example.org", "--name", "X", "--scope", "needs:read"), "Nobody signs in with this"),
        (("revoke", "mp_nothing"), 'No token begins with "mp_nothing"'),
    ):
        answer = run("tokens", *command)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert words in answer.stderr
