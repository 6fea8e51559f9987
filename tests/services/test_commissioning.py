"""From a posted need to a running placement, each act by its own actor, under row-level security."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.errors import Invalid, NoRoom
from marketplace.models import (
    AfterEnd,
    Award,
    AwardBasis,
    AwardStatus,
    Band,
    Claim,
    Consultation,
    ConsultationStatus,
    LedgerLine,
    LedgerTotal,
    Message,
    Need,
    NeedStatus,
    Placement,
    PlacementStatus,
    Provision,
    RefusalCode,
    Role,
    Route,
    SettingType,
    Vacancy,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import approvals, awards, consultations, placement_ends, placements, replies
from marketplace.services.choices import choices
from marketplace.services.ledger import due
from tests import builders

ON = date(2026, 11, 30)
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
STARTS = date(2027, 1, 4)


@dataclass
class Case:
    need_id: int
    provision_ids: list[int]
    commissioner: Actor
    approver: Actor
    editor: Actor


@pytest.fixture
def case(database: Engine) -> Case:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        builders.tariff(session, framework=framework)
        la, provider = builders.authority(session), builders.provider(session)
        found = []
        for _ in range(2):
            setting = builders.setting(session, la, provider, type=SettingType.SECTION41)
            provision = builders.provision(session, builders.pool(session, setting, (7, 11, ON, "1")))
            builders.schedule(session, provision)
            found.append(provision.id)
        need = builders.need(session, la, framework)
        return Case(
            need_id=need.id,
            provision_ids=found,
            commissioner=builders.acting(builders.user(session, la, Role.COMMISSIONER)),
            approver=builders.acting(builders.user(session, la, Role.APPROVER)),
            editor=builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR)),
        )


def consult(case: Case) -> list[int]:
    with transaction(case.commissioner) as session:
        version = session.get_one(Need, case.need_id).version
        sent = consultations.consult(
            session,
            case.commissioner,
            need_id=case.need_id,
            version=version,
            provision_ids=case.provision_ids,
            on=ON,
            at=AT,
        )
        return [row.id for row in sent]


def offer(case: Case, consultation_id: int, **fields: Any) -> None:
    with transaction(case.editor) as session:
        row = consultations.see(session, case.editor, consultation_id=consultation_id, at=AT)
        fields = {"band": Band.INTENSIVE, "starts_on": STARTS, "provision_id": row.provision_id, **fields}
        replies.offer(session, case.editor, consultation_id=row.id, version=row.version, at=AT, on=ON, **fields)


def propose(case: Case, consultation_id: int, **fields: Any) -> int:
    with transaction(case.commissioner) as session:
        need = session.get_one(Need, case.need_id)
        row = session.get_one(Consultation, consultation_id)
        fields = {
            "route": Route.OFFER, "route_reason": None, "order_reference": None, "starts_on": STARTS, "ground": None,
            "ground_evidence": None, "answers": {}, "reasons": "The nearest that meets the need.",
            "basis": AwardBasis.FRAMEWORK, "basis_reason": None, "notice_reference": None, **fields,
        }  # fmt: skip
        found = choices(session, need=need, on=ON, starts_on=fields["starts_on"])
        choice = next(each for each in found if each.provision.setting_id == row.setting_id)
        return awards.propose_award(
            session, case.commissioner, need_id=need.id, version=need.version, provision_id=choice.provision.id,
            consultation_version=row.version, total=choice.total or 0, on=ON, at=AT, **fields,
        ).id  # fmt: skip


def approve(case: Case, award_id: int) -> None:
    with transaction(case.approver) as session:
        version = session.get_one(Award, award_id).version
        approvals.approve_award(session, case.approver, award_id=award_id, version=version, on=ON, at=AT)


def test_a_need_becomes_a_placement(case: Case) -> None:
    first, second = consult(case)
    offer(case, first, is_held=True)
    with transaction(case.editor) as session:
        version = session.get_one(Consultation, second).version
        replies.refuse(
            session, case.editor, consultation_id=second, version=version, reasons={RefusalCode.FULL: ""}, at=AT
        )
    award_id = propose(case, first)
    approve(case, award_id)
    with transaction(SYSTEM) as session:
        placement = session.scalars(select(Placement)).one()
        assert session.get_one(Need, case.need_id).status is NeedStatus.PLACED
        assert session.get_one(Award, award_id).status is AwardStatus.MADE
        assert session.get_one(Consultation, first).status is ConsultationStatus.AWARDED
        assert session.get_one(Consultation, second).status is ConsultationStatus.CLOSED
        assert placement.price == 4_800_000
        taken = session.scalars(select(Claim).where(Claim.ended_at.is_(None))).all()
        assert [(row.award_id, row.amount, row.held_until) for row in taken] == [(award_id, 1, None)]
        assert sorted(session.scalars(select(Vacancy.used))) == [0, 1]
        lines = session.scalars(select(LedgerLine).order_by(LedgerLine.id)).all()
        assert {row.year: row.amount for row in session.scalars(select(LedgerTotal))} == {
            2026: sum(row.amount for row in lines if row.year == 2026),
            2027: sum(row.amount for row in lines if row.year == 2027),
        }
        assert [(str(row.starts_on), str(row.ends_on)) for row in lines] == [
            ("2027-01-04", "2027-03-31"),
            ("2027-04-01", "2027-08-31"),
            ("2027-09-01", "2028-03-31"),
        ]
        assert sorted(session.scalars(select(Message.template))) == [
            "award_made", "award_proposed", "consultation_awarded", "consultation_closed", "consultation_sent",
            "consultation_sent", "reply_full", "reply_offered",
        ]  # fmt: skip


def test_a_placement_is_started_varied_suspended_and_ended(case: Case) -> None:
    (first, _) = consult(case)
    offer(case, first)
    approve(case, propose(case, first))

    def step(act: Any, on: date, **fields: Any) -> None:
        with transaction(case.commissioner) as session:
            row = session.scalars(select(Placement)).one()
            at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
            act(session, case.commissioner, placement_id=row.id, version=row.version, on=on, at=at, **fields)

    step(placements.start_placement, date(2027, 1, 11), day=date(2027, 1, 11))
    step(
        placements.vary_placement,
        date(2027, 2, 1),
        day=date(2027, 2, 1),
        provision_id=case.provision_ids[0],
        band=Band.PROFOUND,
        sessions=None,
        hours_a_week=None,
        reason="Needs have grown.",
    )
    step(placements.suspend_placement, date(2027, 3, 1), day=date(2027, 3, 1), is_paid=False, reason="In hospital.")
    step(placements.resume_placement, date(2027, 4, 12), day=date(2027, 4, 12))
    step(
        placement_ends.end_placement,
        date(2027, 7, 31),
        last_day=date(2027, 7, 23),
        reason="Moves away.",
        then=AfterEnd.NOT_NEEDED,
    )
    with transaction(SYSTEM) as session:
        placement = session.scalars(select(Placement)).one()
        assert placement.status is PlacementStatus.ENDED
        assert [event.kind.value for event in placement.events] == [
            "awarded", "started", "varied", "suspended", "resumed", "ended",
        ]  # fmt: skip
        intensive, profound = 4_800_000, 6_600_000
        expected = (
            due(intensive, date(2027, 1, 11), date(2027, 1, 31))
            + due(profound, date(2027, 2, 1), date(2027, 2, 28))
            + due(profound, date(2027, 4, 12), date(2027, 7, 23))
        )
        assert sum(session.scalars(select(LedgerLine.amount))) == expected
        assert sum(session.scalars(select(LedgerTotal.amount))) == expected
        assert sorted(session.scalars(select(Vacancy.amount))) == [0, 1]
        assert session.get_one(Need, case.need_id).status is NeedStatus.WITHDRAWN


def test_the_last_place_is_awarded_once(case: Case) -> None:
    first, _ = consult(case)
    offer(case, first)
    with transaction(SYSTEM) as session:
        vacancy = session.scalars(
            select(Vacancy)
            .join(Vacancy.pool)
            .join(Provision, Provision.pool_id == Vacancy.pool_id)
            .where(Provision.id == case.provision_ids[0])
        ).one()
        vacancy.used = vacancy.amount
    with pytest.raises(NoRoom, match="has gone"):
        propose(case, first)
    with transaction(SYSTEM) as session:
        assert session.scalars(select(Award)).all() == []


def test_the_law_is_asked(case: Case) -> None:
    first, _ = consult(case)
    with pytest.raises(Invalid) as refused:
        propose(case, first, route=Route.SILENCE, route_reason="They have not replied.")
    assert "route" in refused.value.errors
