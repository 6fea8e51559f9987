"""Who reads a case: its LA; its region, but for who the pupil is; a setting as long as it is consulted, or the pupil is
placed there. For a rival, another LA, the operator and nobody there is no case."""

import pytest
from sqlalchemy import func, select, text

from marketplace.db import transaction
from marketplace.models import (
    OPEN_CONSULTATIONS,
    AdultTransfer,
    ApplicationRow,
    ApprovalThreshold,
    AuditHead,
    AuditLink,
    Award,
    Base,
    CaseDates,
    Claim,
    Consultation,
    ConsultationStatus,
    DestinationAim,
    DestinationOutcome,
    DestinationPlan,
    Document,
    Effect,
    Identity,
    LedgerLine,
    LedgerTotal,
    Message,
    Need,
    Offer,
    OrderReview,
    OrderShare,
    OrderVisit,
    OutreachOrder,
    Partnership,
    PartnershipDecision,
    PartnershipMember,
    PartnershipReport,
    Placement,
    PlacementEvent,
    PlacementStatus,
    RefusalReason,
    Register,
    ReintegrationPlan,
    ReintegrationResult,
    ReportRow,
    RunApplication,
)
from marketplace.permissions import NOBODY, SYSTEM
from tests import commissioning
from tests.database.world import World

# Rows of one side's case that each kind of actor of that side reads; of the other side's it reads none.
READS: dict[type[Base], dict[str, int]] = {
    Consultation: {"la": 2, "region": 2, "provider": 2},
    Offer: {"la": 1, "region": 1, "provider": 1},
    RefusalReason: {"la": 1, "region": 1, "provider": 1},
    Identity: {"la": 1, "provider": 1},  # the pupil is placed there
    Document: {"la": 1, "provider": 1},
    CaseDates: {"la": 1, "region": 1},
    RunApplication: {"la": 1},
    ApplicationRow: {"la": 1},
    DestinationPlan: {"la": 1, "region": 1, "provider": 1},  # the pupil is placed there
    DestinationAim: {"la": 1, "region": 1, "provider": 1},
    AdultTransfer: {"la": 1, "region": 1},
    DestinationOutcome: {"la": 1, "region": 1},
    Award: {"la": 1, "region": 1},  # it holds what other settings offered
    ApprovalThreshold: {"la": 1, "region": 1},
    Claim: {"la": 1, "region": 1, "provider": 1},
    Placement: {"la": 1, "region": 1, "provider": 1},
    PlacementEvent: {"la": 2, "region": 2, "provider": 2},
    ReintegrationPlan: {"la": 1, "region": 1, "provider": 1},
    ReintegrationResult: {"la": 1, "region": 1, "provider": 1},
    OutreachOrder: {"la": 1, "region": 1, "provider": 1},
    OrderShare: {"la": 2, "region": 2, "provider": 2},
    OrderVisit: {"la": 1, "region": 1, "provider": 1},
    OrderReview: {"la": 1, "region": 1, "provider": 1},
    LedgerLine: {"la": 1, "region": 1},
    LedgerTotal: {"la": 1, "region": 1},
    Effect: {"la": 1},
    Partnership: {"la": 1, "region": 1, "provider": 1},
    PartnershipMember: {"la": 3, "region": 3, "provider": 3},
    Register: {"la": 1},  # what a school has is its authority's
    PartnershipDecision: {"la": 1, "region": 1, "provider": 1},
    PartnershipReport: {"la": 1, "region": 1, "provider": 1},
    ReportRow: {"la": 2, "region": 2, "provider": 1},  # none of money
    Message: {},
    AuditLink: {},
    AuditHead: {},
}
KINDS = ("la", "region", "provider", "operator")
CASES = [(kind, model) for model in READS for kind in KINDS]


@pytest.mark.parametrize(("kind", "model"), CASES, ids=[f"{kind}-{model.__name__}" for kind, model in CASES])
def test_a_case_is_read_by_its_own_side_only(world: World, kind: str, model: type[Base]) -> None:
    expected = READS[model].get(kind, 0)
    with transaction(world.actor(kind)) as session:
        assert session.scalar(select(func.count()).select_from(model)) == expected
        rows = session.scalars(select(model)).all()
        assert len(rows) == expected
        owned = {
            row.authority_id
            for row in rows
            if isinstance(row, Consultation | Claim | Placement | Identity | OutreachOrder)
        }
        assert owned <= {world.sides[0]["la"]}


