"""Made-up consultations, replies, awards and placements for tests, in the manner of builders.py. Every name is
fictional."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from pypdf import PdfWriter
from sqlalchemy.orm import Session

from marketplace.models import (
    AdultService,
    AdultTransfer,
    AimMet,
    At,
    Award,
    AwardBasis,
    AwardStatus,
    Band,
    CaseDates,
    Claim,
    Consultation,
    ConsultationStatus,
    Destination,
    DestinationAim,
    DestinationOutcome,
    DestinationPlan,
    Document,
    DocumentKind,
    EventKind,
    Goal,
    Identity,
    LedgerLine,
    Message,
    Need,
    Offer,
    Pathway,
    Placement,
    PlacementEvent,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
    PorousReview,
    Provision,
    RefusalCode,
    RefusalReason,
    ReintegrationPlan,
    ReviewNext,
    Ride,
    Route,
    Transfer,
    User,
    Vacancy,
    WhyPlanned,
)
from marketplace.services.briefs import brief_of
from marketplace.services.evidence import Compared
from marketplace.services.letters import Letter
from marketplace.services.placement_steps import terms
from marketplace.services.published_prices import price_in
from tests.builders import kept, published

SENT_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
REPLIED_AT = datetime(2026, 11, 9, 15, tzinfo=UTC)
DECIDED_AT = datetime(2026, 11, 20, 11, tzinfo=UTC)
STARTS_ON = date(2027, 1, 4)
LIVED = frozenset({AwardStatus.MADE, AwardStatus.ENDED})
ENDED = frozenset({ConsultationStatus.WITHDRAWN, ConsultationStatus.AWARDED, ConsultationStatus.CLOSED})
_numbers = count(1)


def consultation(session: Session, need_: Need, provision_: Provision, **fields: Any) -> Consultation:
    """A consultation sent on 2 November 2026, to which nobody has replied; or as it stands with another `status`."""
    provider_id = provision_.setting.provider_id
    assert provider_id is not None
    status = fields.get("status", ConsultationStatus.SENT)
    fields = {
        "brief": dict(brief_of(need_, provision_, road_km=14.2)),
        "sent_at": SENT_AT,
        "due_on": date(2026, 11, 17),
        "replied_at": None if status is ConsultationStatus.SENT else REPLIED_AT,
        "ended_at": DECIDED_AT if status in ENDED else None,
        **fields,
    }
    row = Consultation(
        need_id=need_.id, authority_id=need_.authority_id, setting_id=provision_.setting_id, provider_id=provider_id,
        provision_id=provision_.id, **fields,
    )  # fmt: skip
    return kept(session, row)


def offer(session: Session, consultation_: Consultation, **fields: Any) -> Offer:
    """A place from 4 January 2027 at the intensive band and its published price; the consultation is then offered."""
    provision_ = session.get_one(Provision, consultation_.provision_id)
    consultation_.status, consultation_.replied_at = ConsultationStatus.OFFERED, REPLIED_AT
    fields = {"starts_on": STARTS_ON, **_priced(session, provision_, fields.get("band", Band.INTENSIVE)), **fields}
    return kept(session, Offer(consultation=consultation_, provision_id=provision_.id, **fields))


def refusal(session: Session, consultation_: Consultation, **reasons: str) -> list[RefusalReason]:
    """A refusal for these reasons, words by code (default: staffing); `full=""` alone says that the setting is full."""
    given = {RefusalCode(code): words for code, words in (reasons or {"staffing": "Two teachers are leaving."}).items()}
    is_full = set(given) == {RefusalCode.FULL}
    consultation_.status = ConsultationStatus.FULL if is_full else ConsultationStatus.REFUSED
    consultation_.replied_at = REPLIED_AT
    rows = [RefusalReason(consultation=consultation_, code=code, words=words) for code, words in given.items()]
    session.add_all(rows)
    session.flush()
    return rows


def identity(session: Session, need_: Need, **fields: Any) -> Identity:
    """Who the pupil is: nobody."""
    fields = {"name": "Robin Examplechild", "birth_date": date(2014, 2, 3), "upn": "B801200005001", **fields}
    return kept(session, Identity(need_id=need_.id, authority_id=need_.authority_id, **fields))


def document(session: Session, need_: Need, **fields: Any) -> Document:
    """The pupil's plan, as a PDF of nothing."""
    content = fields.pop("content", None) or pdf("of nothing")
    fields = {"kind": DocumentKind.PLAN, "name": "plan.pdf", "size": len(content), **fields}
    return kept(session, Document(need_id=need_.id, authority_id=need_.authority_id, content=content, **fields))


