"""Who writes in a case: the LA about its own needs, the setting that is asked while it is asked, and nobody what was
asked, decided or charged."""

from datetime import date

import pytest
from sqlalchemy import select, text, update

from marketplace.db import transaction
from marketplace.errors import NotPermitted
from marketplace.models import Claim, Consultation, Effect, LedgerLine, Placement, PlacementEvent, RefusalReason
from marketplace.permissions import SYSTEM
from tests import commissioning
from tests.database.world import World, refused

# What an LA writes about a need: the table, and how.
WRITES = {
    "consultations": commissioning.consultation,
    "awards": commissioning.award,
    "identities": lambda session, need, _: commissioning.identity(session, need),
    "documents": lambda session, need, _: commissioning.document(session, need),
    "case_dates": lambda session, need, _: commissioning.case_dates(session, need),
    "destination_plans": lambda session, need, _: commissioning.destination_plan(session, need),
    "adult_transfers": lambda session, need, _: commissioning.adult_transfer(session, need),
    "destination_outcomes": lambda session, need, _: commissioning.destination_outcome(session, need),
}


@pytest.mark.parametrize("kind", ["provider", "region"])
@pytest.mark.parametrize("table", WRITES)
def test_only_an_la_writes_about_its_need(world: World, table: str, kind: str) -> None:
    need, provision = world.another_need()
    with refused(world.actor(kind), table) as session:
        WRITES[table](session, need, provision)
    with transaction(world.actor("la")) as session:
        WRITES[table](session, need, provision)


@pytest.mark.parametrize("table", WRITES)
def test_an_la_writes_nothing_about_another_las_need_not_even_in_its_own_name(world: World, table: str) -> None:
    """A consultation about it would open that pupil's identity to the setting that is named."""
    need, provision = world.another_need(1)
    with refused(world.actor("la"), table) as session:
        WRITES[table](session, need, provision)
    need.authority_id = world.sides[0]["la"]  # as a forged form would say
    with refused(world.actor("la"), table) as session:
        WRITES[table](session, need, world.another_need()[1])


@pytest.mark.parametrize("table", ["identities", "documents", "case_dates"])
def test_what_an_la_keeps_of_a_pupil_is_not_moved_to_another_las_need(world: World, table: str) -> None:
    need, _ = world.another_need(1)
    with refused(world.actor("la"), table) as session:
        session.execute(text(f"UPDATE {table} SET need_id = :need_id"), {"need_id": need.id})
    for kind in ("provider", "region", "operator"):
        with transaction(world.actor(kind)) as session:
            changed = session.execute(text(f"UPDATE {table} SET authority_id = authority_id"))
            assert changed.rowcount == 0  # type: ignore[attr-defined]


def test_an_outcome_is_counted_for_a_placement_of_the_same_pupil_only(world: World) -> None:
    need, _ = world.another_need()
    with transaction(SYSTEM) as session:
        mine, theirs = (session.get_one(Placement, side["placement"]) for side in world.sides)
    for placement in (mine, theirs):
        with refused(world.actor("la"), "destination_outcomes") as session:
            commissioning.destination_outcome(session, need, placement)


def test_whom_an_la_asks_runs_the_setting(world: World) -> None:
    need, provision = world.another_need()
    of = {"need_id": need.id, "authority_id": need.authority_id, "provider_id": world.sides[1]["provider"]}
    with refused(world.actor("la"), "consultations") as session:
        session.add(
            Consultation(
                setting_id=provision.setting_id, provision_id=provision.id, brief={}, due_on=date(2026, 11, 17), **of
            )
        )


