"""Plans of the way back: the LA keeps an end date and how the pupil returns to a school before alternative provision
starts, a further version after each review or where the end is put off, and at the end whether the pupil came back.

The end date is the LA's notice, so that charges and the end itself follow as with any other. It must never change a
version that was kept.

Sources: Department for Education, "Alternative provision" (statutory guidance, 2013): a purpose, how long, how progress
is reviewed and the return are planned beforehand. That a review falls within 13 weeks, a term, is this marketplace's.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition
from marketplace.models import AfterEnd, Placement, PlacementStatus, ReintegrationPlan, ReintegrationResult
from marketplace.permissions import Actor
from marketplace.services.placement_ends import end_placement, give_notice
from marketplace.services.placement_steps import FARTHEST, lock
from marketplace.services.reintegration_versions import is_due, result_of, versions_of
from marketplace.vocabulary import in_words

REVIEW_WITHIN = timedelta(weeks=13)
AFTERWARDS = timedelta(days=31)  # from the last day to the first at school: holidays may lie between


def keep_plan(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    ends_on: date,
    reason: str | None,
    on: date,
    at: datetime,
    **said: Any,
) -> ReintegrationPlan:
    """Keep the next version: it holds at once, and the placement ends on its last day. Raises Invalid, by field;
    InvalidTransition where the placement needs no such plan."""
    placement = lock(session, actor, placement_id, version)
    if not is_due(placement):
        raise InvalidTransition("This placement needs no plan of the way back: the pupil has an EHCP, or is in school.")
    kept = versions_of(session, placement.id)
    _require(placement, said, ends_on=ends_on, reason=reason, is_first=not kept, on=on)
    plan = ReintegrationPlan(
        placement=placement, number=len(kept) + 1, ends_on=ends_on, reason=reason if kept else None,
        organisation_id=actor.organisation_id, officer=actor.name, at=at, **said,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    audit.record(session, actor, "way back planned", plan, placement_id=placement.id, number=plan.number)
    if ends_on == placement.ends_on:  # a page that was opened before has not seen this version
        session.execute(update(Placement).where(Placement.id == placement.id).values(version=Placement.version + 1))
        session.expire(placement)
    else:
        _give_notice(session, actor, placement, plan, on=on, at=at)
    return plan


def keep_result(
    session: Session,
    actor: Actor,
    *,
    placement_id: int,
    version: int,
    is_reached: bool,
    day: date,
    words: str,
    on: date,
    at: datetime,
) -> ReintegrationResult:
    """Say whether the pupil came back to school, with the day. A placement that still runs ends on that day: no other
    is needed where the pupil came back, another one where not. Raises Invalid, by field; InvalidTransition where
    nothing was planned or has started; Conflict where it was said already."""
    placement = lock(session, actor, placement_id, version, is_over=True)
    if placement.status is PlacementStatus.AGREED or not versions_of(session, placement.id):
        raise InvalidTransition("This placement has not started on a plan of the way back, so nothing came of one.")
    if result_of(session, placement.id) is not None:
        raise Conflict("What came of this plan is said already.")
    if not placement.starts_on <= day <= on:
        raise Invalid({"day": [f"Enter a day from {in_words(placement.starts_on)} to today."]})
    result = ReintegrationResult(
        placement_id=placement.id, is_reached=is_reached, on=day, words=words,
        organisation_id=actor.organisation_id, officer=actor.name, at=at,
    )  # fmt: skip
    session.add(result)
    session.flush()
    audit.record(session, actor, "way back ended", placement, need_id=placement.need_id, is_reached=is_reached)
    if placement.status is not PlacementStatus.ENDED:
        last_day = day if placement.ends_on is None else min(day, placement.ends_on)
        _end(session, actor, placement, result, last_day, on=on, at=at)
    return result


def _require(
    placement: Placement, said: dict[str, Any], *, ends_on: date, reason: str | None, is_first: bool, on: date
) -> None:
    first = max(on, placement.starts_on)
    errors: dict[str, list[str]] = {}
    if not first < ends_on <= on + FARTHEST:
        errors["ends_on"] = [f"Enter a day after {in_words(first)}, within a year. It can be put off, with a reason."]
    if not placement.starts_on < said["returns_on"] <= ends_on + AFTERWARDS:
        errors["returns_on"] = ["Enter a day after the placement begins, and within a month of its last day."]
    if not on <= said["review_on"] <= min(ends_on, first + REVIEW_WITHIN):
        errors["review_on"] = ["Enter a day within 13 weeks, and not after the last day."]
    if not is_first and not reason:
        errors["reason"] = ["Say what the review found, or why the end is put off."]
    if errors:
        raise Invalid(errors)


def _give_notice(
    session: Session, actor: Actor, placement: Placement, plan: ReintegrationPlan, *, on: date, at: datetime
) -> None:
    try:
        give_notice(
            session, actor, placement_id=placement.id, version=placement.version, last_day=plan.ends_on,
            reason=f"The end date of the plan of the way back, version {plan.number}.", plan=plan, on=on, at=at,
        )  # fmt: skip
    except Invalid as invalid:  # the setting has given notice for an earlier day
        raise Invalid({"ends_on": invalid.errors["last_day"]}) from invalid


def _end(
    session: Session,
    actor: Actor,
    placement: Placement,
    result: ReintegrationResult,
    last_day: date,
    *,
    on: date,
    at: datetime,
) -> None:
    try:
        end_placement(
            session, actor, placement_id=placement.id, version=placement.version, last_day=last_day,
            reason=result.words, then=AfterEnd.NOT_NEEDED if result.is_reached else AfterEnd.NEEDED_AGAIN,
            on=on, at=at,
        )  # fmt: skip
    except Invalid as invalid:  # something is kept for a later day
        raise Invalid({"day": invalid.errors["last_day"]}) from invalid
