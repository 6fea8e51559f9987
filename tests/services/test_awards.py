"""Awards: what each guard refuses, whose place is taken and given back, who is told, and that a need has one award."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NoRoom, NotFound, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Award,
    AwardBasis,
    AwardStatus,
    Claim,
    ConsultationStatus,
    Ground,
    LedgerLine,
    Message,
    Need,
    NeedStatus,
    Placement,
    Role,
    Route,
    Setting,
    User,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services import agreements, awards, consultations, needs, restrictions
from marketplace.services.award_letters import letter_file
from marketplace.services.award_steps import HELD_FOR, find_award
from marketplace.services.thresholds import set_threshold
from tests import builders
from tests.deciding import AT, INDEPENDENT, ON, OVERDUE, S41, STARTS, STATE, Deciding, decided


@pytest.fixture
def case(database: Engine) -> Deciding:  # noqa: ARG001
    """Ash offers and keeps the place, Birch offers, Cedar has not replied."""
    found = Deciding()
    found.ask("Ash", "Birch", "Cedar")
    found.offer("Ash", is_held=True)
    found.offer("Birch")
    return found


def refused(case: Deciding, name: str, **fields: Any) -> dict[str, list[str]]:
    """The errors by field for which a decision is refused; nothing of it is kept."""
    with pytest.raises(Invalid) as error:
        case.propose(name, **fields)
    assert case.see(lambda session: session.scalar(select(func.count()).select_from(Award))) == 0
    return error.value.errors


def within(case: Deciding) -> None:
    """Let every award of the LA be made without a second person."""
    actor = case.people["approver"]
    with transaction(actor) as session:
        set_threshold(
            session, actor, authority_id=case.la, amount=100_000_000, starts_on=ON, reason="A test.",
            on=ON - timedelta(days=1),
        )  # fmt: skip


def free(session: Session, name: str, case: Deciding) -> int:
    return int(case.provision(session, name).pool.vacancies[0].free)


def status(case: Deciding, award_id: int) -> AwardStatus:
    return case.see(lambda session: session.get_one(Award, award_id).status)


# ---- what is kept -------------------------------------------------------------------------------------------------


def test_a_proposal_keeps_the_price_the_comparison_the_basis_and_the_notice(case: Deciding) -> None:
    award_id = case.propose("Ash", basis=AwardBasis.DYNAMIC_MARKET, notice_reference="DM-12")
    with transaction(SYSTEM) as session:
        award = session.get_one(Award, award_id)
        assert award.status is AwardStatus.PROPOSED
        assert (award.basis, award.notice_reference) == (AwardBasis.DYNAMIC_MARKET, "DM-12")
        assert (award.price, award.marginal) == (4_800_000, award.price + award.transport)
        assert [row["setting"] for row in award.evidence["choices"]] == ["Ash School", "Birch School", "Cedar School"]
        assert "section 40" in award.evidence["test"]
        assert (award.proposed_by_id, award.held_until) == (case.people["commissioner"].user_id, AT + HELD_FOR)
        assert award.letter is None


def test_a_later_schedule_changes_nothing_of_an_award(case: Deciding) -> None:
    award_id = case.propose("Ash")
    case.reprice("Ash", starts_on=STARTS, intensive=9_900_000)
    case.approve(award_id)
    with transaction(SYSTEM) as session:
        placement = session.scalars(select(Placement)).one()
        assert placement.price == 4_800_000
        assert "£48,000" in str(placement.agreement["rows"])


def test_an_award_is_one_transaction_with_its_place_placement_ledger_record_and_mail(
    case: Deciding, monkeypatch: pytest.MonkeyPatch
) -> None:
    within(case)
    counted = (Award, Claim, Placement, LedgerLine, Message, AuditEvent)

    def counts(session: Session) -> list[int]:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in counted]

    before = case.see(counts)
    monkeypatch.setattr("marketplace.services.awards.tell_proposer", at_the_last_moment)
    with pytest.raises(RuntimeError, match="the last moment"):
        case.propose("Ash")
    assert case.see(counts) == before
    monkeypatch.undo()
    case.propose("Ash")
    assert all(now > then for now, then in zip(case.see(counts), before, strict=True))


def at_the_last_moment(*_: Any) -> None:
    raise RuntimeError("at the last moment")


# ---- what is seen -------------------------------------------------------------------------------------------------


def test_a_need_that_changed_since_it_was_seen_is_stale(case: Deciding) -> None:
    with pytest.raises(Stale, match="this need"):
        case.propose("Ash", version=1)


def test_an_offer_that_changed_since_it_was_seen_is_stale(case: Deciding) -> None:
    seen = case.see(lambda session: case.consultation(session, "Ash").version)
    case.on += timedelta(days=1)
    case.offer("Ash", variation=100_000, variation_reason="Two more adults.")
    with pytest.raises(Stale, match="Ash School"):
        case.propose("Ash", consultation_version=seen)


def test_a_cost_that_is_another_than_was_seen_is_stale(case: Deciding) -> None:
    with pytest.raises(Stale, match="not £1 as you saw"):
        case.propose("Ash", total=100)


def test_what_is_not_compared_cannot_be_awarded(case: Deciding) -> None:
    with transaction(SYSTEM) as session:
        other = builders.provision(session, builders.pool(session, session.get_one(Setting, case.settings["Ash"])))
    assert refused(case, "Ash", provision_id=other.id).keys() == {"provision_id"}


def test_a_need_that_is_withdrawn_takes_no_award(case: Deciding) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).status = NeedStatus.WITHDRAWN
    with pytest.raises(InvalidTransition, match="withdrawn"):
        case.propose("Ash")


def test_a_need_has_one_live_award(case: Deciding) -> None:
    case.propose("Ash")
    with pytest.raises(Conflict, match="waits for its approval"):
        case.propose("Birch")


def test_two_who_award_one_need_at_once_make_one_award(case: Deciding) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def run(name: str) -> None:
        ready.wait()
        try:
            case.propose(name, by="commissioner" if name == "Ash" else "both")
            outcomes.append("proposed")
        except Conflict as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=[name]) for name in ("Ash", "Birch")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict", "proposed"]


# ---- what the law and the record ask ------------------------------------------------------------------------------


def test_a_request_that_is_not_followed_needs_its_ground_with_evidence(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(request="Birch", prices={"Birch": 9_000_000})
    case.ask("Ash")
    case.offer("Ash")
    assert refused(case, "Ash").keys() == {"ground", "ground_evidence"}
    assert refused(case, "Ash", ground=Ground.RESOURCES).keys() == {"ground_evidence"}
    assert refused(case, "Ash", ground=Ground.PUBLIC_EXPENDITURE, ground_evidence="Dear.").keys() == {"ground"}
    award_id = case.propose("Ash", ground=Ground.RESOURCES, ground_evidence="It costs £42,000 a year more.")
    assert status(case, award_id) is AwardStatus.PROPOSED


def test_a_wish_for_an_independent_school_asks_for_regard_and_no_ground(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(types={"Ash": S41, "Birch": INDEPENDENT}, request="Birch")
    case.ask("Ash")
    case.offer("Ash")
    assert refused(case, "Ash").keys() == {"ground_evidence"}
    assert refused(case, "Ash", ground=Ground.RESOURCES, ground_evidence="Dear.").keys() == {"ground"}
    case.propose("Ash", ground_evidence="They were heard on 3 November.")


@pytest.mark.parametrize(("requested", "is_shown"), [(9_000_000, True), (4_800_000, True), (1_000_000, False)])
def test_a_ground_on_resources_is_refused_where_the_costs_do_not_show_it(
    database: Engine,  # noqa: ARG001
    requested: int,
    is_shown: bool,
) -> None:
    case = Deciding(request="Birch", prices={"Birch": requested})
    case.ask("Ash")
    case.offer("Ash")
    fields = {"ground": Ground.RESOURCES, "ground_evidence": "It costs more."}
    if is_shown:  # at the same price Birch is dearer by its transport
        case.propose("Ash", **fields)
    else:
        assert "does not show this ground" in refused(case, "Ash", **fields)["ground"][0]


def test_a_refusal_is_overruled_only_with_an_answer_to_each_reason(case: Deciding) -> None:
    case.refuse("Birch", staffing="Two teachers are leaving.", premises="No lift.")
    fields = {"route": Route.REFUSAL}
    assert refused(case, "Birch", **fields).keys() == {"answers-staffing", "answers-premises"}
    one = {"staffing": "Both posts are filled from January."}
    assert refused(case, "Birch", **fields, answers=one).keys() == {"answers-premises"}
    assert refused(case, "Birch", **fields, answers={**one, "premises": "  "}).keys() == {"answers-premises"}
    award_id = case.propose("Birch", **fields, answers={**one, "premises": "The classroom is on the ground floor."})
    assert case.see(lambda session: session.get_one(Award, award_id).answers)["staffing"] == one["staffing"]


def test_silence_is_a_footing_once_the_days_are_over_and_with_a_reason(case: Deciding) -> None:
    assert "route" in refused(case, "Cedar", route=Route.SILENCE, route_reason="No reply.")
    case.on = OVERDUE
    assert refused(case, "Cedar", route=Route.SILENCE).keys() == {"route_reason"}
    case.propose("Cedar", route=Route.SILENCE, route_reason="No reply to three reminders.")


def test_full_is_no_refusal_but_needs_a_reason_and_a_place(case: Deciding) -> None:
    case.refuse("Birch", full="")
    assert refused(case, "Birch", route=Route.FULL).keys() == {"route_reason"}
    case.propose("Birch", route=Route.FULL, route_reason="A pupil leaves at Christmas.")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reasons": "  "}, "reasons"),
        ({"starts_on": ON - timedelta(days=1)}, "starts_on"),
        ({"starts_on": ON + timedelta(days=733)}, "starts_on"),
        ({"starts_on": STARTS - timedelta(days=1)}, "starts_on"),  # before the day from which it is offered
        ({"basis": AwardBasis.NO_CONTRACT}, "basis"),
        ({"basis": AwardBasis.DIRECT, "notice_reference": "TN-1"}, "basis_reason"),
        ({"basis": AwardBasis.DIRECT, "basis_reason": "Paragraph 5."}, "notice_reference"),
    ],
)
def test_the_record_lacks_nothing(case: Deciding, fields: dict[str, Any], field: str) -> None:
    assert refused(case, "Ash", **fields).keys() == {field}


def test_a_maintained_school_is_named_without_a_contract(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(types={"Ash": STATE})
    case.ask("Ash")
    case.offer("Ash")
    case.propose("Ash", basis=AwardBasis.NO_CONTRACT)


def test_a_setting_for_which_nobody_answers_is_not_awarded(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(request="Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Setting, case.settings["Ash"]).provider_id = None
    with pytest.raises(Conflict, match="Nobody answers"):
        case.propose("Ash", route=Route.ORDER, order_reference="EH/1")


def test_without_a_price_nothing_can_be_agreed(database: Engine) -> None:  # noqa: ARG001
    case = Deciding()
    case.ask("Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).band_override = "exceptional"
        session.get_one(Need, case.need).band_override_reason = "A test."
    with pytest.raises(Conflict, match="no published price"):
        case.propose("Ash", route=Route.ORDER, order_reference="EH/1")


# ---- who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["approver", "procurement"])
def test_only_commissioners_of_the_authority_propose(case: Deciding, person: str) -> None:
    with pytest.raises(NotPermitted):
        case.propose("Ash", by=person)


@pytest.mark.parametrize("who", ["another authority", "the setting"])
def test_nobody_else_even_finds_the_need(case: Deciding, who: str) -> None:
    with transaction(SYSTEM) as session:
        stranger = builders.acting(builders.user(session, builders.authority(session), Role.COMMISSIONER))
    if who == "the setting":
        stranger = case.people["Ash"]
    with pytest.raises(NotFound), transaction(stranger) as session:
        awards.propose_award(
            session, stranger, need_id=case.need, version=1, provision_id=case.provisions["Ash"],
            consultation_version=1, total=0, on=ON, at=AT, **decided(),
        )  # fmt: skip


# ---- the place ----------------------------------------------------------------------------------------------------


def test_the_hold_of_the_offer_becomes_the_awards(case: Deciding) -> None:
    award_id = case.propose("Ash")
    with transaction(SYSTEM) as session:
        live = session.scalars(select(Claim).where(Claim.ended_at.is_(None))).all()
        assert [(row.award_id, row.consultation_id, row.amount) for row in live] == [(award_id, None, 1)]
        assert free(session, "Ash", case) == 0


def test_a_place_that_has_gone_is_not_awarded(case: Deciding) -> None:
    with transaction(SYSTEM) as session:
        session.scalars(
            select(Vacancy).where(Vacancy.pool_id == case.provision(session, "Birch").pool_id)
        ).one().used = 1
    with pytest.raises(NoRoom, match="The place has gone"):
        case.propose("Birch")
    assert case.see(lambda session: session.scalar(select(func.count()).select_from(Award))) == 0


def test_an_order_opens_a_place_where_there_is_none(case: Deciding) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).locked_id = case.provisions["Birch"]
        case.provision(session, "Birch").pool.vacancies[0].used = 1
    award_id = case.propose("Birch", route=Route.ORDER, order_reference="EH/2026/7")
    with transaction(SYSTEM) as session:
        rows = case.provision(session, "Birch").pool.vacancies
        assert (sum(row.amount for row in rows), sum(row.used for row in rows)) == (2, 2)
        assert session.get_one(Award, award_id).order_reference == "EH/2026/7"


def test_an_order_fixes_a_placement_however_late_and_nobody_need_have_been_asked(database: Engine) -> None:  # noqa: ARG001
    case = Deciding(request="Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).locked_id = case.provisions["Cedar"]
    award_id = case.propose("Cedar", route=Route.ORDER, order_reference="EH/2026/7", starts_on=ON)
    case.approve(award_id)
    with transaction(SYSTEM) as session:
        assert session.get_one(Need, case.need).status is NeedStatus.PLACED
        told = session.scalars(select(Message.template).where(Message.user_id == case.people["Cedar"].user_id)).all()
        assert told == ["award_ordered"]
        letter = session.get_one(Award, award_id).letter
        assert "The tribunal has ordered this placement" in str(letter)
        assert "EH/2026/7" in str(letter)


def test_what_an_order_fixes_elsewhere_keeps_every_other_from_being_awarded(case: Deciding) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).locked_id = case.provisions["Cedar"]
    assert "A tribunal's order fixes another provision" in refused(case, "Ash")["route"][0]


# ---- taking back and lapsing --------------------------------------------------------------------------------------


def take_back(case: Deciding, award_id: int, *, by: str = "commissioner", version: int | None = None) -> None:
    actor = case.people[by]
    with transaction(actor) as session:
        version = version or session.get_one(Award, award_id).version
        awards.take_back_award(session, actor, award_id=award_id, version=version, at=AT)


def test_what_is_taken_back_frees_the_place_and_can_be_proposed_anew(case: Deciding) -> None:
    award_id = case.propose("Birch")
    take_back(case, award_id)
    assert status(case, award_id) is AwardStatus.LAPSED
    assert case.see(lambda session: free(session, "Birch", case)) == 1
    case.propose("Birch")


def test_a_place_that_the_setting_keeps_for_the_pupil_is_held_for_its_offer_again(case: Deciding) -> None:
    take_back(case, case.propose("Ash"))
    with transaction(SYSTEM) as session:
        live = session.scalars(select(Claim).where(Claim.ended_at.is_(None))).all()
        offer = case.consultation(session, "Ash").offer
        assert offer is not None
        assert [(row.consultation_id, row.held_until) for row in live] == [(case.asked["Ash"], offer.held_until)]
        assert free(session, "Ash", case) == 0


def test_nothing_is_held_again_for_an_offer_that_was_taken_back(case: Deciding) -> None:
    award_id = case.propose("Ash")
    case.refuse("Ash", staffing="Two teachers are leaving.")
    take_back(case, award_id)
    assert case.see(lambda session: free(session, "Ash", case)) == 1


@pytest.mark.parametrize("person", ["approver", "procurement"])
def test_only_commissioners_take_back(case: Deciding, person: str) -> None:
    award_id = case.propose("Ash")
    with pytest.raises(NotPermitted):
        take_back(case, award_id, by=person)


def test_a_proposal_that_was_decided_is_not_taken_back(case: Deciding) -> None:
    award_id = case.propose("Ash")
    seen = case.see(lambda session: session.get_one(Award, award_id).version)
    case.approve(award_id)
    with pytest.raises(Stale):
        take_back(case, award_id, version=seen)
    with pytest.raises(InvalidTransition, match="made"):
        take_back(case, award_id)


def lapse(at: Any) -> int:
    with transaction(SYSTEM) as session:
        return awards.lapse_awards(session, SYSTEM, at=at)


def test_a_proposal_lapses_when_its_time_is_up_and_not_before(case: Deciding) -> None:
    award_id = case.propose("Birch")
    assert lapse(AT + HELD_FOR - timedelta(seconds=1)) == 0
    assert lapse(AT + HELD_FOR) == 1
    assert lapse(AT + HELD_FOR) == 0
    assert status(case, award_id) is AwardStatus.LAPSED
    with transaction(SYSTEM) as session:
        assert free(session, "Birch", case) == 1
        told = select(User.name).join(Message).where(Message.template == "award_lapsed").order_by(User.id)
        assert len(session.scalars(told).all()) == 2, "both commissioners"


def test_two_workers_that_let_proposals_lapse_at_once_do_it_once(case: Deciding) -> None:
    case.propose("Birch")
    with transaction(SYSTEM) as first:
        assert awards.lapse_awards(first, SYSTEM, at=AT + HELD_FOR) == 1
        assert lapse(AT + HELD_FOR) == 0, "what one has in hand the other passes over"
    with transaction(SYSTEM) as session:
        assert free(session, "Birch", case) == 1
        lapsed = select(func.count()).select_from(AuditEvent).where(AuditEvent.event == "award lapsed")
        assert session.scalar(lapsed) == 1


# ---- while a proposal waits ---------------------------------------------------------------------------------------

Change = Callable[[Session, Deciding], object]


def the_need(session: Session, case: Deciding) -> dict[str, Any]:
    return {"need_id": case.need, "version": session.get_one(Need, case.need).version}


@pytest.mark.parametrize(
    "change",
    [
        lambda session, case: needs.withdraw_need(
            session, case.people["commissioner"], reason="mistake", **the_need(session, case)
        ),
        lambda session, case: restrictions.fix_provision(
            session, case.people["commissioner"], provision_id=case.provisions["Cedar"], reason="An order.",
            **the_need(session, case),
        ),
        lambda session, case: needs.change_need(
            session, case.people["commissioner"], on=ON, request_id=case.settings["Cedar"], **the_need(session, case)
        ),
    ],
    ids=["withdrawn", "fixed by order", "changed"],
)  # fmt: skip
def test_the_need_stays_as_it_was_while_an_award_waits(case: Deciding, change: Change) -> None:
    case.propose("Ash")
    with pytest.raises(Conflict, match="waits for its approval"), transaction(case.people["commissioner"]) as session:
        change(session, case)


def test_the_letter_and_the_agreement_are_there_once_the_award_is_made(case: Deciding) -> None:
    award_id = case.propose("Ash")
    with transaction(case.people["commissioner"]) as session:
        with pytest.raises(NotFound):
            letter_file(find_award(session, award_id))
        with pytest.raises(NotFound):
            agreements.agreement_file(session, award_id=award_id)
    case.approve(award_id)
    with transaction(case.people["commissioner"]) as session:
        assert letter_file(find_award(session, award_id)).startswith(b"%PDF")
        assert agreements.agreement_file(session, award_id=award_id).startswith(b"%PDF")


# ---- the threshold ------------------------------------------------------------------------------------------------


def test_within_the_threshold_an_award_is_made_at_once_by_one_person(case: Deciding) -> None:
    within(case)
    award_id = case.propose("Ash")
    with transaction(SYSTEM) as session:
        award = session.get_one(Award, award_id)
        assert award.status is AwardStatus.MADE
        assert award.decided_by_id == award.proposed_by_id
        assert session.get_one(Need, case.need).status is NeedStatus.PLACED


@pytest.mark.parametrize(("apart", "expected"), [(-1, AwardStatus.PROPOSED), (0, AwardStatus.MADE)])
def test_a_penny_over_the_threshold_needs_a_second_person(case: Deciding, apart: int, expected: AwardStatus) -> None:
    total = case.see(lambda session: case.choice(session, "Ash").total)
    actor = case.people["approver"]
    with transaction(actor) as session:
        set_threshold(
            session, actor, authority_id=case.la, amount=total + apart, starts_on=ON, reason="A test.",
            on=ON - timedelta(days=1),
        )  # fmt: skip
    assert status(case, case.propose("Ash")) is expected


# ---- what losers are told -----------------------------------------------------------------------------------------


def test_the_others_are_told_and_what_they_held_is_free_again(case: Deciding) -> None:
    case.offer("Birch", is_held=True)
    case.approve(case.propose("Ash"))
    with transaction(SYSTEM) as session:
        stands = {name: case.consultation(session, name).status for name in case.asked}
        assert stands == {
            "Ash": ConsultationStatus.AWARDED, "Birch": ConsultationStatus.CLOSED, "Cedar": ConsultationStatus.CLOSED,
        }  # fmt: skip
        assert (free(session, "Ash", case), free(session, "Birch", case)) == (0, 1)
        for name, template in (("Birch", "consultation_closed"), ("Cedar", "consultation_closed")):
            told = select(Message.template).where(Message.user_id == case.people[name].user_id)
            assert template in session.scalars(told).all()


def test_a_consultation_that_was_withdrawn_meanwhile_carries_no_award(case: Deciding) -> None:
    award_id = case.propose("Ash")
    actor = case.people["commissioner"]
    with transaction(actor) as session:
        row = case.consultation(session, "Ash")
        consultations.withdraw(session, actor, consultation_id=row.id, version=row.version, at=AT)
    with pytest.raises(Stale, match="something else"):
        case.approve(award_id)


def test_an_award_of_yesterdays_day_is_refused_before_anything_is_taken(case: Deciding) -> None:
    case.on = date(2027, 2, 1)
    assert refused(case, "Ash", starts_on=STARTS).keys() == {"starts_on"}


def test_who_has_lost_the_role_proposes_nothing(case: Deciding) -> None:
    nobody = replace(case.people["commissioner"], roles=frozenset())
    case.people["nobody"] = nobody
    with pytest.raises(NotPermitted):
        case.propose("Ash", by="nobody")
