"""Destination plans: what a pupil means to become, pathway by pathway, in dated versions that the LA keeps.

It must never change a version that was kept, nor decide who reads one: the database's row-level security does.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from marketplace import audit
from marketplace.destination_words import PATHWAYS
from marketplace.errors import Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import (
    Aim,
    DestinationAim,
    DestinationPlan,
    Need,
    NeedStatus,
    Pathway,
    Placement,
    PlacementStatus,
)
from marketplace.permissions import Actor, can_change_need, require
from marketplace.services.adulthood import last_day
from marketplace.services.consultation_steps import lock_need
from marketplace.vocabulary import in_words

LONGEST = timedelta(days=400)  # to the next meeting: a plan is reviewed every year (CFA 2014 s.44)


def plans_of(session: Session, need_id: int) -> Sequence[DestinationPlan]:
    """All versions that the actor of this transaction may read, the newest first."""
    rows = select(DestinationPlan).where(DestinationPlan.need_id == need_id)
    return session.scalars(
        rows.options(selectinload(DestinationPlan.aims)).order_by(DestinationPlan.version.desc())
    ).all()


def plan_on(session: Session, need_id: int, day: date) -> DestinationPlan | None:
    """The version that held on a day; of one day the latest."""
    return next((plan for plan in plans_of(session, need_id) if plan.on <= day), None)


def find_plan(session: Session, plan_id: int) -> DestinationPlan:
    """A version that the actor of this transaction may know of. Raises NotFound."""
    row = session.get(DestinationPlan, plan_id)
    if row is None:
        raise NotFound("There is no such destination plan.")
    return row


def plan_destinations(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    version: int | None,
    held_on: date,
    next_on: date,
    aims: Mapping[Pathway, Aim],
    on: date,
    at: datetime,
) -> DestinationPlan:
    """Keep a version: the aims of the pathways that have been discussed by the meeting on `held_on`. `version` is that
    of the last one that was seen, None where there was none. Raises NotFound, NotPermitted, Stale, InvalidTransition
    where the need is withdrawn, and Invalid, by field."""
    need = lock_need(session, need_id)
    require(can_change_need(actor, need.authority_id), "plan where this pupil means to go")
    kept = plans_of(session, need_id)
    if version != (kept[0].version if kept else None):
        raise Stale("Somebody else has kept a version since you opened this page. Look at it, then repeat.")
    if need.status is NeedStatus.WITHDRAWN:
        raise InvalidTransition("This need is withdrawn, so nothing is planned for it any more.")
    _require_possible(need, kept, held_on=held_on, next_on=next_on, aims=aims, on=on)
    plan = DestinationPlan(
        need_id=need.id, authority_id=need.authority_id, version=len(kept) + 1, on=held_on, next_on=next_on,
        officer=actor.name, at=at,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    plan.aims = [
        DestinationAim(
            pathway=pathway,
            aim=said.aim,
            barriers=said.barriers,
            target_on=said.target_on,
            steps=[step.words for step in said.steps],
            who=[step.who for step in said.steps],
            by=[step.by for step in said.steps],
        )
        for pathway in Pathway
        if (said := aims.get(pathway))
    ]
    session.flush()
    audit.record(session, actor, "destinations planned", need, version=plan.version, pathways=sorted(aims))
    return plan


def is_live(session: Session, need: Need) -> bool:
    """Whether the pupil is placed, or about to be."""
    live = select(Placement.id).where(Placement.need_id == need.id, Placement.status != PlacementStatus.ENDED)
    return session.scalar(live.limit(1)) is not None


def _require_possible(
    need: Need,
    kept: Sequence[DestinationPlan],
    *,
    held_on: date,
    next_on: date,
    aims: Mapping[Pathway, Aim],
    on: date,
) -> None:
    errors: dict[str, list[str]] = {}
    if held_on > on:
        errors["held_on"] = ["This day is to come. Enter the day on which it was discussed."]
    elif kept and held_on < kept[0].on:
        errors["held_on"] = [
            f"Version {kept[0].version} was discussed on {in_words(kept[0].on)}. Enter that day or a later one."
        ]
    if not held_on < next_on <= held_on + LONGEST:
        errors["next_on"] = [
            "Enter a day after the meeting, and within 13 months of it: plans are reviewed every year."
        ]
    if not aims:
        errors[f"{Pathway.EDUCATION}-aim"] = ["Enter the aim of one pathway at least. The others may wait."]
    end = last_day(need)
    if end is None:
        errors["held_on"] = ["State the pupil’s year group first, in the answers of the need."]
    else:
        for pathway, said in aims.items():
            days = {f"{pathway}-target_on": said.target_on}
            days |= {f"{pathway}-by-{step.number}": step.by for step in said.steps}
            words = (
                f"{PATHWAYS[pathway]}: enter a day after the meeting, up to {in_words(end)}, the end of the school "
                "year in which the pupil is 25."
            )
            errors |= {name: [words] for name, day in days.items() if not held_on < day <= end}
    if errors:
        raise Invalid(errors)
