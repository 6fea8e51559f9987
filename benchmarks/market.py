"""A marketplace of any size in a database of its own: the demonstration's region, its settings copied side by side.

Needs, people and tariff are the demonstration's; every copy of a setting stands a few km from the first, with the same
provisions, vacancies and published schedules. Nothing here is real.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, func, insert, literal, null, select, update
from sqlalchemy.orm import Session

from marketplace import embedded, migrate
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.models import (
    Base,
    Pool,
    PriceLine,
    PriceSchedule,
    Provision,
    ScheduleStatus,
    Setting,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services.demonstration import build_demonstration

COPIED: tuple[type[Base], ...] = (Setting, Pool, Vacancy, Provision, PriceSchedule, PriceLine)
KEYS = {"id", "setting_id", "pool_id", "provision_id", "schedule_id"}
STEP = 1_000_000  # between the ids of two copies
URN_STEP = 100
SPREAD = 6_001  # metres of the square in which the copies of a setting stand


@contextmanager
def served(*, provisions: int, seed: int, on: date) -> Iterator[Flask]:
    """The application on an embedded PostgreSQL in a temporary folder, holding so many provisions at least."""
    with tempfile.TemporaryDirectory() as place:
        addresses = embedded.start(Path(place))
        migrate.upgrade(addresses.owner)
        app = create_app(Config(data=Path(place), database_url=addresses.application, is_plain_http=True))
        try:
            with transaction(SYSTEM) as session:
                build_demonstration(session, SYSTEM, on=on, seed=seed)
            fill(provisions)
            yield app
        finally:
            app.extensions["database"].dispose()


def fill(provisions: int) -> None:
    """Copy the settings of the demonstration until there are so many provisions; each copy in a transaction."""
    with transaction(SYSTEM) as session:
        offered = session.scalars(select(func.count()).select_from(Provision)).one()
    for copy in range(1, -(-provisions // offered)):
        with transaction(SYSTEM) as session:
            for model in COPIED:
                _copy(session, model, copy)
            _publish(session, copy)


def _copy(session: Session, model: type[Base], copy: int) -> None:
    table = model.__table__
    changed: dict[str, ColumnElement[Any]] = {name: table.c[name] + copy * STEP for name in KEYS & set(table.c.keys())}
    if model is Setting:
        changed["urn"] = table.c.urn + copy * URN_STEP
        changed["easting"] = table.c.easting + func.mod(table.c.id * 7_919 + copy * 104_729, SPREAD) - SPREAD // 2
        changed["northing"] = table.c.northing + func.mod(table.c.id * 6_271 + copy * 75_653, SPREAD) - SPREAD // 2
    if model is PriceSchedule:  # the lines of a published one could not be added
        changed["status"], changed["published_at"] = literal(ScheduleStatus.DRAFT.value), null()
    columns = [changed.get(column.name, column) for column in table.c]
    session.execute(insert(model).from_select(table.c.keys(), select(*columns).where(table.c.id < STEP)))


def _publish(session: Session, copy: int) -> None:
    """Give each schedule of a copy the status of the one that it was copied from."""
    first = PriceSchedule.__table__.alias()
    session.execute(
        update(PriceSchedule)
        .where(PriceSchedule.id == first.c.id + copy * STEP)
        .values(status=first.c.status, published_at=first.c.published_at)
    )
