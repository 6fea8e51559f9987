"""Drafts of tariffs: kept whole or not at all, changed by their owner, and only as long as they are drafts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import AuditEvent, Authority, Role, Tariff, TariffStatus
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.tariff_drafts import copy_tariff, draft_tariff, remove_tariff, save_tariff
from marketplace.services.tariffs import loaded
from tests import builders

CONTENT: dict[str, Any] = {
    "name": "Elm tariff",
    "status": "adopted",  # as a file says that was taken from here
    "basis": "local",
    "valid_from": date(2027, 4, 1),
    "band": {"moderate": 31_000, "intensive": 50_000},
    "pattern": {"day": Decimal("1.0"), "weekly": Decimal("1.52")},
}


@pytest.fixture
def la(session: Session) -> Authority:
    builders.framework(session)
    return builders.authority(session)


@pytest.fixture
def buyer(session: Session, la: Authority) -> Actor:
    return builders.acting(builders.user(session, la, Role.PROCUREMENT))


def test_a_draft_is_its_owners_under_the_framework_of_its_start(session: Session, la: Authority, buyer: Actor) -> None:
    later = builders.framework(session, starts_on=date(2027, 1, 1))
    row = draft_tariff(session, buyer, content=CONTENT)
    assert (row.owner, row.framework, row.status, row.version) == (la, later, TariffStatus.DRAFT, "1")
    assert row.makers == [buyer.user_id]
    assert str(loaded(row).pattern["weekly"]) == "1.52"
    assert loaded(row).owner == la.name
    assert session.scalars(select(AuditEvent.event)).all() == ["tariff drafted"]
    assert draft_tariff(session, SYSTEM, content=CONTENT).owner is None


def test_every_fault_is_told_at_once_by_its_place_and_nothing_is_kept(session: Session, buyer: Actor) -> None:
    content = {**CONTENT, "basis": "hearsay", "band": {"moderate": 31_000, "intensive": 30_000}, "pattern": {"dya": 1}}
    with pytest.raises(Invalid) as refused:
        draft_tariff(session, buyer, content=content)
    assert set(refused.value.errors) == {"basis", "[band] intensive", "[pattern] dya", "[pattern] day"}
    others = {"owner": "Elsewhere", "name": "x" * 121, "valid_from": date(2020, 1, 1)}
    with pytest.raises(Invalid) as refused:
        draft_tariff(session, buyer, content=CONTENT | others)
    assert set(refused.value.errors) == {"owner", "name", "valid_from"}
    assert session.scalars(select(Tariff)).all() == []
    draft_tariff(session, buyer, content=CONTENT)
    with pytest.raises(Invalid, match="You have a version 1 of Elm tariff already"):
        draft_tariff(session, buyer, content=CONTENT)


def test_a_copy_is_the_copiers_own_one_version_on_and_a_year_later(
    session: Session, la: Authority, buyer: Actor
) -> None:
    national = builders.tariff(session, starts_on=date(2026, 4, 1))
    row = copy_tariff(session, buyer, tariff_id=national.id)
    assert (row.owner, row.name, row.version, row.starts_on) == (la, national.name, "2", date(2027, 4, 1))
    assert loaded(row).area == loaded(national).area
    assert copy_tariff(session, buyer, tariff_id=row.id).version == "3"


def test_a_draft_is_saved_from_the_page_as_it_is_and_its_savers_are_its_makers(
    session: Session, la: Authority, buyer: Actor
) -> None:
    row = draft_tariff(session, buyer, content=CONTENT)
    colleague = builders.acting(builders.user(session, la, Role.PROCUREMENT))
    opened = row.edit
    save_tariff(session, colleague, tariff_id=row.id, version=opened, content=CONTENT | {"band": {"moderate": 33_000}})
    assert loaded(row).band == {"moderate": 3_300_000}
    assert set(row.makers) == {buyer.user_id, colleague.user_id}
    with pytest.raises(Stale):
        save_tariff(session, buyer, tariff_id=row.id, version=opened, content=CONTENT)
    row.status, row.closes_on = TariffStatus.IN_CONSULTATION, date(2027, 1, 1)
    session.flush()
    with pytest.raises(InvalidTransition, match="not a draft any more"):
        save_tariff(session, buyer, tariff_id=row.id, version=row.edit, content=CONTENT)
    with pytest.raises(InvalidTransition, match="not a draft any more"):
        remove_tariff(session, buyer, tariff_id=row.id, version=row.edit)


def test_a_draft_is_removed_and_its_name_is_free_again(session: Session, buyer: Actor) -> None:
    row = draft_tariff(session, buyer, content=CONTENT)
    remove_tariff(session, buyer, tariff_id=row.id, version=row.edit)
    session.expire_all()
    assert session.scalars(select(Tariff)).all() == []
    draft_tariff(session, buyer, content=CONTENT)


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.APPROVER, Role.ADMINISTRATOR])
def test_procurement_drafts_and_nobody_else_of_an_la(session: Session, la: Authority, buyer: Actor, role: Role) -> None:
    other = builders.acting(builders.user(session, la, role))
    with pytest.raises(NotPermitted):
        draft_tariff(session, other, content=CONTENT)
    row = draft_tariff(session, buyer, content=CONTENT)
    with pytest.raises(NotPermitted):
        save_tariff(session, other, tariff_id=row.id, version=row.edit, content=CONTENT)
