"""In tests of the pages every form that was acted upon is sent again (`tests/again.py`)."""

import pytest
from sqlalchemy import Engine

from tests import builders
from tests.again import Again


@pytest.fixture(scope="session")
def again(cleaner: Engine) -> Again:
    """What was sent again in this process."""
    return Again(cleaner)


@pytest.fixture(autouse=True)
def forms_are_sent_again(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a test has a browser and the database."""
    if {"app", "database"} <= set(request.fixturenames):
        monkeypatch.setattr(builders.Browser, "again", request.getfixturevalue("again"))
