"""When preparing for adulthood begins and ends, by school years: from year 9, and to the end of the school year in
which the pupil is 25.

Sources: SEND Code of Practice (2015) 8.9 (planning from year 9 at the latest); Children and Families Act 2014 s.46 (an
authority may keep a plan to the end of that year). It goes by the year group, since the day of birth is kept sealed.
"""

from datetime import date

from sqlalchemy import ColumnElement, Date, Integer, and_, case, cast, extract, func

from marketplace.models import Need, NeedStatus, london_day, school_year

FROM_YEAR = 9
LAST_YEAR = 20  # in which a pupil who was 14 in year 9 is 25


def year_group_on(need: Need, day: date) -> int | None:
    """The year group of a pupil on a day, counted on from that of the need, which is that of the day from which the
    placement is needed, or else of the day on which the need was entered. None where the need does not say it."""
    if need.year_group is None:
        return None
    return need.year_group + school_year(day) - school_year(_said_for(need))


def last_day(need: Need) -> date | None:
    """The last day of the school year in which the pupil is 25, to which a plan may go on.

    >>> last_day(Need(year_group=9, starts_on=date(2026, 9, 1)))
    datetime.date(2038, 8, 31)
    """
    if need.year_group is None:
        return None
    return date(school_year(_said_for(need)) + LAST_YEAR - need.year_group + 1, 8, 31)


def is_preparing(on: date) -> ColumnElement[bool]:
    """Whether, on a day, a need is that of a pupil who should have a destination plan: from year 9 to 25, unless it was
    withdrawn. Null where the year group is not known."""
    said_for = func.coalesce(Need.starts_on, cast(func.timezone("Europe/London", Need.created_at), Date))
    year = cast(extract("year", said_for), Integer) - case((extract("month", said_for) < 9, 1), else_=0)
    reached = Need.year_group + school_year(on) - year
    return and_(Need.status != NeedStatus.WITHDRAWN, reached.between(FROM_YEAR, LAST_YEAR))


def _said_for(need: Need) -> date:
    return need.starts_on or london_day(need.created_at)
