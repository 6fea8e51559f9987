"""Who writes of an outreach order: its LA orders it, its provider logs visits, both change where it stands."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text, update

from marketplace.db import transaction
from marketplace.models import (
    Authority,
    LedgerLine,
    OrderReview,
    OrderShare,
    OrderStatus,
    OrderVisit,
    OutreachOrder,
    Provision,
)
from marketplace.permissions import SYSTEM
from tests import ordering
from tests.database.world import World, refused

DAY = date(2027, 2, 1)


def of_side(world: World, side: int) -> tuple[Provision, Authority]:
    """The provision and the LA of a side, as whoever builds on them needs them."""
    with transaction(SYSTEM) as session:
        provision = session.get_one(Provision, world.sides[side]["provision"])
        assert provision.setting.provider_id is not None
        return provision, session.get_one(Authority, world.sides[side]["la"])


@pytest.mark.parametrize(("kind", "side"), [("provider", 0), ("region", 0), ("operator", 0), ("la", 1)])
def test_only_an_la_orders_in_its_own_name(world: World, kind: str, side: int) -> None:
    mine = of_side(world, 0)
    with refused(world.actor(kind, side), "outreach_orders") as session:
        ordering.order(session, *mine)
    with transaction(world.actor("la")) as session:
        ordering.order(session, *mine)


def test_whom_an_la_asks_runs_the_setting(world: World) -> None:
    (provision, la), theirs = of_side(world, 0), world.sides[1]["provider"]
    with refused(world.actor("la"), "outreach_orders") as session:
        ordering.order(session, provision, la, provider_id=theirs)


def test_an_order_is_of_no_placement_that_its_la_does_not_see(world: World) -> None:
    with refused(world.actor("la"), "outreach_orders") as session:
        ordering.order(
            session, *of_side(world, 0), status=OrderStatus.RUNNING, placement_id=world.sides[1]["placement"]
        )


def test_an_order_is_changed_by_its_two_sides_only(world: World) -> None:
    change = update(OutreachOrder).where(OutreachOrder.id == world.sides[0]["order"]).values(next_review_on=DAY)
    for kind, side, rows in (
        ("la", 0, 1), ("provider", 0, 1), ("region", 0, 0), ("operator", 0, 0), ("la", 1, 0), ("provider", 1, 0),
    ):  # fmt: skip
        with transaction(world.actor(kind, side)) as session:
            assert session.execute(change).rowcount == rows  # type: ignore[attr-defined]


def test_visits_are_the_providers_shares_the_las_and_reviews_of_both_in_their_own_name(world: World) -> None:
    order_id = world.sides[0]["order"]

    def visit(_: int) -> OrderVisit:
        return OrderVisit(order_id=order_id, on=DAY, hours=Decimal(1))

    def share(_: int) -> OrderShare:
        return OrderShare(order_id=order_id, school="Elm School", share=1)

    def review(mine: int) -> OrderReview:
        return OrderReview(
            order_id=order_id, on=DAY, value=Decimal(1), words="x", officer="x", organisation_id=mine
        )  # fmt: skip

    for make, table, writers in (
        (visit, "order_visits", {"provider"}), (share, "order_shares", {"la"}),
        (review, "order_reviews", {"la", "provider"}),
    ):  # fmt: skip
        for kind in ("la", "provider", "region"):
            for side in (0, 1):
                actor = world.actor(kind, side)
                may = kind in writers and side == 0
                with transaction(actor) if may else refused(actor, table) as session:
                    session.add(make(world.sides[side][kind]))
    with refused(world.actor("provider"), "order_reviews") as session:
        session.add(review(world.sides[0]["la"]))


def test_that_a_visit_was_a_mistake_only_its_provider_says(world: World) -> None:
    undo = text("UPDATE order_visits SET undone_at = now() WHERE order_id = :id").bindparams(id=world.sides[0]["order"])
    for kind, side, rows in (("la", 0, 0), ("provider", 1, 0), ("provider", 0, 1)):
        with transaction(world.actor(kind, side)) as session:
            assert session.execute(undo).rowcount == rows  # type: ignore[attr-defined]


def test_an_order_is_charged_to_its_own_la_and_by_nobody_else(world: World) -> None:
    mine, theirs = (side["la"] for side in world.sides)
    of = {"year": 2026, "starts_on": DAY, "ends_on": DAY, "fee": 1, "amount": 1, "order_id": world.sides[0]["order"]}
    for kind, side, charged in (("provider", 0, mine), ("region", 0, mine), ("la", 1, theirs), ("la", 0, theirs)):
        with refused(world.actor(kind, side), "ledger_lines") as session:
            session.add(LedgerLine(authority_id=charged, **of))
    with transaction(world.actor("la")) as session:
        session.add(LedgerLine(authority_id=mine, **of))