def test_a_setting_replies_for_itself_and_while_the_la_waits_for_it(world: World) -> None:
    need, provision = world.another_need()
    with transaction(SYSTEM) as session:
        asked = commissioning.consultation(session, need, provision).id
        ended = world.sides[0]["withdrawn"]
    others = [("la", 0, asked), ("region", 0, asked), ("provider", 1, asked), ("provider", 0, ended)]
    for kind, side, consultation_id in others:
        with refused(world.actor(kind, side), "refusal_reasons") as session:
            session.add(RefusalReason(consultation_id=consultation_id, code="premises", words="Stairs."))
        with refused(world.actor(kind, side), "offers") as session:
            columns = "consultation_id, provision_id, band, starts_on, schedule_id, lines, price, variation"
            values = f"{consultation_id}, 1, 'mild', '2027-01-04', 1, '[]', 1, 0"
            session.execute(text(f"INSERT INTO offers ({columns}) VALUES ({values})"))
    with transaction(world.actor("provider")) as session:
        commissioning.offer(session, session.get_one(Consultation, asked))
    with transaction(world.actor("provider")) as session:
        session.add(RefusalReason(consultation_id=asked, code="premises", words="Stairs."))


def test_of_a_reply_on_which_the_la_has_decided_the_setting_changes_nothing(world: World) -> None:
    with transaction(world.actor("provider")) as session:
        for statement in (
            "UPDATE offers SET price = 1",
            "DELETE FROM offers",
            "UPDATE refusal_reasons SET words = 'x'",
            "DELETE FROM refusal_reasons",
            "UPDATE consultations SET status = 'offered', ended_at = NULL",  # nor does it open one again
        ):
            assert session.execute(text(statement)).rowcount == 0, statement  # type: ignore[attr-defined]


def test_a_setting_does_not_end_a_consultation(world: World) -> None:
    with transaction(SYSTEM) as session:
        commissioning.consultation(session, *world.another_need())
    with refused(world.actor("provider"), "consultations") as session:
        session.execute(text("UPDATE consultations SET status = 'withdrawn', ended_at = now() WHERE status = 'sent'"))


FROZEN = [
    *(f"consultations SET {column} = {column}" for column in ("need_id", "authority_id", "provider_id", "setting_id")),
    "consultations SET brief = '{}'",
    "consultations SET due_on = due_on + 1",
    *(f"awards SET {column} = {column}" for column in ("need_id", "consultation_id", "provision_id", "schedule_id")),
    "awards SET price = 1",
    "awards SET evidence = '{}'",
    "awards SET threshold = 0",
    "awards SET proposed_by_id = NULL",
    *(f"placements SET {column} = {column}" for column in ("need_id", "award_id", "authority_id", "provider_id")),
    "approval_thresholds SET amount = 0",
    "destination_plans SET next_on = next_on",
    "destination_aims SET aim = 'x'",
    "adult_transfers SET need_id = need_id",
    "destination_outcomes SET need_id = need_id",
    "ledger_lines SET amount = 0",
    "ledger_totals SET amount = 0",
    "placement_events SET officer = 'x'",
    *(
        f"outreach_orders SET {column} = {column}"
        for column in ("authority_id", "provider_id", "placement_id", "hours")
    ),
    "outreach_orders SET outcome = 'x'",
    "outreach_orders SET target = 1",
    "order_shares SET share = 1",
    "order_visits SET hours = 1",
    "order_reviews SET value = 1",
    "reintegration_plans SET ends_on = ends_on + 1",
    "reintegration_results SET is_reached = false",
    "audit_links SET hash = ''",
    "audit_heads SET position = 0",
]


@pytest.mark.parametrize("change", FROZEN)
def test_what_was_asked_decided_and_charged_the_application_does_not_change(world: World, change: str) -> None:  # noqa: ARG001
    with pytest.raises(NotPermitted) as caught, transaction(SYSTEM) as session:
        session.execute(text(f"UPDATE {change}"))
    assert "permission denied for table" in str(caught.value.__cause__)


