"""An LA with cases of every sort for the SEN2 census of 21 January 2027, and the people who may take its return or not.
Every name is fictional."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Band,
    Footing,
    Kind,
    Need,
    NeedStatus,
    Part,
    Pattern,
    PlacementStatus,
    PlanStatus,
    PriceLine,
    ReviewOutcome,
    Role,
    SettingType,
    Transfer,
    Unit,
    User,
)
from tests import builders, commissioning

YEAR, DAY, ON = 2027, date(2027, 1, 21), date(2027, 2, 1)
UPN, OTHER_UPN = "B801200005001", "K801200005002"


@dataclass
class Returning:
    """The LA, its needs by reference, the URN of its setting, and who is who."""

    la: Authority
    urn: int
    setting: str
    needs: dict[str, Need] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)


def returning(session: Session, **week: Any) -> Returning:
    """A-1 boards, has everything stated, moves to post-16; B-2 has a split week with the mainstream school's roll; C-3
    has outreach; D-4 is under assessment; E-5 has nothing stated. A draft, a withdrawn need and one without an EHCP are
    left out; so is the neighbour's. `week` changes B-2's plan, which is approved."""
    la = builders.authority(session, name="Norbury", code="330")
    provider = builders.provider(session)
    setting = builders.setting(session, la, provider, name="Ash Grove School", type=SettingType.NMSS)
    pool = builders.pool(session, setting)
    staff = builders.pool(session, setting, name="Staff", unit=Unit.HOURS)
    weekly = builders.provision(session, pool, name="Boarding", pattern=Pattern.WEEKLY)
    porous = builders.provision(session, pool, name="Two days", kind=Kind.POROUS, sessions=4)
    outreach = builders.provision(session, staff, name="Outreach", kind=Kind.OUTREACH)
    lines = [
        PriceLine(
            provision_id=row.id, band=Band.INTENSIVE, part=Part.CORE, weeks=38, amount=2_400_000,
            hours_a_week=Decimal(5) if row is outreach else None,
        )
        for row in (porous, outreach)
    ]  # fmt: skip
    builders.schedule(session, weekly, lines=lines)
    found = Returning(la, setting.urn, setting.name)
    framework = builders.framework(session)

    def need(reference: str, **fields: Any) -> Need:
        found.needs[reference] = builders.need(session, la, framework, reference=reference, **fields)
        return found.needs[reference]

    def place(need_: Need, provision: Any, **fields: Any) -> Any:
        hours = {"hours_a_week": Decimal(5)} if provision is outreach else {}
        award = commissioning.award(session, need_, provision, **hours)
        return commissioning.placement(session, award, **fields)

    boards = need("A-1", status=NeedStatus.PLACED, sex="F", secondary_needs=["SLCN"])
    commissioning.identity(session, boards, name="Robin Canary", birth_date=date(2014, 2, 3), upn=UPN)
    commissioning.case_dates(
        session, boards, requested_on=date(2024, 1, 8), draft_sent_on=None, plan_issued_on=date(2026, 12, 4),
        transfer=Transfer.POST_16, transfer_year=2027, review_held_on=date(2026, 10, 5),
        review_decided_on=date(2026, 10, 20), review_outcome=ReviewOutcome.AMEND,
    )  # fmt: skip
    place(boards, weekly, ends_on=date(2027, 7, 23))
    splits = need("B-2", status=NeedStatus.PLACED, sex="M", secondary_needs=["SLCN", "SEMH"])
    commissioning.identity(session, splits, name="=Kim Canary", birth_date=date(2015, 5, 6), upn=OTHER_UPN)
    split = place(splits, porous, status=PlacementStatus.AGREED)
    commissioning.plan(session, split, **{"status": PlanStatus.APPROVED, "school_urn": 100_777, **week})
    helped = need("C-3", status=NeedStatus.PLACED, sex="M")
    commissioning.identity(session, helped, name="Lee Canary", upn=None)
    place(helped, outreach)
    commissioning.case_dates(
        session, need("D-4", sex="F"), requested_on=date(2026, 11, 2), draft_sent_on=None, transfer=None,
        transfer_year=None,
    )  # fmt: skip
    need("E-5")
    need("F-6", status=NeedStatus.DRAFT, published_at=None)
    need("G-7", status=NeedStatus.WITHDRAWN)
    out = {"footing": Footing.EXCLUDED, "last_education_on": date(2027, 1, 4), "roll_school": "Larch High School"}
    need("H-8", **out)
    neighbour = builders.authority(session, la.region, name="Sudbury")
    theirs = builders.need(session, neighbour, framework, reference="Z-9")
    commissioning.identity(session, theirs, name="CanaryTheirs")
    for role in (Role.COMMISSIONER, Role.APPROVER, Role.PROCUREMENT, Role.ADMINISTRATOR):
        found.people[role] = builders.user(session, la, role)
    found.people["neighbour"] = builders.user(session, neighbour, Role.COMMISSIONER)
    found.people["region"] = builders.user(session, la.region, Role.PROCUREMENT)
    found.people["editor"] = builders.user(session, provider, Role.PROVIDER_EDITOR)
    return found
