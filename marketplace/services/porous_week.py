"""The week of a porous plan: what it may say, and the journeys that it takes. Pure: it asks the database nothing."""

from datetime import date, timedelta

from marketplace.models import At, Goal, PorousPlan, Ride
from marketplace.models.porous import DAYS, SESSIONS
from marketplace.vocabulary import WEEKDAYS

LONGEST_GOAL = timedelta(days=3 * 366)
FIRST_REVIEW = timedelta(weeks=26)  # at the latest after the version begins


def day_of_week(week: list[str], number: int) -> list[str]:
    """Where the morning and the afternoon of a day are spent; 0 is Monday.

    >>> day_of_week(["special", "mainstream", *["mainstream"] * 8], 0)
    ['special', 'mainstream']
    """
    return week[2 * number : 2 * number + 2]


def week_in_words(week: list[str]) -> str:
    """Which sessions are at the special setting, for a letter: all others are in mainstream.

    >>> week_in_words(["special", "special", "mainstream", "special", *["mainstream"] * 6])
    'at the special setting Monday, Tuesday afternoon; otherwise in mainstream'
    """
    days = []
    for number, name in enumerate(WEEKDAYS):
        there = [at == At.SPECIAL for at in day_of_week(week, number)]
        if any(there):
            days.append(name if all(there) else f"{name} {'morning' if there[0] else 'afternoon'}")
    return f"at the special setting {', '.join(days)}; otherwise in mainstream"


def journeys(week: list[str], rides: list[str], *, by: Ride) -> int:
    """One-way journeys a week to or from the special setting on the days for which somebody brings the pupil: there and
    back, whether to or from home or the other school.

    >>> journeys(["special"] * 2 + ["mainstream", "special"] + ["mainstream"] * 6,
    ...     ["authority", "family", "none", "none", "none"], by=Ride.AUTHORITY)
    2
    """
    days = [number for number in range(DAYS) if At.SPECIAL in day_of_week(week, number)]
    return 2 * sum(rides[number] == by for number in days)


def week_faults(plan: PorousPlan, *, on: date) -> dict[str, list[str]]:
    """What of a version cannot be, by field; empty where all can."""
    errors: dict[str, list[str]] = {}
    if not 1 <= plan.special < SESSIONS:
        errors["week"] = ["Give each of the two at least one session. A week in one place is no porous placement."]
    for number in range(DAYS):
        is_there = At.SPECIAL in day_of_week(plan.week, number)
        if is_there and plan.rides[number] == Ride.NONE:
            errors[f"rides-{number}"] = ["Say who brings the pupil to the special setting."]
        if not is_there and plan.rides[number] != Ride.NONE:
            errors[f"rides-{number}"] = ["No session of this day is at the special setting."]
    if (words := _fault_of_goal(plan)) is not None:
        errors["goal_sessions"] = [words]
    if plan.goal is Goal.STABLE and plan.goal_on:
        errors["goal_on"] = ["A stable week has no day by which it is met. Leave it empty."]
    if plan.goal is not Goal.STABLE and not (plan.goal_on and plan.starts_on < plan.goal_on <= on + LONGEST_GOAL):
        errors["goal_on"] = ["Enter the day by which the goal is to be met: after the plan begins, within three years."]
    if not plan.starts_on <= plan.review_on <= plan.starts_on + FIRST_REVIEW:
        errors["review_on"] = ["Enter a day within 26 weeks after the plan begins."]
    return errors


def _fault_of_goal(plan: PorousPlan) -> str | None:
    now, goal = plan.mainstream, plan.goal_sessions
    if plan.goal is Goal.TOWARDS_MAINSTREAM and goal <= now:
        return f"The week has {now} in mainstream. Towards mainstream is more than that, up to 10."
    if plan.goal is Goal.TOWARDS_SPECIAL and goal >= now:
        return f"The week has {now} in mainstream. Towards the special setting is fewer than that, down to 0."
    if plan.goal is Goal.STABLE and goal != now:
        return f"A stable week keeps its {now} in mainstream."
    return None
