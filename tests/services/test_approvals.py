"""A second person: never who proposed, whatever is forged; on what holds now; one by one or several at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import Award, AwardStatus, Claim, Message, Need, NeedStatus, Placement, Role, Route
from marketplace.permissions import SYSTEM
from marketplace.services import approvals, awards
from marketplace.services.award_steps import HELD_FOR
from tests import builders
from tests.deciding import AT, ON, OVERDUE, STARTS, Deciding


@pytest.fixture
def case(database: Engine) -> Deciding:  # noqa: ARG001
    """Ash offers and keeps the place, Birch offers, Cedar has not replied."""
    found = Deciding()
    found.ask("Ash", "Birch", "Cedar")
    found.offer("Ash", is_held=True)
    found.offer("Birch")
    return found


def give_back(case: Deciding, award_id: int, note: str = "The need is higher.", *, by: str = "approver") -> None:
    actor = case.people[by]
    with transaction(actor) as session:
        version = session.get_one(Award, award_id).version
        approvals.return_award(session, actor, award_id=award_id, version=version, note=note, at=AT)


def status(case: Deciding, award_id: int) -> AwardStatus:
    return case.see(lambda session: session.get_one(Award, award_id).status)


def test_a_second_person_makes_it(case: Deciding) -> None:
    award_id = case.propose("Ash")
    case.approve(award_id, note="As discussed.")
    with transaction(SYSTEM) as session:
        award = session.get_one(Award, award_id)
        assert (award.status, award.decided_by_id) == (AwardStatus.MADE, case.people["approver"].user_id)
        assert award.decision_note == "As discussed."
        assert session.get_one(Need, case.need).status is NeedStatus.PLACED
        assert session.scalars(select(Placement)).one().award_id == award_id
        assert session.scalars(select(Claim.held_until).where(Claim.ended_at.is_(None))).all() == [None]
        told = select(Message.template).where(Message.user_id == case.people["commissioner"].user_id)
        assert "award_made" in session.scalars(told).all()


def test_who_proposed_it_does_not_approve_it_though_an_approver_too(case: Deciding) -> None:
    award_id = case.propose("Ash", by="both")
    with pytest.raises(NotPermitted, match="Somebody else decides"):
        case.approve(award_id, by="both")
    with pytest.raises(NotPermitted, match="Somebody else decides"):
        give_back(case, award_id, by="both")
    assert status(case, award_id) is AwardStatus.PROPOSED
    case.approve(award_id)


def test_who_proposed_it_does_not_make_it_by_calling_past_the_rule(case: Deciding) -> None:
    award_id = case.propose("Ash", by="both")
    actor = case.people["both"]
    with pytest.raises(Conflict, match="ck_awards_two_people"), transaction(actor) as session:
        awards.make_award(session, actor, award_id, on=ON, at=AT)
    assert status(case, award_id) is AwardStatus.PROPOSED


@pytest.mark.parametrize(
    "forged", ["threshold = 10000000000", "proposed_by_id = NULL", "marginal = 0", "status = 'made'"]
)
def test_nothing_of_a_proposal_is_forged_past_the_table(case: Deciding, forged: str) -> None:
    award_id = case.propose("Ash", by="both")
    with pytest.raises((Conflict, NotPermitted)), transaction(case.people["both"]) as session:
        session.execute(text(f"UPDATE awards SET {forged} WHERE id = :id"), {"id": award_id})


@pytest.mark.parametrize("person", ["commissioner", "procurement", "Ash"])
def test_only_approvers_of_the_authority_decide(case: Deciding, person: str) -> None:
    award_id = case.propose("Ash", by="both")
    actor = case.people[person]
    with pytest.raises((NotPermitted, NotFound)), transaction(actor) as session:
        approvals.approve_award(session, actor, award_id=award_id, version=1, on=ON, at=AT)


def test_an_approver_of_another_authority_does_not_find_it(case: Deciding) -> None:
    award_id = case.propose("Ash")
    with transaction(SYSTEM) as session:
        stranger = builders.acting(builders.user(session, builders.authority(session), Role.APPROVER))
    with pytest.raises(NotFound), transaction(stranger) as session:
        approvals.approve_award(session, stranger, award_id=award_id, version=1, on=ON, at=AT)
    with transaction(stranger) as session:
        assert approvals.waiting_awards(session) == []


def test_a_proposal_is_decided_once(case: Deciding) -> None:
    award_id = case.propose("Ash")
    seen = case.see(lambda session: session.get_one(Award, award_id).version)
    case.approve(award_id)
    with pytest.raises(Stale):
        case.approve(award_id, version=seen)
    with pytest.raises(Conflict):
        case.approve(award_id)
    with pytest.raises(InvalidTransition):
        give_back(case, award_id)


def test_a_proposal_whose_time_is_up_is_not_made(case: Deciding) -> None:
    award_id = case.propose("Ash")
    with pytest.raises(InvalidTransition, match="Propose it again"):
        case.approve(award_id, at=AT + HELD_FOR)
    case.approve(award_id, at=AT + HELD_FOR - timedelta(seconds=1))


def test_a_need_that_is_withdrawn_by_whatever_way_is_not_placed(case: Deciding) -> None:
    award_id = case.propose("Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).status = NeedStatus.WITHDRAWN
    with pytest.raises(InvalidTransition, match="withdrawn"):
        case.approve(award_id)


CHANGES: dict[str, Callable[[Deciding], None]] = {
    "refused": lambda case: case.refuse("Ash", staffing="Two teachers are leaving."),
    "offered at another price": lambda case: case.offer("Ash", variation=100_000, variation_reason="More adults."),
    "offered again": lambda case: case.offer("Ash"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_award_is_not_made_on_a_reply_that_has_changed(case: Deciding, change: str) -> None:
    award_id = case.propose("Ash")
    case.on += timedelta(days=1)
    CHANGES[change](case)
    with pytest.raises(Stale, match="something else"):
        case.approve(award_id)
    give_back(case, award_id)


def test_a_reply_that_comes_while_a_decision_without_one_waits_must_be_considered(case: Deciding) -> None:
    case.on = OVERDUE
    award_id = case.propose("Cedar", route=Route.SILENCE, route_reason="No reply.")
    case.refuse("Cedar", premises="No lift.")
    with pytest.raises(Stale, match="something else"):
        case.approve(award_id)


def test_what_is_not_a_reply_leaves_a_proposal_as_it_is(case: Deciding) -> None:
    case.on = OVERDUE
    award_id = case.propose("Cedar", route=Route.SILENCE, route_reason="No reply.")
    with transaction(SYSTEM) as session:
        case.consultation(session, "Cedar").reminded = 15
    case.approve(award_id)


def test_what_is_returned_says_why_frees_the_place_and_can_be_proposed_anew(case: Deciding) -> None:
    award_id = case.propose("Birch")
    give_back(case, award_id)
    with transaction(SYSTEM) as session:
        award = session.get_one(Award, award_id)
        assert (award.status, award.decision_note) == (AwardStatus.RETURNED, "The need is higher.")
        assert case.provision(session, "Birch").pool.vacancies[0].free == 1
        assert session.get_one(Need, case.need).status is NeedStatus.OFFERED
        told = select(Message.template).where(Message.user_id == case.people["commissioner"].user_id)
        assert "award_returned" in session.scalars(told).all()
    case.propose("Ash")


def test_nothing_is_returned_without_a_reason(case: Deciding) -> None:
    award_id = case.propose("Ash")
    with pytest.raises(Invalid) as error:
        give_back(case, award_id, note="  ")
    assert error.value.errors.keys() == {"note"}


# ---- several at once ----------------------------------------------------------------------------------------------


def two(case: Deciding) -> list[int]:
    """Proposals for two needs of the authority, at two settings."""
    first = case.propose("Ash")
    mine = case.need
    with transaction(SYSTEM) as session:
        framework = session.get_one(Need, mine).framework
        authority = session.get_one(Need, mine).authority
        case.need = builders.need(session, authority, framework, reference="N-2").id
    case.ask("Birch")
    case.offer("Birch")
    second = case.propose("Birch")
    return [first, second]


def versions(session: Session, ids: list[int]) -> dict[int, int]:
    return {each: session.get_one(Award, each).version for each in ids}


def test_several_are_approved_at_once(case: Deciding) -> None:
    ids = two(case)
    actor = case.people["approver"]
    with transaction(actor) as session:
        assert [award.id for award in approvals.waiting_awards(session)] == ids
        approvals.approve_awards(session, actor, versions=versions(session, ids), on=ON, at=AT)
    assert {status(case, each) for each in ids} == {AwardStatus.MADE}
    with transaction(actor) as session:
        assert approvals.waiting_awards(session) == []


def test_of_several_all_are_approved_or_none_and_the_reason_names_the_need(case: Deciding) -> None:
    first, second = two(case)
    case.refuse("Birch", premises="No lift.")
    actor = case.people["approver"]
    with pytest.raises(Stale, match="N-2: Birch School"), transaction(actor) as session:
        approvals.approve_awards(session, actor, versions=versions(session, [first, second]), on=ON, at=AT)
    assert {status(case, each) for each in (first, second)} == {AwardStatus.PROPOSED}


def test_none_of_ones_own_slips_in_among_several(case: Deciding) -> None:
    first = case.propose("Ash", by="both")
    actor = case.people["both"]
    with pytest.raises(NotPermitted, match="N-1: You have proposed"), transaction(actor) as session:
        approvals.approve_awards(session, actor, versions=versions(session, [first]), on=ON, at=AT)


def test_selecting_none_is_said(case: Deciding) -> None:
    actor = case.people["approver"]
    with pytest.raises(Invalid) as error, transaction(actor) as session:
        approvals.approve_awards(session, actor, versions={}, on=ON, at=AT)
    assert error.value.errors == {"awards": ["Select an award to approve."]}


def test_the_first_day_of_what_is_made_late_is_the_one_agreed(case: Deciding) -> None:
    award_id = case.propose("Ash")
    case.approve(award_id, on=STARTS + timedelta(days=2))
    assert case.see(lambda session: session.scalars(select(Placement.starts_on)).one()) == STARTS
