"""The world that tests of the database look at, from all sides."""

import pytest
from sqlalchemy import Engine

from marketplace.db import transaction
from marketplace.permissions import SYSTEM
from tests.database.world import World


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return World(session)
