"""A placement that runs, and the people on both sides of it, for tests of what happens to it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Band,
    ConsultationStatus,
    Kind,
    Need,
    NeedStatus,
    Part,
    Pattern,
    Placement,
    PriceLine,
    Provider,
    Provision,
    Role,
    Setting,
    SettingType,
    Unit,
)
from marketplace.permissions import Actor
from marketplace.services import placements
from tests import builders, commissioning
from tests.commissioning import STARTS_ON

ON = date(2026, 11, 30)
INTENSIVE, PROFOUND, WEEKLY, POROUS, OUTREACH = 4_800_000, 6_600_000, 7_200_000, 2_400_000, 1_200_000


@dataclass
class Running:
    """A placement that was agreed on 30 November 2026, to start on 4 January 2027, where there is room for all."""

    la: Authority
    provider: Provider
    setting: Setting
    need: Need
    placement: Placement
    provisions: dict[str, Provision]
    commissioner: Actor
    editor: Actor

    def of(self, on: date) -> dict[str, Any]:
        """What every step is told: which placement, as it is now, and when."""
        return {
            "placement_id": self.placement.id,
            "version": self.placement.version,
            "on": on,
            "at": datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
        }

    def terms(self, **changes: Any) -> dict[str, Any]:
        """What a variation asks for: what holds, but for the changes."""
        row = self.placement
        of = {name: getattr(row, name) for name in ("provision_id", "band", "sessions", "hours_a_week")}
        return {**of, "reason": "As the panel agreed.", **changes}


def running(session: Session, *, kind: str = "day", places: str = "40", **fields: Any) -> Running:
    """Begin a placement of a provision: day, weekly, porous or outreach."""
    la, provider = builders.authority(session), builders.provider(session)
    setting = builders.setting(session, la, provider, type=fields.pop("type", SettingType.SECTION41))
    open_ = (7, 11, date(2026, 9, 1), places)
    pool, boarding = builders.pool(session, setting, open_), builders.pool(session, setting, open_, name="Beds")
    staff = builders.pool(session, setting, open_, name="Staff", unit=Unit.HOURS)
    provisions = {
        "day": builders.provision(session, pool),
        "weekly": builders.provision(session, boarding, name="Boarding", pattern=Pattern.WEEKLY),
        "porous": builders.provision(session, pool, name="Two days", kind=Kind.POROUS, sessions=4),
        "outreach": builders.provision(session, staff, name="Outreach", kind=Kind.OUTREACH),
    }
    fees = {"weekly": WEEKLY, "porous": POROUS, "outreach": OUTREACH}
    lines = [_line(provisions[name], fee) for name, fee in fees.items()]
    builders.schedule(session, provisions["day"], lines=lines, intensive=INTENSIVE, profound=PROFOUND)
    need = builders.need(session, la, status=NeedStatus.PLACED)
    chosen = provisions[kind]
    consultation = commissioning.consultation(session, need, chosen, status=ConsultationStatus.AWARDED)
    hours = Decimal(5) if kind == "outreach" else None
    fields = {"starts_on": STARTS_ON, "hours_a_week": hours, **fields}
    award = commissioning.award(session, need, chosen, consultation, **fields)
    amount = {"porous": Decimal("0.4"), "outreach": Decimal(5)}.get(kind, Decimal(1))
    commissioning.claim(session, chosen.pool.vacancies[0], award, amount=amount)
    commissioner = builders.acting(builders.user(session, la, Role.COMMISSIONER))
    at = datetime(ON.year, ON.month, ON.day, 12, tzinfo=UTC)
    return Running(
        la=la,
        provider=provider,
        setting=setting,
        need=need,
        placement=placements.begin(session, commissioner, award=award, agreement={}, on=ON, at=at),
        provisions=provisions,
        commissioner=commissioner,
        editor=builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR)),
    )


def _line(provision: Provision, amount: int) -> PriceLine:
    hours = Decimal(5) if provision.kind is Kind.OUTREACH else None
    return PriceLine(
        provision_id=provision.id, band=Band.INTENSIVE, part=Part.CORE, weeks=38, amount=amount, hours_a_week=hours
    )
