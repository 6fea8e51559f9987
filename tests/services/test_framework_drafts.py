"""Drafts of frameworks: kept whole or not at all, changed by the operator, and only as long as they are drafts."""

import tomllib
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition, NotPermitted, Stale
from marketplace.models import AuditEvent, Framework, Operator, Role, TariffStatus
from marketplace.permissions import Actor
from marketplace.services.framework_drafts import copy_framework, draft_framework, remove_framework, save_framework
from marketplace.services.frameworks import loaded, rule, text_of
from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
from tests import builders

CONTENT: dict[str, Any] = {
    **tomllib.loads(DEMONSTRATION_FRAMEWORK.read_text("utf-8")),
    "name": "Elm framework",
    "version": "1",
    "status": "adopted",  # as a file says that was taken from here
    "starts_on": date(2027, 4, 1),
}


@pytest.fixture
def operator(session: Session) -> Operator:
    return builders.operator(session)


@pytest.fixture
def maker(session: Session, operator: Operator) -> Actor:
    return builders.acting(builders.user(session, operator, Role.ADMINISTRATOR))


def test_a_file_becomes_a_draft_that_reads_back_as_it_was(session: Session, maker: Actor) -> None:
    row = draft_framework(session, maker, content=CONTENT)
    assert (row.status, row.version, row.starts_on) == (TariffStatus.DRAFT, "1", date(2027, 4, 1))
    assert row.makers == [maker.user_id]
    assert load_framework(tomllib.loads(text_of(row))) == rule(row)
    assert rule(row).content == load_framework(CONTENT).content
    assert "weeks = 38\n" in text_of(row)
    assert session.scalars(select(AuditEvent.event)).all() == ["framework drafted"]


def test_every_fault_is_told_at_once_by_its_place_and_nothing_is_kept(session: Session, maker: Actor) -> None:
    wrong = {**CONTENT, "basis": "hearsay", "starts_on": "soon", "ends_on": "2027-04-01", "bands": 1}
    with pytest.raises(Invalid) as refused:
        draft_framework(session, maker, content=wrong)
    assert set(refused.value.errors) == {"basis", "starts_on", "bands"}
    with pytest.raises(Invalid) as refused:
        draft_framework(session, maker, content=CONTENT | {"name": "x" * 121, "version": "y" * 41})
    assert set(refused.value.errors) == {"name", "version"}
    assert session.scalars(select(Framework)).all() == []
    draft_framework(session, maker, content=CONTENT)
    with pytest.raises(Invalid, match="You have a version 1 of Elm framework already"):
        draft_framework(session, maker, content=CONTENT)


def test_a_copy_is_one_version_on_a_year_later_and_has_no_end(session: Session, maker: Actor) -> None:
    held = builders.demonstration_framework(session)
    held.status, held.ends_on = TariffStatus.SUPERSEDED, date(2027, 4, 1)
    session.flush()
    row = copy_framework(session, maker, framework_id=held.id)
    assert (row.name, row.starts_on, row.ends_on) == (rule(held).name, date(2027, 4, 1), None)
    assert int(row.version) > int(held.version)
    assert loaded(held).ends_on == date(2027, 4, 1)


def test_a_draft_is_saved_from_the_page_as_it_is_and_its_savers_are_its_makers(
    session: Session, operator: Operator, maker: Actor
) -> None:
    row = draft_framework(session, maker, content=CONTENT)
    colleague = builders.acting(builders.user(session, operator, Role.ADMINISTRATOR))
    opened = row.edit
    save_framework(session, colleague, framework_id=row.id, version=opened, content=CONTENT | {"co_occurrence": False})
    assert not rule(row).has_co_occurrence
    assert set(row.makers) == {maker.user_id, colleague.user_id}
    with pytest.raises(Stale):
        save_framework(session, maker, framework_id=row.id, version=opened, content=CONTENT)
    row.status, row.closes_on = TariffStatus.IN_CONSULTATION, date(2027, 1, 1)
    session.flush()
    with pytest.raises(InvalidTransition, match="not a draft any more"):
        save_framework(session, maker, framework_id=row.id, version=row.edit, content=CONTENT)
    with pytest.raises(InvalidTransition, match="not a draft any more"):
        remove_framework(session, maker, framework_id=row.id, version=row.edit)


def test_a_draft_is_removed_and_its_name_is_free_again(session: Session, maker: Actor) -> None:
    row = draft_framework(session, maker, content=CONTENT)
    remove_framework(session, maker, framework_id=row.id, version=row.edit)
    session.expire_all()
    assert session.scalars(select(Framework)).all() == []
    draft_framework(session, maker, content=CONTENT)


def test_nobody_but_the_operator_drafts_a_framework(session: Session, maker: Actor) -> None:
    row = draft_framework(session, maker, content=CONTENT)
    la = builders.authority(session)
    for organisation, role in ((la, Role.PROCUREMENT), (la.region, Role.PROCUREMENT), (la, Role.ADMINISTRATOR)):
        other = builders.acting(builders.user(session, organisation, role))
        with pytest.raises(NotPermitted):
            draft_framework(session, other, content=CONTENT | {"version": "2"})
        with pytest.raises(NotPermitted):
            save_framework(session, other, framework_id=row.id, version=row.edit, content=CONTENT)
        with pytest.raises(NotPermitted):
            copy_framework(session, other, framework_id=row.id)
