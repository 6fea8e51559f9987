"""What row-level security holds of partnerships, whatever a use case would do: nobody is put into one by another."""

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import ProgrammingError

from marketplace.db import transaction
from marketplace.errors import NotPermitted
from marketplace.models import (
    MemberKind,
    MemberStatus,
    Partnership,
    PartnershipDecision,
    PartnershipMember,
    PartnershipReport,
    Register,
    ReportPart,
    ReportRow,
)
from marketplace.permissions import SYSTEM
from tests import partnering
from tests.database.world import World, refused

ASKED = {"status": MemberStatus.INVITED, "decided_at": None}


@pytest.fixture
def world(database: Engine) -> World:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        return World(session)


def ask(world: World) -> int:
    """The first side's partnership asks the second side's authority; the membership's id."""
    with transaction(SYSTEM) as session:
        row = session.get_one(Partnership, world.sides[0]["partnership"])
        return partnering.member(session, row, MemberKind.AUTHORITY, world.sides[1]["la"], **ASKED).id


def test_who_leads_asks_but_cannot_agree_for_another(world: World) -> None:
    mine = world.sides[0]["partnership"]
    of = {"partnership_id": mine, "kind": MemberKind.AUTHORITY, "organisation_id": world.sides[1]["la"]}
    with refused(world.actor("la"), "partnership_members") as session:
        session.add(
            PartnershipMember(**of, status=MemberStatus.AGREED, decided_at=partnering.AT, starts_on=partnering.ON)
        )
        session.flush()
    asked = ask(world)
    agrees = update(PartnershipMember).where(PartnershipMember.id == asked)
    agrees = agrees.values(status=MemberStatus.AGREED, decided_at=partnering.AT)
    with refused(world.actor("la"), "partnership_members") as session:
        session.execute(agrees)
    with transaction(world.actor("la", 1)) as session:
        session.execute(agrees)
    with transaction(SYSTEM) as session:
        assert session.get_one(PartnershipMember, asked).status is MemberStatus.AGREED


def test_who_is_asked_reads_who_takes_part_and_nothing_of_what_is_told(world: World) -> None:
    asked = ask(world)
    with transaction(world.actor("la", 1)) as session:
        assert session.scalar(select(func.count()).select_from(Partnership)) == 2
        for model in (PartnershipReport, PartnershipDecision):
            assert {row.partnership_id for row in session.scalars(select(model))} == {world.sides[1]["partnership"]}
    with transaction(SYSTEM) as session:
        row = session.get_one(PartnershipMember, asked)
        row.status, row.decided_at = MemberStatus.AGREED, partnering.AT
    with transaction(world.actor("la", 1)) as session:
        for model in (PartnershipReport, PartnershipDecision):
            assert session.scalar(select(func.count()).select_from(model)) == 2
        assert session.scalar(select(func.count()).select_from(Register)) == 1  # its own alone, also then
    with transaction(SYSTEM) as session:
        row = session.get_one(PartnershipMember, asked)
        row.status, row.ends_on = MemberStatus.ENDED, partnering.ON
    with transaction(world.actor("la", 1)) as session:
        assert session.scalar(select(func.count()).select_from(PartnershipReport)) == 1


def test_nobody_joins_by_itself_nor_by_a_setting_of_another(world: World) -> None:
    mine, theirs = world.sides
    stranger = world.actor("la", 1)
    agreed = {"status": MemberStatus.AGREED, "decided_at": partnering.AT, "starts_on": partnering.ON}
    for kind, named in ((MemberKind.AUTHORITY, {}), (MemberKind.SCHOOL, {"school": "Another", "urn": 800_009})):
        with refused(stranger, "partnership_members") as session:
            of = {"partnership_id": mine["partnership"], "organisation_id": theirs["la"]}
            session.add(PartnershipMember(kind=kind, **of, **named, **agreed))
            session.flush()
    with refused(world.actor("la"), "partnership_members") as session:  # a provider that does not run the setting
        session.add(
            PartnershipMember(
                partnership_id=mine["partnership"], kind=MemberKind.SETTING, organisation_id=mine["la"],
                setting_id=theirs["setting"], **agreed,
            )
        )  # fmt: skip
        session.flush()


def test_figures_are_the_systems_to_write_and_nobodys_to_change(world: World) -> None:
    mine = world.sides[0]["partnership"]
    with transaction(SYSTEM) as session:
        report_id = session.scalars(select(PartnershipReport.id).where(PartnershipReport.partnership_id == mine)).one()
    with refused(world.actor("la"), "report_rows") as session:
        session.add(
            ReportRow(report_id=report_id, part=ReportPart.WAITED, number=9, names=["full"], figures={"pupils": 1})
        )
        session.flush()
    for actor in (world.actor("la"), SYSTEM):
        with pytest.raises((ProgrammingError, NotPermitted)), transaction(actor) as session:
            session.execute(update(ReportRow).values(figures={"pupils": 1}))


def test_decisions_are_written_by_who_leads(world: World) -> None:
    mine = world.sides[0]["partnership"]
    for kind, side in (("provider", 0), ("region", 0), ("la", 1)):
        with refused(world.actor(kind, side), "partnership_decisions") as session:
            partnering.decision(session, Partnership(id=mine))
