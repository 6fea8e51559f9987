"""How many pupils are out of education, for how long, by authority and by footing.

Of the needs that the actor of this transaction may know of and that are not withdrawn: those that state a last day in
education since which no placement has started. It must never show a group of few pupils, nor let one be found by taking
others away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Footing, Need, NeedStatus, Organisation
from marketplace.services.days_out import DAY, MOST_DAYS, has_started, weekdays_out
from marketplace.services.small_groups import FEWEST, gathered, others

ALL = "All"


@dataclass(frozen=True, slots=True)
class Out:
    """One pupil who is out of education: of which authority, on which footing, for how many weekdays."""

    authority: str
    footing: Footing
    days: int

    @property
    def is_long(self) -> bool:
        """Whether for more than five."""
        return self.days > MOST_DAYS


@dataclass(frozen=True, slots=True)
class OutOf:
    """A group of pupils: how many, how many of them for more than five weekdays (None: too few to show), and the days
    within which half of them lie."""

    name: str
    n: int
    long: int | None
    median_days: float


def pupils_out(session: Session, *, on: date) -> list[Out]:
    """Those out of education on a day, by need."""
    rows = session.execute(
        select(Organisation.name, Need.footing, Need.last_education_on)
        .join(Organisation, Organisation.id == Need.authority_id)
        .where(Need.last_education_on.is_not(None), Need.status != NeedStatus.WITHDRAWN, ~has_started())
        .order_by(Need.id)
    )
    return [Out(name, footing, weekdays_out(last, until=on + DAY)) for name, footing, last in rows if last]


def groups_out(found: Sequence[Out], by: Callable[[Out], str]) -> list[OutOf]:
    """The groups by name, and all of them last. A group of one to four pupils, or of which one to four have been out
    for more than five days or for no more, is taken together with others. Nothing where all are fewer than five."""
    if len(found) < FEWEST:
        return []
    groups: dict[str, list[Out]] = {}
    for row in found:
        groups.setdefault(by(row), []).append(row)
    names, hidden = gathered(groups, _is_small)
    shown = [_out_of(name, groups[name]) for name in names]
    if hidden and names:
        shown.append(_out_of(others(hidden), [row for name in hidden for row in groups[name]]))
    return [*shown, _out_of(ALL, found)]


def _is_small(rows: Sequence[Out]) -> bool:
    long = sum(row.is_long for row in rows)
    return any(0 < figure < FEWEST for figure in (len(rows), long, len(rows) - long))


def _out_of(name: str, rows: Sequence[Out]) -> OutOf:
    """What a group comes to. (Only of all together may a figure be small.)"""
    long = None if _is_small(rows) else sum(row.is_long for row in rows)
    return OutOf(name, len(rows), long, median(row.days for row in rows))
