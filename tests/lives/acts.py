"""Each event of the table as the product's own use case, by a person who has just looked."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from marketplace.db import as_system
from marketplace.models import AfterEnd, Band, RefusalCode, Route
from marketplace.permissions import Actor
from marketplace.services import (
    approvals,
    awards,
    capacity,
    consultations,
    needs,
    placement_corrections,
    placement_ends,
    placement_uplifts,
    placements,
    reminders,
    replies,
    restrictions,
)
from tests.deciding import STARTS, decided
from tests.lives.scene import LATER, REPRICED, Act, Scene, order

LAST_DAY = date(2027, 6, 30)  # of which notice is given
HOLDS_END = timedelta(days=16)


def _of_need(scene: Scene) -> dict[str, Any]:
    return {"need_id": scene.need, "version": scene.seen.need}


def change(scene: Scene, session: Session, actor: Actor) -> None:
    words = f"Other words, {scene.seen.need}."
    needs.change_need(session, actor, **_of_need(scene), on=scene.on, mainstream=words)


def publish(scene: Scene, session: Session, actor: Actor) -> None:
    needs.publish_need(session, actor, **_of_need(scene), on=scene.on)


def rule_out(scene: Scene, session: Session, actor: Actor) -> None:
    named = {"provision_id": scene.provisions["Cedar"], "reason": "Too far."}
    restrictions.rule_out_provision(session, actor, **_of_need(scene), **named)


def fix(scene: Scene, session: Session, actor: Actor) -> None:
    named = {"provision_id": scene.provisions["Ash"], "reason": "The order of 3 November."}
    restrictions.fix_provision(session, actor, **_of_need(scene), **named)


def withdraw_need(scene: Scene, session: Session, actor: Actor) -> None:
    needs.withdraw_need(session, actor, **_of_need(scene), reason="moved")


def _consult(name: str) -> Act:
    def act(scene: Scene, session: Session, actor: Actor) -> None:
        chosen = [scene.provisions[name]]
        consultations.consult(
            session, actor, **_of_need(scene), provision_ids=chosen, on=scene.on, at=scene.at
        )  # fmt: skip

    return act


def _award(name: str, route: Route, *, is_waiting: bool = False) -> Act:
    """An award by a person who has just compared, on a day on which a second person is asked for or is not."""

    def act(scene: Scene, session: Session, actor: Actor) -> None:
        total, later = scene.cost(name), timedelta(0) if is_waiting else LATER
        by_order = {"route": Route.ORDER, "order_reference": "EH/2026/1"} if route is Route.ORDER else {}
        if name != "Ash":  # which the tribunal has ordered until then
            with as_system(session, actor):
                order(session, scene.need, scene.provisions[name])
        awards.propose_award(
            session, actor, **_of_need(scene), provision_id=scene.provisions[name],
            consultation_version=scene.reply(name), total=total, on=scene.on + later, at=scene.at + later,
            **decided(starts_on=scene.first_day, **by_order),
        )  # fmt: skip

    return act


def _of_ash(scene: Scene) -> dict[str, Any]:
    consultation_id, version = scene.seen.ash
    return {"consultation_id": consultation_id, "version": version, "at": scene.at}


def see(scene: Scene, session: Session, actor: Actor) -> None:
    consultations.see(session, actor, consultation_id=scene.seen.ash[0], at=scene.at)


def offer(scene: Scene, session: Session, actor: Actor) -> None:
    given = {"provision_id": scene.provisions["Ash"], "band": Band.INTENSIVE, "starts_on": scene.first_day}
    is_held = not scene.seen.award[0]  # where an award waits for it the one place is taken
    replies.offer(session, actor, **_of_ash(scene), **given, is_held=is_held, on=scene.on)


def say_full(scene: Scene, session: Session, actor: Actor) -> None:
    replies.refuse(session, actor, **_of_ash(scene), reasons={RefusalCode.FULL: ""})


def refuse(scene: Scene, session: Session, actor: Actor) -> None:
    replies.refuse(session, actor, **_of_ash(scene), reasons={RefusalCode.STAFFING: "Two teachers leave."})


def chase(scene: Scene, session: Session, actor: Actor) -> None:
    reminders.chase(session, actor, consultation_ids=[scene.seen.ash[0]], at=scene.at)


def remind(scene: Scene, session: Session, actor: Actor) -> None:
    reminders.remind(session, actor, on=scene.on + timedelta(days=7))


def free_hold(scene: Scene, session: Session, actor: Actor) -> None:
    at = scene.at + HOLDS_END
    for pool_id in capacity.pools_to_expire(session, at=at):
        capacity.expire_holds(session, actor, pool_id=pool_id, at=at)


def withdraw(scene: Scene, session: Session, actor: Actor) -> None:
    consultations.withdraw(session, actor, **_of_ash(scene))


def _of_award(scene: Scene) -> dict[str, Any]:
    award_id, version = scene.seen.award
    return {"award_id": award_id, "version": version, "at": scene.at}


def approve(scene: Scene, session: Session, actor: Actor) -> None:
    approvals.approve_award(session, actor, **_of_award(scene), on=scene.on)


def return_it(scene: Scene, session: Session, actor: Actor) -> None:
    approvals.return_award(session, actor, **_of_award(scene), note="Compare Birch as well.")


def take_back(scene: Scene, session: Session, actor: Actor) -> None:
    awards.take_back_award(session, actor, **_of_award(scene))


def lapse(scene: Scene, session: Session, actor: Actor) -> None:
    awards.lapse_awards(session, actor, at=scene.at + timedelta(days=8))


def _of_placement(scene: Scene) -> dict[str, Any]:
    placement_id, version = scene.seen.placement
    return {"placement_id": placement_id, "version": version, "on": scene.on, "at": scene.at}


def start(scene: Scene, session: Session, actor: Actor) -> None:
    placements.start_placement(session, actor, **_of_placement(scene), day=STARTS)


def vary(scene: Scene, session: Session, actor: Actor) -> None:
    terms = {"provision_id": scene.provisions["Ash"], "band": Band.PROFOUND, "sessions": None, "hours_a_week": None}
    reason = "Needs have grown."
    placements.vary_placement(session, actor, **_of_placement(scene), day=scene.on, **terms, reason=reason)


def reprice(scene: Scene, session: Session, actor: Actor) -> None:
    placement_uplifts.reprice_placement(session, actor, **_of_placement(scene), day=max(scene.on, REPRICED))


def suspend(scene: Scene, session: Session, actor: Actor) -> None:
    given = {"day": scene.on, "is_paid": True, "reason": "In hospital."}
    placements.suspend_placement(session, actor, **_of_placement(scene), **given)


def resume(scene: Scene, session: Session, actor: Actor) -> None:
    placements.resume_placement(session, actor, **_of_placement(scene), day=scene.on)


def give_notice(scene: Scene, session: Session, actor: Actor) -> None:
    of, day = _of_placement(scene), LAST_DAY - timedelta(days=scene.seen.placement[1])  # each a day before the last one
    placement_ends.give_notice(session, actor, **of, last_day=day, reason="Moves away.")


def _end(then: AfterEnd) -> Act:
    def act(scene: Scene, session: Session, actor: Actor) -> None:
        given = {"last_day": scene.on, "reason": "Moves away.", "then": then}
        placement_ends.end_placement(session, actor, **_of_placement(scene), **given)

    return act


def end_due(scene: Scene, session: Session, actor: Actor) -> None:  # noqa: ARG001 - by the worker alone
    on = LAST_DAY + timedelta(days=1)
    placement_ends.end_due(session, on=on, at=datetime(on.year, on.month, on.day, 2, tzinfo=UTC))


def carry(scene: Scene, session: Session, actor: Actor) -> None:  # noqa: ARG001
    on = date(2028, 4, 1)
    placement_ends.carry_charges(session, on=on, at=datetime(on.year, on.month, on.day, 2, tzinfo=UTC))


def undo(scene: Scene, session: Session, actor: Actor) -> None:
    of, reason = _of_placement(scene), "Entered by mistake."
    placement_corrections.undo_event(session, actor, **of, event_id=scene.seen.last_event, reason=reason)


ACTS: dict[str, Act] = {
    "change": change,
    "publish": publish,
    "rule_out": rule_out,
    "fix": fix,
    "withdraw_need": withdraw_need,
    "consult": _consult("Ash"),
    "consult_another": _consult("Birch"),
    "propose": _award("Ash", Route.OFFER, is_waiting=True),
    "propose_ordered": _award("Ash", Route.ORDER, is_waiting=True),
    "award_ordered": _award("Ash", Route.ORDER),
    "see": see,
    "offer": offer,
    "say_full": say_full,
    "refuse": refuse,
    "chase": chase,
    "remind": remind,
    "free_hold": free_hold,
    "withdraw": withdraw,
    "award_here": _award("Ash", Route.ORDER),
    "award_elsewhere": _award("Cedar", Route.ORDER),
    "approve": approve,
    "return_it": return_it,
    "take_back": take_back,
    "lapse": lapse,
    "start": start,
    "vary": vary,
    "reprice": reprice,
    "suspend": suspend,
    "resume": resume,
    "give_notice": give_notice,
    "end": _end(AfterEnd.NEEDED_AGAIN),
    "end_for_good": _end(AfterEnd.NOT_NEEDED),
    "transfer": _end(AfterEnd.TRANSFER),
    "end_due": end_due,
    "carry": carry,
    "undo": undo,
}
