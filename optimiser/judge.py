"""The rules for one pupil and one provision, written a second time in plain Python for those who check an answer.

Written from the rules alone: it must import nothing but rows, so that one mistake cannot hide in both.
"""

import math
from collections.abc import Mapping

from optimiser.problem import Policy, Price, Problem, Provision, Pupil

_LEVELS = {0: "universal", 1: "mild", 2: "moderate", 3: "intensive", 4: "profound", 5: "exceptional"}
_FULLER = {"outreach": 0, "porous": 1, "full": 2}
_REQUESTABLE = ("nmss", "section41", "state_special", "ap", "resourced_mainstream")


class Judge:
    """The rules for one pupil and one provision of a problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.policy: Policy = problem.policy
        self.pupils: Mapping[str, Pupil] = {row.pupil: row for row in problem.pupils}
        self.provisions: Mapping[str, Provision] = {row.provision: row for row in problem.provisions}
        self.prices: Mapping[tuple[str, str], Price] = {(row.provision, row.band): row for row in problem.prices}
        self.travel = {(row.pupil, row.setting): row.km for row in problem.travel}
        self.types = {row.setting: row.setting_type for row in problem.provisions}

    def band(self, pupil: Pupil) -> str:
        highest = max(pupil.levels)
        at_highest = [level for level in pupil.levels if level == highest]
        if self.policy.co_occurrence and len(at_highest) >= 2 and highest >= 2:
            highest = min(5, highest + 1)
        return _LEVELS[highest]

    def is_bound(self, pupil: Pupil) -> bool:
        return self.types.get(pupil.request, "") in _REQUESTABLE and pupil.ground == ""

    def phase(self, pupil: Pupil) -> str:
        return "duties" if pupil.locked or self.is_bound(pupil) else "choices"

    def road_km(self, pupil: Pupil, provision: Provision) -> float:
        given = self.travel.get((pupil.pupil, provision.setting))
        if given is not None:
            return given
        straight = math.sqrt((pupil.easting - provision.easting) ** 2 + (pupil.northing - provision.northing) ** 2)
        return self.policy.circuity * (straight / 1000)

    def refusals(self, pupil: Pupil, provision: Provision) -> list[str]:
        """Every condition of eligibility that does not hold."""
        is_priced = (provision.provision, self.band(pupil)) in self.prices
        if pupil.locked:
            holds = {"price": is_priced, "locked": provision.provision == pupil.locked}
            return [reason for reason, held in holds.items() if not held]
        levels = zip(pupil.levels, provision.max_levels, strict=True)
        holds = {
            "price": is_priced,
            "kind": provision.kind in pupil.options,
            "pattern": provision.pattern == pupil.pattern,
            "age": provision.low_year <= pupil.year_group <= provision.high_year,
            "sex": provision.sex == "mixed" or not pupil.sex or provision.sex == pupil.sex,
            "need": pupil.primary_need in provision.needs,
            "level": not any(level > most for level, most in levels),
            "facilities": not set(pupil.requirements) - set(provision.facilities),
        }
        if self.is_bound(pupil):
            holds["request"] = provision.setting == pupil.request
        else:
            holds["la"] = not provision.las or pupil.la in provision.las
            holds["forbidden"] = provision.provision not in pupil.forbidden
            holds["travel"] = self.road_km(pupil, provision) <= self.limit_km(pupil, provision)
        return [reason for reason, held in holds.items() if not held]

    def limit_km(self, pupil: Pupil, provision: Provision) -> float:
        """How far daily travel, or the staff of outreach, may go; residential provision may be anywhere."""
        if provision.kind == "outreach":
            return math.inf if provision.radius_km is None else provision.radius_km
        if provision.pattern != "day":
            return math.inf
        return self.policy.max_km if pupil.max_km is None else pupil.max_km

    def transport(self, pupil: Pupil, provision: Provision) -> int:
        road = self.road_km(pupil, provision)
        if provision.kind == "outreach":
            return 0
        trips: float = self.policy.journeys[provision.pattern]
        if provision.kind == "porous":
            trips = self.policy.journeys["day"] * (provision.sessions or 0) / 10
        walkable = self.policy.free_below_km[0 if pupil.year_group <= 2 else 1]
        if not pupil.transport and road <= walkable:
            return 0
        pounds = self.policy.transport_rate * road * trips
        whole = math.floor(pounds)
        return whole + 1 if pounds - whole >= 0.5 else whole

    def child_km(self, pupil: Pupil, provision: Provision) -> float:
        road = self.road_km(pupil, provision)
        if provision.kind == "outreach":
            return 0.0
        if provision.kind == "porous":
            return road * (provision.sessions or 0) / 10
        return road * self.policy.journeys[provision.pattern] / self.policy.journeys["day"]

    def wish(self, pupil: Pupil, setting: str) -> int:
        wishes = list(pupil.wishes)
        if self.types.get(pupil.request) == "independent":
            wishes = [pupil.request, *(wish for wish in wishes if wish != pupil.request)]
        if not wishes:
            return 0
        return min(3, wishes.index(setting)) if setting in wishes else 3

    def steps(self, kind: str) -> int:
        """From outreach, the least restrictive kind, to a fuller one."""
        return _FULLER[kind]

    def use(self, provision: Provision, band: str) -> float:
        """Of the pool: places, in whole shares of one for a split week, or hours a week."""
        if provision.kind == "outreach":
            return self.prices[provision.provision, band].hours or 0.0
        if provision.kind == "full":
            return 1.0
        shares = provision.shares or 10
        return math.ceil((provision.sessions or 0) * shares / 10) / shares
