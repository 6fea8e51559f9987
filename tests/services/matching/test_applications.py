"""A plan: proposed by one person, approved and applied by a second, on what holds now, whole and once; and undone."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    ApplicationRow,
    ApplicationStatus,
    AuditEvent,
    Consultation,
    Message,
    Need,
    NeedStatus,
    PriceSchedule,
    Provision,
    Recommendation,
    RefusalCode,
    RowResult,
    RowUndone,
    RunApplication,
    ScheduleStatus,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services import consultations, replies
from marketplace.services.matching import plan_acts, plan_checks, plans
from marketplace.services.matching.versions import read_versions
from marketplace.services.verify import verify
from tests import builders
from tests.applying import AT, ON, Applying


@pytest.fixture
def world(database: Engine) -> Applying:  # noqa: ARG001
    return Applying()


def consult(world: Applying, need: str, setting: str, who: str = "commissioner") -> int:
    with transaction(SYSTEM) as session:
        version = session.get_one(Need, world.needs[need]).version
    sent = world.act(
        who, consultations.consult, need_id=world.needs[need], version=version,
        provision_ids=[world.provisions[setting]], on=ON, at=AT,
    )  # fmt: skip
    return sent[0].id


def recommended(world: Applying, need: str) -> str:
    """The setting that the run recommends."""
    names = {at: name for name, at in world.provisions.items()}
    of = (Recommendation.run_id == world.run, Recommendation.need_id == world.needs[need])
    found = world.system(lambda session: session.scalars(select(Recommendation.provision_id).where(*of)).one())
    assert found is not None
    return names[found]


def reply(world: Applying, plan_id: int, need: str) -> None:
    """The setting that the plan consulted about a pupil is full."""
    who, consultation_id = recommended(world, need), world.row(plan_id, need).consultation_id
    row = world.act(who, consultations.see, consultation_id=consultation_id, at=AT)
    world.act(
        who, replies.refuse, consultation_id=consultation_id, version=row.version, reasons={RefusalCode.FULL: ""}, at=AT
    )


def holds(world: Applying) -> bool:
    return not any(finding.count for finding in world.system(verify))


def test_each_recommendation_keeps_what_it_rests_on(world: Applying) -> None:
    with transaction(SYSTEM) as session:
        row = session.scalars(select(Recommendation).where(Recommendation.need_id == world.needs["A"])).one()
        assert row.provision is not None
        schedule = session.scalars(
            select(PriceSchedule.id).where(PriceSchedule.setting_id == row.provision.setting_id)
        ).one()
        assert row.versions == {
            "need": row.need.version,
            "provision": row.provision.version,
            "pool": row.provision.pool_id,
            "years": [7, 11],
            "free": "1.00",
            "schedule": schedule,
        }


def test_the_versions_are_read_before_the_market_so_that_no_change_is_overlooked(
    world: Applying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place is taken after the versions are read and before the vacancies are."""

    def then_taken(*arguments: Any, **named: Any) -> Any:
        found = read_versions(*arguments, **named)
        world.system(lambda session: session.execute(text("UPDATE vacancies SET amount = amount + 1")))
        return found

    monkeypatch.setattr("marketplace.services.matching.problem.read_versions", then_taken)
    world.run = world.match()
    with pytest.raises(Invalid, match="had 1 free in Year 7 to year 11, now 2"):
        world.propose("A")


def test_a_plan_is_proposed_approved_and_applied_and_the_settings_read_the_usual_brief(world: Applying) -> None:
    plan_id = world.propose()
    assert world.asked() == {}
    world.approve(plan_id)
    assert world.asked() == {}
    plan = world.apply(plan_id)
    assert plan.status is ApplicationStatus.APPLIED
    assert world.asked() == {name: f"{recommended(world, name)} sent" for name in ("A", "B", "O")}
    with transaction(SYSTEM) as session:
        row = session.get_one(Consultation, world.row(plan_id, "A").consultation_id)
        assert row.sent_by_id == world.people["commissioner"].user_id  # who is told of the reply
        assert row.brief["reference"] == "A-1"
        assert session.get_one(Need, world.needs["A"]).status is NeedStatus.CONSULTING
        told = select(Message.template).where(Message.user_id == world.people["commissioner"].user_id)
        assert session.scalars(told).all() == ["application_applied"]
        events = select(AuditEvent.event).where(AuditEvent.subject_type == "run_applications").order_by(AuditEvent.id)
        assert session.scalars(events).all() == ["plan proposed", "plan approved", "plan applied"]
    assert holds(world)