@pytest.mark.parametrize("kind", ["la", "provider", "region", "operator"])
def test_what_is_taken_of_a_vacancy_only_the_system_writes(world: World, kind: str) -> None:
    with transaction(SYSTEM) as session:
        claim = session.scalars(select(Claim).where(Claim.authority_id == world.sides[0]["la"])).one()
    copy = {name: getattr(claim, name) for name in ("pool_id", "vacancy_id", "authority_id", "award_id", "amount")}
    with refused(world.actor(kind), "claims") as session:
        session.add(Claim(**copy))
    with transaction(world.actor(kind)) as session:
        assert session.execute(update(Claim).values(amount=2)).rowcount == 0  # type: ignore[attr-defined]


def test_a_placement_is_added_by_its_la(world: World) -> None:
    need, provision = world.another_need()
    with transaction(SYSTEM) as session:
        award = commissioning.award(session, need, provision)
    of = {
        "award_id": award.id, "need_id": need.id, "setting_id": provision.setting_id, "provision_id": provision.id,
        "authority_id": need.authority_id, "provider_id": world.sides[0]["provider"], "starts_on": award.starts_on,
        "schedule_id": award.schedule_id, "reference": need.reference, "band": award.band, "price": 1, "transport": 0,
        "agreement": {},
    }  # fmt: skip
    for kind, side in (("provider", 0), ("region", 0), ("la", 1)):
        with refused(world.actor(kind, side), "placements") as session:
            session.add(Placement(**of))
    with refused(world.actor("la"), "placements") as session:
        session.add(Placement(**{**of, "need_id": world.sides[1]["need"]}))
    with transaction(world.actor("la")) as session:
        session.add(Placement(**of))


def test_a_placement_is_changed_by_its_two_sides_and_they_add_its_events(world: World) -> None:
    mine = world.sides[0]["placement"]
    change = update(Placement).where(Placement.id == mine).values(version=Placement.version + 1)
    for number, (kind, side, may) in enumerate(
        [("la", 0, True), ("provider", 0, True), ("region", 0, False), ("la", 1, False), ("provider", 1, False)], 3
    ):
        actor = world.actor(kind, side)
        with transaction(actor) as session:
            assert session.execute(change).rowcount == may  # type: ignore[attr-defined]
        with transaction(actor) if may else refused(actor, "placement_events") as session:
            session.add(
                PlacementEvent(placement_id=mine, number=number, kind="varied", on=date(2027, 2, 1), officer="x")
            )


@pytest.mark.parametrize(("kind", "side"), [("provider", 0), ("region", 0), ("operator", 0), ("la", 1)])
def test_nobody_but_its_la_charges_a_placement(world: World, kind: str, side: int) -> None:
    mine, theirs = (row["la"] for row in world.sides)
    with transaction(SYSTEM) as session:
        line = session.scalars(select(LedgerLine).where(LedgerLine.authority_id == mine)).one()
    columns = LedgerLine.__table__.columns.keys()
    copy = {name: getattr(line, name) for name in columns if name not in ("id", "authority_id")}
    for authority_id in (mine, theirs):  # also not to one's own account
        with refused(world.actor(kind, side), "ledger_lines") as session:
            session.add(LedgerLine(authority_id=authority_id, **copy))
    with transaction(world.actor("la")) as session:
        session.add(LedgerLine(authority_id=mine, **copy))


def test_that_a_form_was_acted_upon_is_noted_for_ones_own_organisation(world: World) -> None:
    mine, theirs = (row["la"] for row in world.sides)
    with transaction(world.actor("la")) as session:
        session.add(Effect(key="mine", organisation_id=mine, endpoint="tests", digest=""))
    with refused(world.actor("la"), "effects") as session:
        session.add(Effect(key="theirs", organisation_id=theirs, endpoint="tests", digest=""))
    change = update(Effect).where(Effect.key == "mine").values(location="/")
    for side, rows in ((0, 1), (1, 0)):
        with transaction(world.actor("la", side)) as session:
            assert session.execute(change).rowcount == rows  # type: ignore[attr-defined]