@pytest.mark.parametrize("status", list(ConsultationStatus))
def test_a_setting_reads_who_the_pupil_is_while_it_is_consulted(world: World, status: ConsultationStatus) -> None:
    need, provision = world.another_need()
    with transaction(SYSTEM) as session:
        commissioning.identity(session, need)
        commissioning.document(session, need)
        commissioning.consultation(session, need, provision, status=status)
    expected = int(status in OPEN_CONSULTATIONS)  # once awarded, the placement says so
    for kind, side, seen in (
        ("provider", 0, expected),
        ("provider", 1, 0),
        ("la", 0, 1),
        ("la", 1, 0),
        ("region", 0, 0),
    ):
        with transaction(world.actor(kind, side)) as session:
            for model in (Identity, Document):
                found = select(func.count()).select_from(model).where(model.need_id == need.id)
                assert session.scalar(found) == seen, (kind, side, model)
    with transaction(NOBODY) as session:
        assert session.scalar(select(func.count()).select_from(Identity)) == 0


@pytest.mark.parametrize("is_asked", [True, False])
@pytest.mark.parametrize("status", list(PlacementStatus))
def test_a_setting_reads_who_the_pupil_is_while_the_pupil_is_placed_there_whether_it_was_asked_or_not(
    world: World,
    status: PlacementStatus,
    is_asked: bool,
) -> None:
    """Found when the rule went by consultations alone: a tribunal's order places a pupil where nobody was consulted."""
    need, provision = world.another_need()
    with transaction(SYSTEM) as session:
        commissioning.identity(session, need)
        awarded = None
        if is_asked:
            awarded = commissioning.consultation(session, need, provision, status=ConsultationStatus.AWARDED)
        award = commissioning.award(session, need, provision, awarded)
        commissioning.placement(session, award, status=status, ends_on=commissioning.STARTS_ON)
    found = select(func.count()).select_from(Identity).where(Identity.need_id == need.id)
    for side, seen in ((0, int(status is not PlacementStatus.ENDED)), (1, 0)):
        with transaction(world.actor("provider", side)) as session:
            assert session.scalar(found) == seen


@pytest.mark.parametrize("status", ["withdrawn", "closed"])
def test_what_a_consultation_opened_is_gone_at_once_when_it_is_withdrawn_or_closed(world: World, status: str) -> None:
    """Also for a setting that has a transaction open, and has just read it."""
    need, provision = world.another_need()
    with transaction(SYSTEM) as session:
        commissioning.identity(session, need)
        commissioning.document(session, need)
        consultation_id = commissioning.consultation(session, need, provision).id
    counts = [
        select(func.count()).select_from(model).where(model.need_id == need.id)
        for model in (Identity, Document, Consultation)
    ]
    with transaction(world.actor("provider")) as reading:
        assert [reading.scalar(count) for count in counts] == [1, 1, 1]
        with transaction(world.actor("la")) as session:
            end = text("UPDATE consultations SET status = :status, ended_at = now() WHERE id = :id")
            session.execute(end, {"status": status, "id": consultation_id})
        assert [reading.scalar(count) for count in counts] == [0, 0, 1]  # that it was asked it knows


@pytest.mark.parametrize("status", list(PlacementStatus))
def test_a_setting_reads_where_its_pupil_means_to_go_while_the_pupil_is_placed_there(
    world: World, status: PlacementStatus
) -> None:
    need, provision = world.another_need()
    with transaction(SYSTEM) as session:
        commissioning.destination_plan(session, need)
        placement = commissioning.placement(
            session, commissioning.award(session, need, provision), status=status, ends_on=commissioning.STARTS_ON
        )
        commissioning.adult_transfer(session, need)
        commissioning.destination_outcome(session, need, placement)
    plans = select(func.count()).select_from(DestinationPlan).where(DestinationPlan.need_id == need.id)
    aims = (
        select(func.count()).select_from(DestinationAim).join(DestinationPlan).where(DestinationPlan.need_id == need.id)
    )
    for side, seen in ((0, int(status is not PlacementStatus.ENDED)), (1, 0)):
        with transaction(world.actor("provider", side)) as session:
            assert [session.scalar(plans), session.scalar(aims)] == [seen, seen]
            for model in (AdultTransfer, DestinationOutcome):  # what is the authority's own
                assert session.scalar(select(func.count()).select_from(model)) == 0


def test_no_provider_reads_a_need_however_it_is_consulted(world: World) -> None:
    with transaction(world.actor("provider")) as session:
        assert session.scalars(select(Need)).all() == []
