"""The market of a trial: LAs with their commissioners, settings with few places, needs with an offer for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import (
    ApprovalThreshold,
    Authority,
    Award,
    Consultation,
    Framework,
    Kind,
    Need,
    Provision,
    Role,
    SettingType,
    Unit,
    Vacancy,
    today,
)
from marketplace.permissions import SYSTEM
from tests import builders, commissioning

HOURS = Decimal(5)  # a week of an outreach package, as the builders' schedules price it
PLENTY = 10_000_000_00  # pence: no award of a trial needs a second person
EMPTIED = (  # what a trial leaves, in an order in which nothing refers to what is gone
    "application_rows", "run_applications",
    "messages", "effects", "ledger_lines", "ledger_totals", "placement_events", "claims", "order_visits",
    "order_reviews", "order_shares", "outreach_orders", "placements", "awards",
    "refusal_reasons", "offers", "consultations", "recommendations", "needs", "audit_links", "audit_heads",
    "audit_events", "procrastinate_events", "procrastinate_jobs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lot:
    """What a provision has free, and how many pupils that is for at the most; `fields` are the provision's."""

    amount: str
    most: int
    fields: dict[str, Any] = field(default_factory=dict)


def places(number: int) -> Lot:
    """So many whole places."""
    return Lot(str(number), number)


@dataclass
class Market:
    """Ids of what was made, the addresses of who commissions for each LA, and for how many pupils each provision has
    room."""

    authorities: list[int] = field(default_factory=list)
    commissioners: list[str] = field(default_factory=list)
    framework: int = 0
    provisions: list[int] = field(default_factory=list)
    most: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Try:
    """One award that somebody will ask for: who, and the form as the page would have it."""

    commissioner: int
    path: str
    form: dict[str, str]
    need_id: int


def build(authorities: int, lots: Sequence[Lot]) -> Market:
    """LAs that may award without a second person, and one provision for each lot, each of a setting of its own."""
    market = Market()
    start = date(2026, 9, 1)
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        market.framework = framework.id
        builders.tariff(session, framework=framework)
        region, provider = builders.region(session), builders.provider(session)
        for _ in range(authorities):
            la = builders.authority(session, region)
            market.authorities.append(la.id)
            market.commissioners.append(builders.user(session, la, Role.COMMISSIONER).email)
            session.add(
                ApprovalThreshold(authority_id=la.id, starts_on=start, amount=PLENTY, reason="A trial of contention.")
            )
        home = session.get_one(Authority, market.authorities[0])
        for lot in lots:
            setting = builders.setting(session, home, provider, type=SettingType.SECTION41)
            unit = Unit.HOURS if lot.fields.get("kind") is Kind.OUTREACH else Unit.PLACES
            pool = builders.pool(session, setting, (7, 11, start, lot.amount), unit=unit)
            provision = builders.provision(session, pool, **lot.fields)
            builders.schedule(session, provision)
            market.provisions.append(provision.id)
            market.most[provision.id] = lot.most
    return market


def emptied() -> str:
    """The statements that remove what a trial left, and free every place."""
    return "; ".join([*(f"DELETE FROM {table}" for table in EMPTIED), "UPDATE vacancies SET used = 0"])


def offered(market: Market, wanted: Iterable[tuple[int, Sequence[int]]]) -> list[Try]:
    """For each (number of an LA, provisions) a published need with an offer of each of these provisions; one try for
    each offer."""
    starts_on = today() + timedelta(days=30)
    tries: list[Try] = []
    with transaction(SYSTEM) as session:
        framework = session.get_one(Framework, market.framework)
        for number, provisions in wanted:
            la = session.get_one(Authority, market.authorities[number])
            need = builders.need(session, la, framework, status="offered", kinds=list(Kind))
            for provision_id in provisions:
                provision = session.get_one(Provision, provision_id)
                consultation = commissioning.consultation(session, need, provision)
                hours = HOURS if provision.kind is Kind.OUTREACH else None
                commissioning.offer(session, consultation, starts_on=starts_on, hours_a_week=hours)
                session.flush()
                tries.append(award_try(number, need, provision, consultation, starts_on))
    return tries


def award_try(number: int, need: Need, provision: Provision, consultation: Consultation, starts_on: date) -> Try:
    """The award of what a consultation has offered."""
    form = {
        "version": str(need.version),
        "consultation_version": str(consultation.version),
        "route": "offer",
        "starts_on": f"{starts_on.day}/{starts_on.month}/{starts_on.year}",
        "reasons": "The nearest that meets the need.",
        "basis": "framework",
    }
    return Try(number, f"/needs/{need.id}/decide/{provision.id}", form, need.id)


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken and open of each provision's vacancies, and how many awards were made."""

    used: dict[int, Decimal]
    open: dict[int, Decimal]
    made: dict[int, int]

    def is_oversold(self, market: Market) -> bool:
        """Whether somewhere more is taken than there is, or by more pupils than there is room for."""
        return any(self.used[at] > self.open[at] or self.made[at] > market.most[at] for at in market.provisions)

    def is_undersold(self, market: Market) -> bool:
        """Whether somewhere there is room for one more."""
        return any(self.made[at] < market.most[at] for at in market.provisions)


def taken(market: Market) -> Taken:
    """How the trial has ended, by provision."""
    with transaction(SYSTEM) as session:
        rows = session.execute(
            select(Provision.id, Vacancy.used, Vacancy.amount)
            .join(Vacancy, Vacancy.pool_id == Provision.pool_id)
            .where(Provision.id.in_(market.provisions))
        ).all()
        made = dict.fromkeys(market.provisions, 0)
        for provision_id in session.scalars(select(Award.provision_id).where(Award.status == "made")):
            made[provision_id] += 1
        return Taken({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}, made)