def pdf(words: str) -> bytes:
    """A PDF with one empty page and these words in its title, readable as they stand."""
    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Title": words})
    writer.write(file)
    return file.getvalue()


def case_dates(session: Session, need_: Need, **fields: Any) -> CaseDates:
    """An assessment requested on 1 September 2026, a draft sent on 2 November, a move of school in September 2027."""
    fields = {
        "requested_on": date(2026, 9, 1),
        "draft_sent_on": date(2026, 11, 2),
        "transfer": Transfer.SCHOOL,
        "transfer_year": 2027,
        **fields,
    }
    return kept(session, CaseDates(need_id=need_.id, authority_id=need_.authority_id, **fields))


def award(
    session: Session, need_: Need, provision_: Provision, consultation_: Consultation | None = None, **fields: Any
) -> Award:
    """An award made below the threshold on the offer of a consultation; without one, by an order. With `status`
    proposed it waits for a second person."""
    provider_id = provision_.setting.provider_id
    assert provider_id is not None
    is_proposed = fields.get("status") is AwardStatus.PROPOSED
    footing = (
        {"route": Route.OFFER, "consultation_id": consultation_.id}
        if consultation_
        else {"route": Route.ORDER, "order_reference": "EH/2026/0001"}
    )
    fields = {"starts_on": STARTS_ON, **_priced(session, provision_, fields.get("band", Band.INTENSIVE)), **fields}
    fields = {
        "status": AwardStatus.MADE,
        **footing,
        "transport": 800_000,
        "marginal": fields["price"] + fields.get("variation", 0) + 800_000,
        "threshold": 10_000_000,
        "is_requested": False,
        "reasons": "The nearest setting that can meet the need.",
        "evidence": evidence(provision_, fields),
        "basis": AwardBasis.FRAMEWORK,
        "proposed_at": DECIDED_AT,
        "held_until": DECIDED_AT + timedelta(days=10) if is_proposed else None,
        "decided_at": None if is_proposed or fields.get("status") is AwardStatus.LAPSED else DECIDED_AT,
        "letter": letter(need_) if fields.get("status", AwardStatus.MADE) in LIVED else None,
        **fields,
    }
    row = Award(
        need_id=need_.id, authority_id=need_.authority_id, setting_id=provision_.setting_id, provider_id=provider_id,
        provision_id=provision_.id, **fields,
    )  # fmt: skip
    return kept(session, row)


def letter(need_: Need) -> dict[str, Any]:
    """What a family is told, in few words."""
    return dict(
        Letter(
            on="2026-11-20", reference=need_.reference, sender="An authority", recipient="The parents",
            title=f"Where the child {need_.reference} is to go", opening=["Decided."], facts=[], rows=[], quoted="",
            closing=[], officer="An officer",
        )
    )  # fmt: skip


def evidence(provision_: Provision, priced: dict[str, Any]) -> dict[str, Any]:
    """The comparison of one setting, as an award keeps it."""
    setting_ = provision_.setting
    facts = {"urn": setting_.urn, "low_age": 11, "high_age": 16, "sex": "mixed", "capacity": None, "pupils": 40,
             "boarders": None, "needs": None, "facilities": []}  # fmt: skip
    row = Compared(
        setting_id=setting_.id, provision_id=provision_.id, setting=setting_.name, provision=provision_.name,
        provider=None, type=setting_.type.value, kind=provision_.kind.value, pattern=provision_.pattern.value,
        sessions=provision_.sessions, facts=facts, is_requested=False, is_ordered=False, reply="offered",
        replied_at=REPLIED_AT.isoformat(), replied_on="2026-11-09", due_on="2026-11-17", reasons=[],
        starts_on=STARTS_ON.isoformat(),
        band=str(priced["band"]), fee=priced["price"], variation=0, variation_reason=None, place=priced["price"],
        transport=800_000, total=priced["price"] + 800_000, guide=4_800_000, guide_of="Tariff", is_illustrative=True,
        variance=0, variance_percent="0.0", road_km=12.3, room="1", use="1", held_until=None,
    )  # fmt: skip
    return {"choices": [row], "test": "The test that applies."}


