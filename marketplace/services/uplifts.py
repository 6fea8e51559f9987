"""Uplifts to read: one request, and the list of them by what needs doing.

It must never write, nor decide who sees a request: the database's row-level security does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.errors import NotFound
from marketplace.models import Authority, Setting, Uplift, UpliftAnswer, UpliftStatus
from marketplace.permissions import Actor

LIVE = (UpliftStatus.AGREED, UpliftStatus.PUBLISHED)  # each LA may answer


class ToDo(StrEnum):
    """What needs doing about a request, in the order of urgency."""

    OVERDUE = "overdue"
    DUE = "due"
    WAIT = "wait"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One request in the list: what the person's organisation does next, in `next`, a key of web.uplifts.NEXT, and by
    when, where there is a day."""

    uplift: Uplift
    to_do: ToDo
    next: str
    by: date | None = None


def find_uplift(session: Session, uplift_id: int) -> Uplift:
    """A request with what hangs on it, as far as the actor of this transaction may see. Raises NotFound."""
    row = session.get(
        Uplift,
        uplift_id,
        options=[
            joinedload(Uplift.setting).joinedload(Setting.authority),
            joinedload(Uplift.provider),
            selectinload(Uplift.steps),
            selectinload(Uplift.answers).joinedload(UpliftAnswer.authority),
        ],
    )
    if row is None:
        raise NotFound
    return row


def list_uplifts(session: Session, actor: Actor, *, on: date) -> dict[ToDo, list[Listed]]:
    """The requests that the actor of this transaction may see, by what needs doing; within a group the nearest day
    first, then by start, setting and id."""
    rows = session.scalars(
        select(Uplift)
        .join(Uplift.setting)
        .options(joinedload(Uplift.setting), joinedload(Uplift.provider), selectinload(Uplift.steps),
                 selectinload(Uplift.answers))
        .order_by(Uplift.starts_on, Setting.name, Uplift.id)
    ).all()  # fmt: skip
    found = sorted((listed(row, actor, on) for row in rows), key=lambda each: each.by or date.max)
    groups = {to_do: [each for each in found if each.to_do is to_do] for to_do in ToDo}
    return {to_do: group for to_do, group in groups.items() if group}


def count_to_do(session: Session, actor: Actor, *, on: date) -> int:
    """How many requests wait for the actor's organisation."""
    groups = list_uplifts(session, actor, on=on)
    return len(groups.get(ToDo.OVERDUE, [])) + len(groups.get(ToDo.DUE, []))


def answer_of(uplift: Uplift, authority_id: int | None) -> UpliftAnswer | None:
    """The answer of one LA, given or not; None where it is not among those affected, or not to be seen."""
    return next((row for row in uplift.answers if row.authority_id == authority_id), None)


def authorities_of(session: Session, uplift: Uplift) -> Sequence[Authority]:
    """The LAs that a request affects, by name."""
    ids = uplift.authority_ids or {row.authority_id for row in uplift.counts}
    return session.scalars(select(Authority).where(Authority.id.in_(ids)).order_by(Authority.name, Authority.id)).all()


def listed(uplift: Uplift, actor: Actor, on: date) -> Listed:
    """A request as the actor's organisation has it in its list."""
    mine = actor.organisation_id
    if uplift.status is UpliftStatus.WITHDRAWN:
        return Listed(uplift=uplift, to_do=ToDo.DONE, next="withdrawn")
    if uplift.provider_id == mine:
        return _of_provider(uplift, on)
    if mine in uplift.authority_ids:
        return _of_authority(uplift, mine, on)
    done = uplift.status is UpliftStatus.PUBLISHED
    return Listed(uplift=uplift, to_do=ToDo.DONE if done else ToDo.WAIT, next=uplift.status.value)


def _of_provider(uplift: Uplift, on: date) -> Listed:
    late = ToDo.OVERDUE if uplift.starts_on < on else ToDo.DUE
    if uplift.status is UpliftStatus.DRAFT:
        return Listed(uplift=uplift, to_do=late, next="finish", by=uplift.starts_on)
    if uplift.status is UpliftStatus.AGREED:
        return Listed(uplift=uplift, to_do=late, next="publish", by=uplift.starts_on)
    if uplift.status is UpliftStatus.NEGOTIATING:
        is_mine = uplift.turn_id == uplift.provider_id
        return Listed(uplift=uplift, to_do=ToDo.DUE if is_mine else ToDo.WAIT, next="reply" if is_mine else "with_link")
    is_answered = all(row.is_accepted is not None for row in uplift.answers)
    return Listed(
        uplift=uplift, to_do=ToDo.DONE if is_answered else ToDo.WAIT, next="published" if is_answered else "answers"
    )


def _of_authority(uplift: Uplift, mine: int | None, on: date) -> Listed:
    if uplift.status is UpliftStatus.NEGOTIATING:
        if uplift.link_id == mine and uplift.turn_id == mine:
            return Listed(uplift=uplift, to_do=ToDo.DUE, next="reply")
        if uplift.link_id == mine and uplift.successor_id:
            return Listed(uplift=uplift, to_do=ToDo.DUE, next="hand_over")
        return Listed(
            uplift=uplift,
            to_do=ToDo.WAIT,
            next="with_provider" if uplift.turn_id == uplift.provider_id else "with_link",
        )
    answer = answer_of(uplift, mine)
    assert answer is not None  # each LA that is affected has one to give
    assert uplift.answer_by is not None
    if answer.is_accepted is not None:
        return Listed(uplift=uplift, to_do=ToDo.DONE, next="accepted" if answer.is_accepted else "declined")
    to_do = ToDo.OVERDUE if uplift.answer_by < on else ToDo.DUE
    return Listed(uplift=uplift, to_do=to_do, next="answer", by=uplift.answer_by)