def test_the_brief_is_the_very_one_that_is_sent_by_hand(world: Applying) -> None:
    plan_id = world.applied("A")
    by_plan = world.system(lambda session: session.scalars(select(Consultation.brief)).one())
    world.undo(plan_id)
    consult(world, "A", recommended(world, "A"))
    by_hand = world.system(
        lambda session: session.scalars(select(Consultation.brief).order_by(Consultation.id.desc())).first()
    )
    assert by_plan == by_hand


def test_who_proposed_it_neither_approves_nor_applies_it_though_an_approver_too(world: Applying) -> None:
    plan_id = world.propose(who="both")
    with pytest.raises(NotPermitted, match="Somebody else approves"):
        world.approve(plan_id, who="both")
    world.approve(plan_id)
    with pytest.raises(NotPermitted, match="Somebody else approves"):
        world.apply(plan_id, who="both")
    assert world.plan(plan_id).status is ApplicationStatus.APPROVED


@pytest.mark.parametrize("step", ["approved", "applied"])
def test_the_table_refuses_it_as_well(world: Applying, step: str) -> None:
    plan_id = world.propose(who="both")
    forged = f"UPDATE run_applications SET {step}_by_id = proposed_by_id, {step}_at = now() WHERE id = :id"
    with pytest.raises(Conflict, match="ck_run_applications"), transaction(world.people["both"]) as session:
        session.execute(text(forged), {"id": plan_id})


@pytest.mark.parametrize("forged", ["proposed_by_id = 1", "run_id = run_id", "authority_id = authority_id"])
def test_nobody_changes_whose_plan_it_is(world: Applying, forged: str) -> None:
    plan_id = world.propose()
    with pytest.raises((Conflict, NotPermitted)), transaction(world.people["approver"]) as session:
        session.execute(text(f"UPDATE run_applications SET {forged} WHERE id = :id"), {"id": plan_id})


@pytest.mark.parametrize("who", ["approver", "procurement", "region", "Ash"])
def test_only_commissioners_of_an_authority_propose(world: Applying, who: str) -> None:
    with pytest.raises((NotPermitted, NotFound)):
        world.propose("A", who=who)


@pytest.mark.parametrize("who", ["commissioner", "procurement", "region", "Ash", "other approver"])
def test_only_approvers_of_the_authority_decide(world: Applying, who: str) -> None:
    plan_id = world.propose()
    version = world.plan(plan_id).version
    with pytest.raises((NotPermitted, NotFound)):
        world.approve(plan_id, who=who)
    world.approve(plan_id)
    with pytest.raises((NotPermitted, NotFound)):
        world.apply(plan_id, who=who)
    assert world.plan(plan_id).version == version + 1


def test_an_authority_acts_upon_its_own_pupils_of_a_regions_run_and_sees_no_others(world: Applying) -> None:
    with pytest.raises(Invalid, match="Choose from the list again"):
        world.propose("A", "S")
    mine = world.propose()
    with pytest.raises(NotFound):
        world.act("other", plans.approve_plan, application_id=mine, version=1, at=AT)
    theirs = world.propose("S", who="other")  # the same run has a plan of each authority
    for who, plan_id in (("commissioner", mine), ("other", theirs)):
        with transaction(world.people[who]) as session:
            assert session.scalars(select(RunApplication.id)).all() == [plan_id]
            assert set(session.scalars(select(ApplicationRow.application_id))) == {plan_id}


def test_a_pupil_of_another_authority_cannot_be_written_into_a_plan(world: Applying) -> None:
    plan_id, (theirs,) = world.propose("A"), world.recommendations("S")
    with pytest.raises(NotPermitted), transaction(world.people["commissioner"]) as session:
        session.add(ApplicationRow(application_id=plan_id, recommendation_id=theirs))


def test_nobody_is_added_to_a_plan_once_it_is_approved(world: Applying) -> None:
    plan_id, (another,) = world.approved("A"), world.recommendations("B")
    with pytest.raises(NotPermitted), transaction(world.people["commissioner"]) as session:
        session.add(ApplicationRow(application_id=plan_id, recommendation_id=another))


def test_a_run_has_one_live_plan_of_an_authority(world: Applying) -> None:
    plan_id = world.propose("A")
    with pytest.raises(Conflict, match="has a plan of this run already"):
        world.propose("B", who="colleague")
    world.give_back(plan_id)
    world.propose("B", who="colleague")


