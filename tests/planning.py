"""What a version of a porous plan says, for tests. Every name is fictional."""

from datetime import date, timedelta
from typing import Any

from marketplace.models import At, Goal, Ride, WhyPlanned
from tests.commissioning import STARTS_ON


def week(special: int) -> list[str]:
    """So many sessions at the special setting, from Monday morning on, and the others in mainstream."""
    return [At.SPECIAL] * special + [At.MAINSTREAM] * (10 - special)


def said(**changes: Any) -> dict[str, Any]:
    """The first version of a placement: Monday and Tuesday at the special setting, to return by Christmas."""
    sessions = changes.get("week", week(4))
    rides = [Ride.AUTHORITY if At.SPECIAL in sessions[2 * day : 2 * day + 2] else Ride.NONE for day in range(5)]
    return {
        "starts_on": STARTS_ON, "main": At.MAINSTREAM, "school": "Little Elms Primary", "school_urn": None,
        "week": sessions, "rides": rides, "goal": Goal.TOWARDS_MAINSTREAM, "goal_sessions": 10,
        "goal_on": date(2027, 12, 17), "special_staff": "Class teacher of Willow", "mainstream_staff": "SENCO",
        "review_on": STARTS_ON + timedelta(weeks=6), "review_weeks": 6, "why": WhyPlanned.FIRST,
        "reason": "As both schools agreed.", **changes,
    }  # fmt: skip
