"""A small region whose run is the base of scenarios: who goes where in it is plain, and each change moves somebody."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from marketplace import jobs
from marketplace.db import transaction
from marketplace.models import Budget, Kind, MatchingRun, Need, Provision, Recommendation, Role, now
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.matching import runs
from marketplace.services.matching.changes import Asked
from marketplace.services.matching.scenarios import start_scenario
from tests import builders

AUTUMN = date(2026, 9, 1)
ON = date(2026, 11, 23)
ASH, BIRCH = 900501, 900502


@dataclass
class Fenshire:
    """A region of two LAs. In a run NOR-1 and NOR-2 go to Ash Grove, SOU-1 to Birch House, NOR-3 to a split week."""

    address: str
    needs: dict[str, int] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    base_id: int = 0

    def __post_init__(self) -> None:
        """Build it, and let a worker do the base."""
        with transaction(SYSTEM) as session:
            builders.framework(session)
            self.region = builders.region(session, "Fenshire")
            self.norbury = builders.authority(session, self.region, name="Norbury", code="498")
            self.southbury = builders.authority(session, self.region, name="Southbury", code="499")
            session.add(Budget(authority=self.norbury, amount=15_000_000))
            ash = builders.setting(session, self.norbury, name="Ash Grove School", urn=ASH)
            places = builders.pool(session, ash, (7, 11, AUTUMN, "3"), confirmed_at=now(), name="Day places")
            day = builders.provision(session, places)
            split = builders.provision(session, places, name="Split week", kind=Kind.POROUS, sessions=4)
            core = builders.PriceLine(provision_id=split.id, band="intensive", part="core", weeks=38, amount=2_000_000)
            builders.schedule(session, day, lines=[core])
            birch = builders.setting(session, self.southbury, name="Birch House", urn=BIRCH, easting=420_000)
            places = builders.pool(session, birch, (7, 11, AUTUMN, "3"), confirmed_at=now(), name="Day places")
            builders.schedule(session, builders.provision(session, places))
            for la, reference, east, north, kinds in (
                (self.norbury, "NOR-1", 401_000, 301_000, ["full"]),
                (self.norbury, "NOR-2", 404_000, 304_000, ["full"]),
                (self.norbury, "NOR-3", 401_000, 301_000, ["porous"]),
                (self.southbury, "SOU-1", 415_000, 302_000, ["full"]),
            ):
                place = {"easting": east, "northing": north}
                self.needs[reference] = builders.need(session, la, reference=reference, kinds=kinds, **place).id
            for name, organisation in (("region", self.region), ("norbury", self.norbury)):
                user = builders.user(session, organisation, Role.PROCUREMENT)
                self.people[name], self.emails[name] = builders.acting(user), user.email
            stranger = builders.user(session, builders.authority(session), Role.PROCUREMENT)
            self.people["stranger"], self.emails["stranger"] = builders.acting(stranger), stranger.email
            scope = {"scope_id": self.region.id, "on": ON, "seconds": 30}
            self.base_id = runs.start_run(session, SYSTEM, **scope).id
        self.work_off()

    def work_off(self) -> None:
        jobs.work(self.address, is_waiting=False)

    def start(self, name: str = "What if", *, tariff_id: int | None = None, who: str = "region", **asked: Any) -> int:
        with transaction(self.people[who]) as session:
            found = start_scenario(
                session, self.people[who], base_id=self.base_id, name=name, tariff_id=tariff_id, asked=Asked(**asked)
            )
            return found.id

    def done(self, name: str = "What if", **asked: Any) -> int:
        """A scenario that a worker has done."""
        scenario_id = self.start(name, **asked)
        self.work_off()
        return scenario_id

    def read(self, run_id: int) -> MatchingRun:
        with transaction(SYSTEM) as session:
            return session.get_one(MatchingRun, run_id)

    def placed(self, run_id: int) -> dict[str, tuple[str, str | None]]:
        """Where each pupil is, by reference, and why elsewhere than in the base."""
        with transaction(SYSTEM) as session:
            rows = session.execute(
                select(Need.reference, Provision, Recommendation)
                .select_from(Recommendation)
                .join(Recommendation.need)
                .outerjoin(Recommendation.provision)
                .where(Recommendation.run_id == run_id)
            )
            return {
                reference: (
                    f"{at.setting.name}, {at.kind.value}" if at else f"nowhere: {row.reason}",
                    row.moved_because,
                )
                for reference, at, row in rows
            }
