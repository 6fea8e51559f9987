"""A case of which everything is told, for tests of mail. What people typed, and who the pupils are, stands in it as
canaries that no mail may carry."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import (
    OPEN_CONSULTATIONS,
    RUN_MOVES,
    UNDER_WAY,
    ApplicationStatus,
    Authority,
    AwardStatus,
    Consultation,
    ConsultationStatus,
    EventKind,
    MatchingRun,
    Message,
    OrderStatus,
    OutreachOrder,
    PlacementEvent,
    PlanStatus,
    Provision,
    Role,
    RunApplication,
    User,
    now,
)
from marketplace.services.message_text import FOLDER, Text, text_of
from marketplace.services.placement_steps import UNTOLD
from tests import applying, builders, commissioning
from tests.mail_server import PAGES
from tests.ordering import order, outreach_provision

TEMPLATES = sorted(path.stem for path in FOLDER.glob("*.txt"))
# What a name that is put together can end in.
ENDINGS: dict[str, set[StrEnum]] = {
    "consultation_": {each for each in ConsultationStatus if each not in OPEN_CONSULTATIONS},
    "reply_": {each for each in OPEN_CONSULTATIONS if each is not ConsultationStatus.SENT},
    "plan_": {each for each in PlanStatus if each is not PlanStatus.WITHDRAWN},
    "placement_": {each for each in EventKind if each not in UNTOLD},
    "run_": set(RUN_MOVES) - UNDER_WAY,
}


@dataclass
class Case:
    session: Session
    officer: User
    editor: User
    stranger: User
    canaries: list[str]
    subjects: dict[str, Any]  # template → what it is about, as it stands when that is told

    def message(self, template: str, to: User | None = None, **fields: Any) -> Message:
        to_provider = template.startswith(("consultation_", "award_ordered")) and template != "consultation_silent"
        person = to or (self.editor if to_provider else self.officer)
        subject = self.subjects[template]
        return commissioning.message(self.session, person, subject, template=template, **fields)

    def text(self, template: str, **fields: Any) -> Text:
        return text_of(self.session, self.message(template, **fields), pages=PAGES)


def build_case(session: Session) -> Case:
    """One LA and one provider, with a consultation in every state, an award made and one proposed, a placement to which
    everything has happened, and outreach orders."""
    canaries = [f"canary{number}" for number in range(12)]
    typed = iter(canaries)
    framework = builders.framework(session)
    la = builders.authority(session, name="Norbury")
    trust = builders.provider(session)
    setting = builders.setting(session, la, trust, name="Ash Grove School")
    provision = builders.provision(session, builders.pool(session, setting, (7, 11, date(2026, 9, 1), "9")))
    builders.schedule(session, provision)
    officer = builders.user(session, la, Role.COMMISSIONER, name=next(typed))
    editor = builders.user(session, trust, Role.PROVIDER_EDITOR, name=next(typed))
    stranger = builders.user(session, builders.authority(session), Role.COMMISSIONER)
    told = {
        "decision_note": next(typed),
        "reasons": next(typed),
        "route_reason": next(typed),
        "answers": {"staffing": next(typed)},
    }

    def consulted(status: ConsultationStatus) -> Consultation:
        need = builders.need(session, la, framework, reference=f"N-{status}", mainstream=canaries[-1])
        commissioning.identity(session, need, name=canaries[-2])
        commissioning.document(session, need, name=canaries[-3])
        row = commissioning.consultation(  # of which a worker does not remind on its own
            session, need, provision, sent_by_id=officer.id, status=status, reminded=15
        )
        if status is ConsultationStatus.OFFERED:
            commissioning.offer(session, row, note=canaries[-4], variation=100, variation_reason=canaries[-4])
        if status is ConsultationStatus.REFUSED:
            commissioning.refusal(session, row, staffing=canaries[-5])
        return row

    rows = {status: consulted(status) for status in ConsultationStatus}
    subjects: dict[str, Any] = {f"consultation_{status}": rows[status] for status in ENDINGS["consultation_"]}
    subjects |= {f"reply_{status}": rows[status] for status in ENDINGS["reply_"]}
    for name in ("sent", "reminder", "chased", "silent"):
        subjects[f"consultation_{name}"] = rows[ConsultationStatus.SENT]
    placed = rows[ConsultationStatus.AWARDED]
    award = commissioning.award(session, placed.need, provision, placed, proposed_by_id=officer.id, **told)
    placement = commissioning.placement(session, award)
    other = builders.need(session, la, framework, reference="N-proposed")
    proposed = commissioning.award(
        session,
        other,
        provision,
        status=AwardStatus.PROPOSED,
        held_until=now() + timedelta(days=7),
        **told | {"decision_note": None},
    )
    subjects |= dict.fromkeys(("award_made", "award_returned", "award_lapsed", "award_ordered"), award)
    subjects["award_proposed"] = proposed
    for number, kind in enumerate(sorted(ENDINGS["placement_"]), start=3):
        event = PlacementEvent(
            placement=placement, number=number, kind=kind, on=date(2027, 3, 3), officer=canaries[0], reason=canaries[1],
            before={"status": "started"}, after={"is_paid": False},
            undoes_id=placement.events[1].id if kind is EventKind.UNDONE else None,
        )  # fmt: skip
        subjects[f"placement_{kind}"] = builders.kept(session, event)
    for number, status in enumerate(sorted(ENDINGS["plan_"]), start=1):
        subjects[f"plan_{status}"] = commissioning.plan(
            session, placement, number=number, status=status, officer=canaries[0], reason=canaries[1],
            school=canaries[2], special_staff=canaries[0],
        )  # fmt: skip
    subjects |= _plans(session, la, officer, canaries[1])
    subjects |= _orders(session, outreach_provision(session, provision), la, canaries[0])
    run = MatchingRun(scope_id=la.id, requested_by_id=officer.id, on=date(2026, 11, 23), seconds=30, policy={})
    subjects |= dict.fromkeys((f"run_{each}" for each in ENDINGS["run_"]), builders.kept(session, run))
    return Case(session, officer, editor, stranger, canaries, subjects)


def _plans(session: Session, la: Authority, officer: User, typed: str) -> dict[str, RunApplication]:
    """A plan that is proposed, one that is returned, and one that is applied."""
    second = builders.user(session, la, Role.APPROVER)
    status = ApplicationStatus
    return {
        f"application_{each}": applying.plan(session, la, officer, second, status=each, typed=typed)
        for each in (status.PROPOSED, status.RETURNED, status.APPLIED)
    }


def _orders(session: Session, provision: Provision, la: Authority, typed: str) -> dict[str, OutreachOrder]:
    """Outreach orders, one that is asked, one that is accepted, and one to which everything else has happened."""
    text = {"outcome": typed, "measure": typed, "school": typed, "purpose": typed}
    rows = {
        status: order(session, provision, la, status=status, price=430_000, threshold=430_000, **text)
        for status in (OrderStatus.ASKED, OrderStatus.ACCEPTED, OrderStatus.RUNNING)
    }
    told = {"asked": OrderStatus.ASKED, "accepted": OrderStatus.ACCEPTED}
    later = ("declined", "agreed", "withdrawn", "reviewed", "ended")
    return {f"order_{name}": rows[told.get(name, OrderStatus.RUNNING)] for name in (*told, *later)}
