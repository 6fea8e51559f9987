"""A placement set is removed by its owner with what was computed on it, and not where something stands on it."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, NotFound, NotPermitted
from marketplace.models import (
    AuditEvent,
    Authority,
    Corridor,
    PlacementSet,
    Role,
    RunStatus,
    ShadowRun,
    Tariff,
    TariffStatus,
)
from marketplace.permissions import Actor
from marketplace.services.placement_set_removal import remove_set, what_stands_on
from tests import builders


@pytest.fixture
def la(session: Session) -> Authority:
    return builders.authority(session)


@pytest.fixture
def buyer(session: Session, la: Authority) -> Actor:
    return builders.acting(builders.user(session, la, Role.PROCUREMENT))


def run_over(session: Session, placements: PlacementSet, tariff: Tariff | None, **fields: Any) -> ShadowRun:
    content = tariff.content if tariff else {}
    about: dict[str, Any] = {
        "tariff": tariff, "owner_id": placements.owner_id, "placement_set_id": placements.id, "limit": 500,
        "content": content, "status": RunStatus.DONE, "figures": {}, "files": b"", **fields,
    }  # fmt: skip
    return builders.kept(session, ShadowRun(**about))


def test_a_set_goes_with_all_that_was_computed_on_it_and_the_act_is_recorded(
    session: Session, la: Authority, buyer: Actor
) -> None:
    kept, placements = builders.placement_set(session, la), builders.placement_set(session, la)
    draft = builders.tariff_in_consultation(session, owner=la, framework=builders.framework(session))
    run_over(session, placements, draft)
    run_over(session, placements, None, status=RunStatus.FAILED, error="tested", figures=None, files=None)
    about = {"owner_id": la.id, "status": RunStatus.DONE, "figures": {}, "files": b""}
    session.add(Corridor(on=date(2026, 11, 1), placement_set_id=placements.id, **about))
    other = run_over(session, kept, draft)
    remove_set(session, buyer, placement_set_id=placements.id)
    session.expire_all()
    assert session.scalars(select(PlacementSet)).all() == [kept]
    assert session.scalars(select(ShadowRun)).all() == [other]
    assert session.scalars(select(Corridor)).all() == []
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.event, event.user_id, event.data["placements"]) == ("placement set removed", buyer.user_id, 6)


@pytest.mark.parametrize("whose", ["own", "national"])
@pytest.mark.parametrize("status", [TariffStatus.ADOPTED, TariffStatus.SUPERSEDED])
def test_a_set_stays_under_a_shadow_run_that_an_adopted_tariff_counts(
    session: Session, la: Authority, buyer: Actor, whose: str, status: TariffStatus
) -> None:
    tariff = builders.tariff(session, owner=la if whose == "own" else None)
    placements = builders.placement_set(session, la)
    run = run_over(session, placements, tariff)
    if status is TariffStatus.SUPERSEDED:
        tariff.status, tariff.ends_on = status, date(2027, 4, 1)
        session.flush()
    with pytest.raises(Conflict, match=f"was adopted on shadow run {run.id} over this set"):
        remove_set(session, buyer, placement_set_id=placements.id)
    assert session.scalars(select(PlacementSet)).all() == [placements]


def test_what_an_adopted_tariff_does_not_count_keeps_no_set(session: Session, la: Authority, buyer: Actor) -> None:
    placements = builders.placement_set(session, la)
    run_over(session, placements, builders.tariff(session, owner=la), content={"band": {"moderate": 1}})
    run_over(session, placements, builders.tariff(session, owner=la.region))  # the owner's own runs count, no LA's
    assert what_stands_on(session, placements) == []
    remove_set(session, buyer, placement_set_id=placements.id)


def test_a_set_stays_while_a_run_over_it_is_under_way(session: Session, la: Authority, buyer: Actor) -> None:
    placements = builders.placement_set(session, la)
    run = run_over(session, placements, None, status=RunStatus.QUEUED, figures=None, files=None)
    with pytest.raises(Conflict, match=f"Shadow run {run.id} is under way"):
        remove_set(session, buyer, placement_set_id=placements.id)


def test_a_set_is_removed_by_procurement_of_its_owner_only(session: Session, la: Authority, buyer: Actor) -> None:
    placements = builders.placement_set(session, la)
    for organisation, role in ((la, Role.APPROVER), (la.region, Role.PROCUREMENT)):
        stranger = builders.acting(builders.user(session, organisation, role))
        with pytest.raises(NotPermitted):
            remove_set(session, stranger, placement_set_id=placements.id)
    remove_set(session, buyer, placement_set_id=placements.id)
    with pytest.raises(NotFound):
        remove_set(session, buyer, placement_set_id=placements.id)
