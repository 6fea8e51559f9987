"""One need with everybody who could try anything, and each event of the table as the product's own use case."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace.db import as_system, transaction
from marketplace.models import (
    OPEN_CONSULTATIONS,
    ApprovalThreshold,
    Authority,
    Award,
    Consultation,
    Need,
    NeedStatus,
    Placement,
    Provision,
    Role,
    ScheduleStatus,
    UpliftStatus,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.choices import choices
from marketplace.services.placement_charges import effective_events
from tests import builders
from tests.deciding import ON, STARTS, Deciding

RUNS_ON = date(2027, 3, 1)  # the day on which things happen to a placement
REPRICED = date(2027, 2, 1)  # when the prices of the accepted uplift start
# Whether a second person is asked for goes by the day: not two weeks after either day on which things happen.
LATER = timedelta(days=15)
THRESHOLDS = [(ON, 0), (ON + LATER, 10**9), (REPRICED, 0), (RUNS_ON + LATER, 10**9)]


class Undo(Exception):
    """Whatever was done was tried only."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody who has just opened the pages knows: Ash's consultation, the award and the placement that are the
    newest, each by id and version; 0 where there is none."""

    need: int
    ash: tuple[int, int]
    is_ash_open: bool
    award: tuple[int, int]
    placement: tuple[int, int]
    last_event: int


class Scene(Deciding):
    """A draft of a need; Ash, Birch and Cedar with one place each; a person of each role on each side; a
    tribunal has ordered Ash; and an uplift of Ash's prices is published and accepted, that no placement has yet."""

    def __init__(self, places: str = "1") -> None:
        self._done = 0
        super().__init__(places=places)
        with transaction(SYSTEM) as session:
            need = session.get_one(Need, self.need)
            need.status, need.published_at, need.mainstream = NeedStatus.DRAFT, None, "A unit was tried."
            need.locked_id = self.provisions["Ash"]
            session.add_all(
                ApprovalThreshold(authority_id=self.la, starts_on=day, amount=amount, reason="Cabinet.")
                for day, amount in THRESHOLDS
            )
            self._add_strangers(session)
            self._accept_uplift(session)
        self.people |= {"editor": self.people["Ash"], "rival": self.people["Birch"], "system": SYSTEM}
        del self.people["Ash"], self.people["Birch"], self.people["Cedar"]
        self._seen: Seen | None = None
        self._costs: dict[str, int] = {}

    def _add_strangers(self, session: Session) -> None:
        la = session.get_one(Authority, self.la)
        others = builders.authority(session, la.region, name="Southbury", code="998")
        provider = session.get_one(Provision, self.provisions["Ash"]).setting.provider
        assert provider is not None
        operator = builders.operator(session)
        for name, organisation, role in (
            ("administrator", la, Role.ADMINISTRATOR),
            ("other commissioner", others, Role.COMMISSIONER),
            ("other approver", others, Role.APPROVER),
            ("region procurement", la.region, Role.PROCUREMENT),
            ("region approver", la.region, Role.APPROVER),
            ("region administrator", la.region, Role.ADMINISTRATOR),
            ("provider administrator", provider, Role.ADMINISTRATOR),
            ("operator", operator, Role.ADMINISTRATOR),
        ):
            self._add(name, builders.user(session, organisation, role))

    def _accept_uplift(self, session: Session) -> None:
        provision = session.get_one(Provision, self.provisions["Ash"])
        uplift = builders.uplift(session, provision, session.get_one(Authority, self.la))
        before = builders.published(session, provision)
        before.status, before.ends_on = ScheduleStatus.SUPERSEDED, REPRICED
        session.flush()
        prices = {"moderate": 3_100_000, "intensive": 4_900_000, "profound": 6_700_000}
        after = builders.schedule(session, provision, starts_on=REPRICED, version=2, **prices)
        uplift.status, uplift.published_id = UpliftStatus.PUBLISHED, after.id

    @property
    def at(self) -> datetime:
        """An instant of the day; no two things that are kept have the same, by which one end is told from another."""
        return super().at + timedelta(seconds=self._done)

    @property
    def seen(self) -> Seen:
        """What there is, read once after each thing that was done."""
        if self._seen is None:
            self._seen = self.see(self._look)
        return self._seen

    def _look(self, session: Session) -> Seen:
        ash = _newest(session, Consultation, Consultation.setting_id == self.settings["Ash"])
        asked = session.get(Consultation, ash[0])
        placement = _newest(session, Placement)
        row = session.get(Placement, placement[0])
        return Seen(
            need=session.get_one(Need, self.need).version,
            ash=ash,
            is_ash_open=asked is not None and asked.status in OPEN_CONSULTATIONS,
            award=_newest(session, Award),
            placement=placement,
            last_event=effective_events(session, row)[-1].id if row else 0,
        )

    def do(self, who: str, act: "Act") -> None:
        """Something that is done and kept."""
        self._done += 1
        with transaction(self.people[who]) as session:
            act(self, session, self.people[who])
        self._seen, self._costs = None, {}

    def try_(self, who: str, act: "Act", look: Callable[[Session], None]) -> None:
        """Something that is done, looked at as the system sees it, and leaves nothing."""
        actor = self.people[who]
        with suppress(Undo), transaction(actor) as session:
            act(self, session, actor)
            with as_system(session, actor):
                look(session)
            raise Undo

    def reply(self, name: str) -> int | None:
        """The version of the consultation that an award of a setting would rest on; None without one."""
        return self.seen.ash[1] if name == "Ash" and self.seen.is_ash_open else None

    def cost(self, name: str) -> int:
        """What an award of a setting by order would cost a year, as the page would show it."""
        if name not in self._costs:
            with suppress(Undo), transaction(SYSTEM) as session:
                order(session, self.need, self.provisions[name])
                found = choices(session, need=session.get_one(Need, self.need), on=self.on, starts_on=self.first_day)
                totals = {choice.provision.id: choice.total or 0 for choice in found}
                self._costs[name] = totals[self.provisions[name]]
                raise Undo
        return self._costs[name]

    @property
    def first_day(self) -> date:
        """Of a placement that is awarded now."""
        return max(STARTS, self.on + LATER)


Act = Callable[[Scene, Session, Actor], Any]


def order(session: Session, need_id: int, provision_id: int) -> None:
    """Let a provision be ordered for a need, unseen by what counts changes."""
    session.execute(update(Need).where(Need.id == need_id).values(locked_id=provision_id, version=Need.version))


def _newest(session: Session, kind: type[Consultation | Award | Placement], *of: Any) -> tuple[int, int]:
    row = session.scalar(select(kind).where(*of).order_by(kind.id.desc()).limit(1))
    return (row.id, row.version) if row else (0, 0)