def placement(session: Session, award_: Award, **fields: Any) -> Placement:
    """The placement of an award, begun on its first day: two events, and a line of the ledger up to 31 March."""
    provision_, need_ = session.get_one(Provision, award_.provision_id), session.get_one(Need, award_.need_id)
    fields = {
        "status": PlacementStatus.STARTED,
        "schedule_id": award_.schedule_id,
        "reference": need_.reference,
        "starts_on": award_.starts_on,
        "band": award_.band,
        "sessions": provision_.sessions,
        "hours_a_week": award_.hours_a_week,
        "price": award_.price + award_.variation,
        "transport": award_.transport,
        "agreement": letter(need_),
        **fields,
    }
    row = Placement(
        award_id=award_.id, need_id=award_.need_id, authority_id=award_.authority_id, setting_id=award_.setting_id,
        provider_id=award_.provider_id, provision_id=award_.provision_id, **fields,
    )  # fmt: skip
    kept(session, row)
    starts_on = row.starts_on
    year = starts_on.year - (starts_on.month < 4)
    ends_on = date(year + 1, 3, 31)
    amount = row.price * ((ends_on - starts_on).days + 1) // 365
    held = terms(row)
    agreed = {**held, "status": PlacementStatus.AGREED.value}
    told = {"organisation_id": row.authority_id, "officer": "Person of the LA", "at": DECIDED_AT}
    awarded = PlacementEvent(number=1, kind=EventKind.AWARDED, on=starts_on, after=agreed, **told)
    started = PlacementEvent(number=2, kind=EventKind.STARTED, on=starts_on, before=agreed, after=held, **told)
    row.events += [awarded, started]
    session.flush()
    line = LedgerLine(
        authority_id=row.authority_id, placement_id=row.id, event_id=awarded.id, year=year, starts_on=starts_on,
        ends_on=ends_on, band=row.band, fee=row.price, amount=amount,
    )  # fmt: skip
    kept(session, line)
    return row


def claim(session: Session, vacancy: Vacancy, subject: Award | Consultation, **fields: Any) -> Claim:
    """One place of a vacancy, taken for an award for good, or held for an offer until the end of November 2026."""
    is_offer = isinstance(subject, Consultation)
    fields = {
        "amount": Decimal(1),
        "award_id": None if is_offer else subject.id,
        "consultation_id": subject.id if is_offer else None,
        "held_until": datetime(2026, 11, 30, 23, 59, tzinfo=UTC) if is_offer else None,
        **fields,
    }
    vacancy.used += fields["amount"]
    row = Claim(pool_id=vacancy.pool_id, vacancy_id=vacancy.id, authority_id=subject.authority_id, **fields)
    return kept(session, row)


def message(session: Session, user_: User, subject: Consultation | Award | Placement, **fields: Any) -> Message:
    """An e-mail that a person is owed about a consultation, an award or a placement."""
    fields = {"key": f"told {next(_numbers)}", "template": "consultation_sent", "subject_id": subject.id, **fields}
    return kept(session, Message(user_id=user_.id, **fields))


def destination_plan(session: Session, need_: Need, **fields: Any) -> DestinationPlan:
    """A first version of 5 October 2026 with an aim for each pathway of `pathways` (default: education alone)."""
    pathways, words = fields.pop("pathways", [Pathway.EDUCATION]), fields.pop("words", "I want to cook.")
    fields = {"version": 1, "on": date(2026, 10, 5), "next_on": date(2027, 10, 4), "officer": "An Officer", **fields}
    row = DestinationPlan(need_id=need_.id, authority_id=need_.authority_id, **fields)
    row.aims = [
        DestinationAim(
            pathway=pathway, aim=words, barriers="Crowded places.", target_on=date(2029, 9, 3),
            steps=["Visit the college"], who=["The tutor"], by=[date(2027, 3, 1)],
        )
        for pathway in pathways
    ]  # fmt: skip
    return kept(session, row)