def test_the_table_holds_one_live_plan_where_two_propose_at_once(
    world: Applying, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.propose("A")
    monkeypatch.setattr(plans, "live_plan", lambda *_, **__: None)
    with pytest.raises(Invalid, match="Somebody else has just proposed"):
        world.propose("B", who="colleague")


def test_a_run_that_is_not_done_has_no_plan(world: Applying) -> None:
    world.system(lambda session: session.execute(text("UPDATE matching_runs SET status = 'failed', error = 'x'")))
    with pytest.raises(Conflict, match="recommends nothing"):
        world.propose("A")


def test_nothing_is_proposed_without_a_pupil(world: Applying) -> None:
    with pytest.raises(Invalid, match="Select at least one pupil"):
        world.act("commissioner", plans.propose_plan, run_id=world.run, recommendation_ids=[], on=ON, at=AT)


def test_a_recommendation_of_before_versions_were_kept_is_not_acted_upon(world: Applying, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE recommendations SET versions = NULL"))
    with pytest.raises(Invalid, match="before the marketplace kept what a recommendation rests on"):
        world.propose("A")


def test_a_plan_is_returned_with_the_reason_or_taken_back(world: Applying) -> None:
    plan_id = world.propose("A")
    with pytest.raises(Invalid, match="Say why"):
        world.give_back(plan_id, reason=" ")
    assert world.give_back(plan_id).reason == "Too many at once."
    with pytest.raises(InvalidTransition):
        world.approve(plan_id)
    told = select(Message.template).where(Message.user_id == world.people["commissioner"].user_id)
    assert world.system(lambda session: session.scalars(told).all()) == ["application_returned"]
    second = world.approved("A")
    assert world.give_back(second, who="commissioner").status is ApplicationStatus.RETURNED
    with pytest.raises(InvalidTransition):
        world.apply(second)
    assert world.asked() == {}


def test_a_stale_page_decides_nothing(world: Applying) -> None:
    plan_id = world.propose("A")
    seen = world.plan(plan_id).version
    world.approve(plan_id, version=seen)
    for step in (world.approve, world.apply):
        with pytest.raises(Stale):
            step(plan_id, version=seen)


def raise_price(world: Applying, setting: str, *, from_: date = ON) -> None:
    """The setting publishes other prices, from a day on."""

    def publish(session: Any) -> None:
        old = session.scalars(select(PriceSchedule).where(PriceSchedule.setting_id == world.settings[setting])).one()
        old.status, old.ends_on = ScheduleStatus.SUPERSEDED, from_
        session.flush()
        provision = session.get_one(Provision, world.provisions[setting])
        builders.schedule(session, provision, starts_on=from_, version=2, intensive=5_000_000)

    world.system(publish)


def take_a_place(world: Applying, setting: str) -> None:
    def take(session: Any) -> None:
        provision = session.get_one(Provision, world.provisions[setting])
        row = session.scalars(select(Vacancy).where(Vacancy.pool_id == provision.pool_id)).one()
        row.amount = Decimal(0)  # as its provider says

    world.system(take)


CHANGES: dict[str, tuple[Callable[[Applying, str], None], str]] = {
    "need": (lambda world, _: world.change(Need, world.needs["A"], priority=1), "the need has been changed"),
    "need withdrawn": (
        lambda world, _: world.change(Need, world.needs["A"], status=NeedStatus.WITHDRAWN),
        "the need has been withdrawn",
    ),
    "provision": (
        lambda world, setting: world.change(Provision, world.provisions[setting], max_ci=4),
        "School has changed what",
    ),
    "not offered": (
        lambda world, setting: world.change(Provision, world.provisions[setting], is_offered=False),
        "does not offer",
    ),
    "capacity": (take_a_place, "had 1 free in Year 7 to year 11, now 0"),
    "price": (raise_price, "has other prices now"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_since_the_run_is_refused_by_name_and_nobody_is_consulted(world: Applying, what: str) -> None:
    plan_id = world.approved()
    change, words = CHANGES[what]
    setting = recommended(world, "A")
    change(world, setting)
    with pytest.raises(Stale) as caught:
        world.apply(plan_id)
    assert f"A-1 ({setting} School): " in str(caught.value)
    assert words in str(caught.value)
    assert "B-1" not in str(caught.value)
    assert world.asked() == {}
    assert world.plan(plan_id).status is ApplicationStatus.APPROVED
    world.apply(plan_id, left_out=["A"])
    assert world.asked().keys() == {"B", "O"}
    row = world.row(plan_id, "A")
    assert row.result is RowResult.LEFT_OUT
    assert words in (row.words or "")
    assert holds(world)


@pytest.mark.parametrize("what", CHANGES)
def test_what_has_changed_is_not_proposed(world: Applying, what: str) -> None:
    change, words = CHANGES[what]
    change(world, recommended(world, "A"))
    with pytest.raises(Invalid, match=words):
        world.propose()
    world.propose("B", "O")


def test_the_vector_is_what_refuses(world: Applying, monkeypatch: pytest.MonkeyPatch) -> None:
    """With it taken out a stale plan is applied."""
    plan_id = world.approved("A")
    take_a_place(world, recommended(world, "A"))
    monkeypatch.setattr(plan_checks, "_changes", lambda *_: ())
    world.apply(plan_id)
    assert world.asked().keys() == {"A"}


def test_prices_that_begin_after_the_run_count_once_their_day_has_come(world: Applying) -> None:
    plan_id = world.approved("A")
    raise_price(world, recommended(world, "A"), from_=ON + timedelta(days=30))
    world.on = ON + timedelta(days=30)
    with pytest.raises(Stale, match="has other prices now"):
        world.apply(plan_id)
    world.on = ON
    world.apply(plan_id)


def test_a_pupil_of_whom_the_setting_is_asked_already_is_skipped_with_the_reason(world: Applying) -> None:
    plan_id = world.approved("A", "B")
    consult(world, "A", recommended(world, "A"))
    world.apply(plan_id)
    row = world.row(plan_id, "A")
    assert (row.result, row.words) == (RowResult.SKIPPED, "this setting is consulted about the pupil already")
    assert world.row(plan_id, "B").result is RowResult.CONSULTED
    assert world.system(lambda session: session.scalar(select(func.count(Consultation.id)))) == 2
    assert holds(world)


def test_a_consultation_of_another_setting_makes_the_pupil_stale(world: Applying) -> None:
    plan_id = world.approved("A")
    consult(world, "A", next(name for name in ("Ash", "Birch") if name != recommended(world, "A")))
    with pytest.raises(Stale, match="a setting has been consulted about the pupil since the run"):
        world.apply(plan_id)


def test_a_plan_of_which_everybody_is_left_out_is_not_applied(world: Applying) -> None:
    plan_id = world.approved("A")
    with pytest.raises(Invalid, match="Nobody is left"):
        world.apply(plan_id, left_out=["A"])


def test_a_pupil_is_left_out_though_nothing_has_changed(world: Applying) -> None:
    plan_id = world.approved("A", "B")
    world.apply(plan_id, left_out=["B"])
    assert world.row(plan_id, "B").words == plan_acts.LEFT_OUT


def test_a_plan_is_applied_once_by_two_at_once(world: Applying) -> None:
    plan_id = world.approved()
    version = world.plan(plan_id).version
    barrier, came = threading.Barrier(2), []

    def apply(who: str) -> None:
        barrier.wait()
        try:
            world.apply(plan_id, who=who, version=version)
            came.append("applied")
        except Conflict as error:
            came.append(type(error).__name__)

    threads = [threading.Thread(target=apply, args=(who,)) for who in ("approver", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["Stale", "applied"]
    assert world.system(lambda session: session.scalar(select(func.count(Consultation.id)))) == 3
    assert holds(world)


def test_a_plan_that_fails_midway_consults_nobody(world: Applying, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_id = world.approved()
    sent, sending = [], consultations.send

    def breaks(*arguments: Any, **named: Any) -> Any:
        sent.append(1)
        if len(sent) > 1:
            raise Conflict("forced")
        return sending(*arguments, **named)

    monkeypatch.setattr(consultations, "send", breaks)
    with pytest.raises(Conflict, match="forced"):
        world.apply(plan_id)
    assert world.asked() == {}
    assert world.plan(plan_id).status is ApplicationStatus.APPROVED


def test_a_plan_is_undone_as_far_as_the_settings_have_not_replied(world: Applying) -> None:
    plan_id = world.applied()
    reply(world, plan_id, "A")
    plan = world.undo(plan_id)
    assert plan.status is ApplicationStatus.UNDONE
    stands = {name: text_.split()[1] for name, text_ in world.asked().items()}
    assert stands == {"A": "full", "B": "withdrawn", "O": "withdrawn"}
    assert {name: world.row(plan_id, name).undone for name in "ABO"} == {
        "A": RowUndone.STAYS,
        "B": RowUndone.WITHDRAWN,
        "O": RowUndone.WITHDRAWN,
    }
    assert world.system(lambda session: session.get_one(Need, world.needs["B"]).status) is NeedStatus.PUBLISHED
    with pytest.raises(InvalidTransition):
        world.undo(plan_id)
    assert holds(world)


def test_a_plan_to_which_all_have_replied_is_not_undone(world: Applying) -> None:
    plan_id = world.applied("A")
    reply(world, plan_id, "A")
    with pytest.raises(Conflict, match="Nothing is left to undo"):
        world.undo(plan_id)
    assert world.plan(plan_id).status is ApplicationStatus.APPLIED


@pytest.mark.parametrize("who", ["approver", "procurement", "other", "Ash"])
def test_only_commissioners_of_the_authority_undo(world: Applying, who: str) -> None:
    plan_id = world.applied("A")
    with pytest.raises((NotPermitted, NotFound)):
        world.undo(plan_id, who=who)


def test_a_plan_that_is_not_applied_is_not_undone(world: Applying) -> None:
    plan_id = world.approved("A")
    with pytest.raises(InvalidTransition):
        world.undo(plan_id)
