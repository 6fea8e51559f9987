"""What came of each pathway when a pupil had left, and whether it held: as the LA states it, once nobody is placed.

An outcome is counted for the provider of the last placement that ended. It must never be stated for a pupil who is
still placed, nor be called sustained before somebody has asked again.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition, Stale
from marketplace.models import (
    OUTCOMES_OF,
    AimMet,
    DestinationOutcome,
    Held,
    Need,
    Pathway,
    Placement,
    PlacementStatus,
)
from marketplace.permissions import Actor, can_change_need, require
from marketplace.services.consultation_steps import lock_need
from marketplace.services.destination_plans import is_live, plan_on
from marketplace.vocabulary import in_words

STATED = frozenset({"code", "happened_on", "aim_met", "words", "six_months", "a_year"})


def months_after(day: date, months: int) -> date:
    """So many months later, on the last day of the month where there is no such day.

    >>> months_after(date(2027, 8, 31), 6), months_after(date(2027, 7, 23), 12)
    (datetime.date(2028, 2, 29), datetime.date(2028, 7, 23))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - date.resolution).day))


def outcomes_of(session: Session, need_id: int) -> Sequence[DestinationOutcome]:
    """What came of the pathways of a pupil, in the order of PATHWAYS."""
    rows = select(DestinationOutcome).where(DestinationOutcome.need_id == need_id)
    found = session.scalars(rows.options(joinedload(DestinationOutcome.placement).joinedload(Placement.setting))).all()
    return sorted(found, key=lambda row: list(Pathway).index(row.pathway))


def asks(row: DestinationOutcome, *, on: date) -> dict[str, date]:
    """When it is asked whether an outcome still holds, of what was not stated: the days that have come by `on`."""
    due = {"six_months": months_after(row.on, 6), "a_year": months_after(row.on, 12)}
    return {name: day for name, day in due.items() if day <= on and getattr(row, name) is None}


def may_be_stated(session: Session, need: Need) -> bool:
    """Whether what came of it can be said: the pupil is not placed any more."""
    return last_placement(session, need) is not None and not is_live(session, need)


def last_placement(session: Session, need: Need) -> Placement | None:
    """The placement of a need that began and ended last."""
    return session.scalar(
        select(Placement)
        .where(
            Placement.need_id == need.id,
            Placement.status == PlacementStatus.ENDED,
            Placement.ends_on >= Placement.starts_on,
        )
        .options(joinedload(Placement.setting))
        .order_by(Placement.ends_on.desc(), Placement.id.desc())
        .limit(1)
    )


def state_outcome(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    pathway: Pathway,
    version: int | None,
    on: date,
    **stated: Any,
) -> DestinationOutcome:
    """State what came of a pathway, or again with what is known by now. `version` is that of the statement that was
    seen, None where there was none. Raises NotFound, NotPermitted, Stale, InvalidTransition while the pupil is placed,
    and Invalid, by field."""
    assert stated.keys() == STATED, stated.keys() ^ STATED
    need = lock_need(session, need_id)
    require(can_change_need(actor, need.authority_id), "say what came of this pupil’s plan")
    row = session.scalar(
        select(DestinationOutcome).where(DestinationOutcome.need_id == need_id, DestinationOutcome.pathway == pathway)
    )
    if version != (row.version if row else None):
        raise Stale("Somebody else has changed this outcome since you opened the page. Look at it, then repeat.")
    placement = last_placement(session, need)
    if placement is None or is_live(session, need):
        raise InvalidTransition("What came of it is said once the pupil has left: once the placement has ended.")
    plan = plan_on(session, need_id, stated["happened_on"])
    has_aim = plan is not None and plan.aim_of(pathway) is not None
    _require_possible(stated, pathway, placement, has_aim=has_aim, on=on)
    values = {**stated, "placement_id": placement.id, "on": stated["happened_on"]}
    del values["happened_on"]
    if row is None:
        row = DestinationOutcome(need_id=need.id, authority_id=need.authority_id, pathway=pathway, **values)
        session.add(row)
        changed = sorted(name for name, value in values.items() if value is not None)
    else:
        changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
        for name in changed:
            setattr(row, name, values[name])
    session.flush()
    if changed:
        audit.record(session, actor, "destination outcome stated", need, pathway=pathway, changed=changed)
    return row


def _require_possible(
    stated: dict[str, Any], pathway: Pathway, placement: Placement, *, has_aim: bool, on: date
) -> None:
    errors: dict[str, list[str]] = {}
    first = placement.ends_on
    assert first is not None
    day = stated["happened_on"]
    if stated["code"] not in OUTCOMES_OF[pathway]:
        errors["code"] = ["Choose what came of this pathway."]
    if not first <= day <= on:
        errors["happened_on"] = [f"Enter a day from the end of the placement, {in_words(first)}, to today."]
    if (stated["aim_met"] is AimMet.NO_AIM) == has_aim:
        errors["aim_met"] = [
            "The plan has an aim for this pathway. Say whether it was met."
            if has_aim
            else "The plan had no aim for this pathway by then. Choose that there was none."
        ]
    for name, months in (("six_months", 6), ("a_year", 12)):
        if stated[name] is not None and months_after(day, months) > on:
            errors[name] = [f"Ask again on {in_words(months_after(day, months))}. Leave it open until then."]
    if stated["a_year"] is not None and stated["six_months"] is None:
        errors["six_months"] = ["Say how it was after six months as well, or that it is not known."]
    elif stated["six_months"] is Held.NO and stated["a_year"] is Held.YES:
        errors["a_year"] = ["It did not hold for six months, so it has not held for a year. State what holds now anew."]
    if errors:
        raise Invalid(errors)