def adult_transfer(session: Session, need_: Need, **fields: Any) -> AdultTransfer:
    """A transfer to adult social care that is planned for 1 September 2030, its assessment requested."""
    fields = {
        "service": AdultService.SOCIAL_CARE, "team": "Transition team", "planned_on": date(2030, 9, 1),
        "requested_on": date(2026, 10, 5), **fields,
    }  # fmt: skip
    return kept(session, AdultTransfer(need_id=need_.id, authority_id=need_.authority_id, **fields))


def destination_outcome(
    session: Session, need_: Need, placement_: Placement | None = None, **fields: Any
) -> DestinationOutcome:
    """A college from 6 September 2027, as the pupil aimed; whether it held nobody has asked."""
    fields = {
        "pathway": Pathway.EDUCATION, "code": Destination.FE_COLLEGE, "on": date(2027, 9, 6), "aim_met": AimMet.MET,
        "placement_id": placement_.id if placement_ else None, **fields,
    }  # fmt: skip
    return kept(session, DestinationOutcome(need_id=need_.id, authority_id=need_.authority_id, **fields))


def _priced(session: Session, provision_: Provision, band: Band) -> dict[str, Any]:
    """The published lines of a band and their sum."""
    found = price_in(published(session, provision_), provision_.id, band)
    assert found is not None
    return {"band": band, "schedule_id": found.schedule_id, "lines": found.lines, "price": found.fee}


def week(special: int) -> list[str]:
    """So many sessions at the special setting, from Monday morning on, and the others in mainstream."""
    return [At.SPECIAL] * special + [At.MAINSTREAM] * (10 - special)


def said(**changes: Any) -> dict[str, Any]:
    """The first version of a placement: Monday and Tuesday at the special setting, to return by Christmas."""
    sessions = changes.get("week", week(4))
    rides = [Ride.AUTHORITY if At.SPECIAL in sessions[2 * day : 2 * day + 2] else Ride.NONE for day in range(5)]
    return {
        "starts_on": STARTS_ON, "main": At.MAINSTREAM, "school": "Little Elms Primary", "school_urn": None,
        "week": sessions, "rides": rides, "goal": Goal.TOWARDS_MAINSTREAM, "goal_sessions": 10,
        "goal_on": date(2027, 12, 17), "special_staff": "Class teacher of Willow", "mainstream_staff": "SENCO",
        "review_on": STARTS_ON + timedelta(weeks=6), "review_weeks": 6, "why": WhyPlanned.FIRST,
        "reason": "As both schools agreed.", **changes,
    }  # fmt: skip


def way_back(session: Session, placement_: Placement, **fields: Any) -> ReintegrationPlan:
    """The first version of the way back from a placement, to the summer of 2027."""
    fields = {
        "number": 1, "ends_on": date(2027, 5, 28), "purpose": "Lessons in a group.", "school": "Larch High School",
        "school_urn": 900123, "returns_on": date(2027, 6, 7), "steps": "Two mornings from May.", "lead": "Deputy head",
        "review_on": date(2027, 2, 15), "officer": "Noor Bury", "at": DECIDED_AT, **fields,
    }  # fmt: skip
    return kept(session, ReintegrationPlan(placement=placement_, **fields))


def plan(session: Session, placement_: Placement, **fields: Any) -> PorousPlan:
    """A first version of a placement's week, proposed by its provider; or as it stands with another `status`."""
    is_decided = fields.get("status") in {PlanStatus.APPROVED, PlanStatus.RETURNED}
    decided: dict[str, Any] = {"decided_at": DECIDED_AT, "decided_by": "An Officer", "decision": "As the panel agreed."}
    fields = {
        "number": 1, "officer": "An Editor", "organisation_id": placement_.provider_id,
        **(decided if is_decided else {}), **fields,
    }  # fmt: skip
    return kept(session, PorousPlan(placement=placement_, **said(**fields)))


def review(session: Session, plan_: PorousPlan, **fields: Any) -> PorousReview:
    """A first review of a plan, after six weeks, after which the week goes on."""
    fields = {
        "number": 1, "on": plan_.review_on, "belonging": [4, 3, 4, 2], "pupil": "I like both.", "special": "Settled.",
        "mainstream": "Joins in.", "outcome": ReviewNext.GO_ON, "next_on": plan_.review_on + timedelta(weeks=6),
        "officer": "An Editor", **fields,
    }  # fmt: skip
    return kept(session, PorousReview(placement=plan_.placement, plan=plan_, **fields))
