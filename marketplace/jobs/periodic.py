"""What the clock brings: holds that run out, proposals that lapse, reminders, ends of notice, charges of a new year,
what is kept no longer, what providers are told of demand, and each night whether the data are in order.

By the queue's own periodic tasks: of all workers one does each round, as the database decides, and where none was there
the next round finds what is due still due. Each thing is done in a transaction of its own, on its locked row: two who
are at it together do it once, and one that fails stops no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from marketplace.db import repeated, transaction
from marketplace.models import london_day
from marketplace.observability import log
from marketplace.permissions import SYSTEM
from marketplace.services import awards, capacity, demand, placement_ends, reminders, retention
from marketplace.services.verify import verify
from marketplace.services.work import clock

QUEUE = "periodic"
EVERY_20_SECONDS = "* * * * * */20"
ALL = (0,)  # what is not done one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One kind of thing: `cron` says when it is looked for, in UTC; `due` gives the ids of what is due, `act` does one
    and returns how many that were. `is_nightly`: at its time only, not whenever a worker is asked to do what is
    due."""

    name: str
    cron: str
    due: Callable[[Session, date, datetime], Sequence[int]]
    act: Callable[[Session, int, date, datetime], int]
    is_nightly: bool = False


ROUNDS = (
    Round(
        name="expire_holds",
        cron=EVERY_20_SECONDS,
        due=lambda session, _, at: capacity.pools_to_expire(session, at=at),
        act=lambda session, id_, _, at: capacity.expire_holds(session, SYSTEM, pool_id=id_, at=at),
    ),
    Round(
        name="lapse_awards",
        cron=EVERY_20_SECONDS,
        due=lambda session, _, at: awards.awards_to_lapse(session, at=at),
        act=lambda session, id_, _, at: awards.lapse_awards(session, SYSTEM, at=at, only=id_),
    ),
    Round(
        name="remind",
        cron="0 7-18 * * *",
        due=lambda session, on, _: reminders.consultations_to_remind(session, on=on),
        act=lambda session, id_, on, _: reminders.remind(session, SYSTEM, on=on, only=id_),
    ),
    Round(
        name="end_due",
        cron="5 * * * *",
        due=lambda session, on, _: placement_ends.placements_to_end(session, on=on),
        act=lambda session, id_, on, at: placement_ends.end_due(session, on=on, at=at, only=id_),
    ),
    Round(
        name="carry_charges",
        cron="15 * * * *",
        due=lambda session, on, _: placement_ends.placements_to_carry(session, on=on),
        act=lambda session, id_, on, at: placement_ends.carry_charges(session, on=on, at=at, only=id_),
    ),
    Round(
        name="forget",
        cron="45 * * * *",
        due=lambda *_: ALL,
        act=lambda session, _, __, at: retention.forget(session, at=at),
    ),
    Round(
        name="tell_demand",
        cron="* * * * *",
        due=lambda session, on, _: demand.providers_to_tell(session, on=on),
        act=lambda session, id_, on, _: demand.tell_provider(session, SYSTEM, provider_id=id_, on=on),
    ),
    Round(
        name="verify",
        cron="30 2 * * *",
        due=lambda *_: ALL,
        act=lambda session, *_: _verify(session),
        is_nightly=True,
    ),
)


def do_round(round_: Round, *, at: datetime | None = None) -> int:
    """Do all that is due, by the database's clock unless `at` says; returns how many were done. What fails is logged
    and looked for again in the next round."""
    with transaction(SYSTEM) as session:
        at = at or clock(session)
        on = london_day(at)
        due = round_.due(session, on, at)
    done = 0
    for id_ in due:
        try:
            done += _do_one(round_, id_, on, at)
        except Exception as error:  # noqa: BLE001 - one that fails stops no other
            log().error("periodic task failed", task=round_.name, id=id_, exc_info=error)
    if done:
        log().info("periodic task done", task=round_.name, count=done)
    return done


def _verify(session: Session) -> int:
    """Whether what must hold of the data holds; what does not is an error in the log, with the rows, for the alarm."""
    broken = [finding for finding in verify(session) if finding.count]
    for finding in broken:
        log().error("rule broken", rule=finding.rule.name, count=finding.count, rows=finding.rows)
    return len(broken)


def _do_one(round_: Round, id_: int, on: date, at: datetime) -> int:
    return repeated(SYSTEM, lambda session: round_.act(session, id_, on, at))
