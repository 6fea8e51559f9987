"""A need to decide about, for tests: an LA's people, settings that were consulted, and what they replied. Every act is
that of a use case, by its own actor, under row-level security. Every name is fictional."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import (
    Award,
    AwardBasis,
    Band,
    Consultation,
    Need,
    Provision,
    RefusalCode,
    Role,
    Route,
    ScheduleStatus,
    Setting,
    SettingType,
    User,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import approvals, awards, consultations, replies
from marketplace.services.choices import Choice, choices
from tests import builders

ON = date(2026, 11, 30)
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
OVERDUE = ON + timedelta(days=16)
STARTS = date(2027, 1, 4)
S41, INDEPENDENT, STATE = SettingType.SECTION41, SettingType.INDEPENDENT, SettingType.STATE_SPECIAL


@dataclass
class Deciding:
    """One need of an LA, and settings by name, the nearest first, each of its own provider, with one place at £48,000
    a year."""

    types: dict[str, SettingType] = field(default_factory=lambda: {"Ash": S41, "Birch": S41, "Cedar": S41})
    request: str | None = None
    prices: dict[str, int] = field(default_factory=dict)  # pence a year, of the intensive band
    places: str = "1"
    on: date = ON
    need: int = 0
    la: int = 0
    people: dict[str, Actor] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    provisions: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with transaction(SYSTEM) as session:
            framework = builders.framework(session)
            builders.tariff(session, framework=framework)
            la = builders.authority(session, name="Norbury", code="999")  # for which no tariff states a factor
            self.la = la.id
            for name, roles in {
                "commissioner": [Role.COMMISSIONER],
                "approver": [Role.APPROVER],
                "both": [Role.COMMISSIONER, Role.APPROVER],
                "procurement": [Role.PROCUREMENT],
            }.items():
                self._add(name, builders.user(session, la, *roles))
            for number, (name, setting_type) in enumerate(self.types.items()):
                provider = builders.provider(session, f"{name} Trust")
                setting = builders.setting(
                    session, la, provider, name=f"{name} School", type=setting_type, easting=404000 - 1000 * number
                )
                provision = builders.provision(session, builders.pool(session, setting, (7, 11, ON, self.places)))
                prices = {"moderate": 3_000_000, "intensive": self.prices.get(name, 4_800_000), "profound": 6_600_000}
                builders.schedule(session, provision, **prices)
                self.settings[name], self.provisions[name] = setting.id, provision.id
                self._add(name, builders.user(session, provider, Role.PROVIDER_EDITOR))
            request = session.get(Setting, self.settings[self.request]) if self.request else None
            self.need = builders.need(session, la, framework, reference="N-1", request=request).id

    def _add(self, name: str, user: User) -> None:
        self.people[name], self.emails[name] = builders.acting(user), user.email

    @property
    def at(self) -> datetime:
        """The instant at which things are done: the morning of the day."""
        return datetime(self.on.year, self.on.month, self.on.day, 10, tzinfo=UTC)

    def ask(self, *names: str) -> None:
        """Consult these settings."""
        actor = self.people["commissioner"]
        with transaction(actor) as session:
            sent = consultations.consult(
                session,
                actor,
                need_id=self.need,
                version=session.get_one(Need, self.need).version,
                provision_ids=[self.provisions[name] for name in names],
                on=self.on,
                at=self.at,
            )
            by_setting = {row.setting_id: row.id for row in sent}
        self.asked |= {name: by_setting[self.settings[name]] for name in names}

    def offer(self, name: str, **fields: Any) -> None:
        """Let a setting offer a place."""
        actor = self.people[name]
        fields = {"band": Band.INTENSIVE, "starts_on": STARTS, "provision_id": self.provisions[name], **fields}
        with transaction(actor) as session:
            row = consultations.see(session, actor, consultation_id=self.asked[name], at=self.at)
            replies.offer(session, actor, consultation_id=row.id, version=row.version, at=self.at, on=self.on, **fields)

    def refuse(self, name: str, **reasons: str) -> None:
        """Let a setting refuse, words by code; full="" alone says that it is full."""
        actor = self.people[name]
        with transaction(actor) as session:
            row = consultations.see(session, actor, consultation_id=self.asked[name], at=self.at)
            given = {RefusalCode(code): words for code, words in reasons.items()}
            replies.refuse(session, actor, consultation_id=row.id, version=row.version, reasons=given, at=self.at)

    def choice(self, session: Session, name: str, starts_on: date = STARTS) -> Choice:
        """One setting as it is compared."""
        need = session.get_one(Need, self.need)
        found = choices(session, need=need, on=self.on, starts_on=starts_on)
        return next(each for each in found if each.provision.setting_id == self.settings[name])

    def propose(self, name: str, *, by: str = "commissioner", **fields: Any) -> int:
        """Propose an award of a setting, as a person who has just looked at it; its id."""
        actor = self.people[by]
        with transaction(actor) as session:
            choice = self.choice(session, name, fields.get("starts_on", STARTS))
            seen = {
                "version": session.get_one(Need, self.need).version,
                "provision_id": choice.provision.id,
                "consultation_version": choice.consultation.version if choice.consultation else None,
                "total": choice.total or 0,
            }
            fields = {**seen, **decided(), **fields}
            award = awards.propose_award(session, actor, need_id=self.need, on=self.on, at=self.at, **fields)
            return award.id

    def approve(self, award_id: int, *, by: str = "approver", **fields: Any) -> None:
        """Approve an award, as a person who has just looked at it."""
        actor = self.people[by]
        with transaction(actor) as session:
            fields = {"version": session.get_one(Award, award_id).version, "on": self.on, "at": self.at, **fields}
            approvals.approve_award(session, actor, award_id=award_id, **fields)

    def reprice(self, name: str, *, starts_on: date, **prices: int) -> None:
        """Let a setting publish other prices from a day on."""
        with transaction(SYSTEM) as session:
            provision = self.provision(session, name)
            before = builders.published(session, provision)
            before.status, before.ends_on = ScheduleStatus.SUPERSEDED, starts_on
            session.flush()
            builders.schedule(session, provision, starts_on=starts_on, version=before.version + 1, **prices)

    def see(self, look: Callable[[Session], Any]) -> Any:
        """What the system sees."""
        with transaction(SYSTEM) as session:
            return look(session)

    def consultation(self, session: Session, name: str) -> Consultation:
        """How a setting's consultation stands."""
        return session.get_one(Consultation, self.asked[name])

    def provision(self, session: Session, name: str) -> Provision:
        """A setting's provision."""
        return session.get_one(Provision, self.provisions[name])


def decided(**fields: Any) -> dict[str, Any]:
    """A decision on an offer where nobody requests anything."""
    return {
        "route": Route.OFFER, "route_reason": None, "order_reference": None, "starts_on": STARTS, "ground": None,
        "ground_evidence": None, "answers": {}, "reasons": "The nearest that meets the need.",
        "basis": AwardBasis.FRAMEWORK, "basis_reason": None, "notice_reference": None, **fields,
    }  # fmt: skip
