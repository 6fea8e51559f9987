"""A partnership of two authorities with a setting each of two providers, and pupils placed there by the dozen, for
tests; and rows of one as it stands. Every name is fictional."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Claim,
    Kind,
    MemberKind,
    MemberStatus,
    NeedStatus,
    OrderStatus,
    OutreachOrder,
    Partnership,
    PartnershipDecision,
    PartnershipMember,
    PartnershipReport,
    Placement,
    PlacementStatus,
    PlanStatus,
    Provider,
    Provision,
    Region,
    Register,
    ReportPart,
    ReportRow,
    Role,
    Setting,
    Term,
    Unit,
)
from marketplace.permissions import Actor
from marketplace.vocabulary import PRIMARY_NEEDS
from tests import builders, commissioning, ordering
from tests.builders import kept
from tests.commissioning import week
from tests.running import _line

ON = date(2027, 2, 1)
AT = datetime(2027, 2, 1, 10, tzinfo=UTC)
YEAR, TERM = 2026, Term.SPRING
STARTED = date(2026, 9, 7)
HOURS = Decimal(5)


@dataclass
class Place:
    """A setting with 40 places, which full and porous placements share, and 60 staff hours a week."""

    setting: Setting
    editor: Actor
    provisions: dict[Kind, Provision] = field(default_factory=dict)


@dataclass
class Group:
    """The partnership, the authorities by name of their part, and the settings; `people` decide for an authority."""

    partnership: Partnership
    region: Region
    las: dict[str, Authority]
    people: dict[str, Actor]
    places: list[Place]


def place(session: Session, la: Authority, name: str, **fields: Any) -> Place:
    """A setting of a provider of its own, or of the `provider` and `editor` that are given."""
    provider: Provider = fields.pop("provider", None) or builders.provider(session)
    editor: Actor | None = fields.pop("editor", None)
    setting = builders.setting(session, la, provider, name=name, **fields)
    open_ = (7, 11, date(2026, 9, 1), "40")
    pool = builders.pool(session, setting, open_)
    staff = builders.pool(session, setting, (7, 11, date(2026, 9, 1), "60"), name="Staff", unit=Unit.HOURS)
    found = {
        Kind.FULL: builders.provision(session, pool),
        Kind.POROUS: builders.provision(session, pool, name="Two days", kind=Kind.POROUS, sessions=4),
        Kind.OUTREACH: builders.provision(session, staff, name="Outreach", kind=Kind.OUTREACH),
    }
    lines = [_line(found[Kind.POROUS], 2_400_000), _line(found[Kind.OUTREACH], 1_200_000)]
    builders.schedule(session, found[Kind.FULL], lines=lines, intensive=4_800_000, profound=6_600_000)
    if editor is None:
        editor = builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR))
    return Place(setting, editor, found)


def group(session: Session, *, agreed: bool = True) -> Group:
    """Authorities "lead" and "other" of one region that take part (with agreed=False the other is only asked), and two
    settings of two providers that do."""
    region = builders.region(session)
    las = {name: builders.authority(session, region) for name in ("lead", "other")}
    people = {
        name: builders.acting(builders.user(session, la, Role.COMMISSIONER, Role.PROCUREMENT))
        for name, la in las.items()
    }
    row = partnership(session, las["lead"])
    other: dict[str, Any] = {} if agreed else {"status": MemberStatus.INVITED, "decided_at": None}
    member(session, row, MemberKind.AUTHORITY, las["other"].id, **other)
    places = [place(session, las["lead"], name) for name in ("Ash House School", "Birch House School")]
    for each in places:
        member(session, row, MemberKind.SETTING, each.setting.provider_id or 0, setting_id=each.setting.id)
    return Group(row, region, las, people, places)


def partnership(session: Session, lead: Authority, **fields: Any) -> Partnership:
    """One that an authority leads, and takes part in."""
    row = kept(session, Partnership(**{"name": "Elm Valley Partnership", "lead": lead, "starts_on": STARTED, **fields}))
    member(session, row, MemberKind.AUTHORITY, lead.id)
    return row


def member(
    session: Session, row: Partnership, kind: MemberKind, organisation_id: int, **fields: Any
) -> PartnershipMember:
    """A member that has agreed."""
    fields = {"status": MemberStatus.AGREED, "decided_at": AT, "starts_on": STARTED, **fields}
    return kept(session, PartnershipMember(partnership=row, kind=kind, organisation_id=organisation_id, **fields))


def school(session: Session, row: Partnership, la: Authority, name: str, urn: int) -> PartnershipMember:
    """A mainstream school of an authority."""
    return member(session, row, MemberKind.SCHOOL, la.id, school=name, urn=urn)


def register(session: Session, member_: PartnershipMember, support: int, plans: int, **fields: Any) -> Register:
    """So many pupils of each column, all of the first primary need, in the spring term of 2026 to 2027."""
    none = [0] * (len(PRIMARY_NEEDS) - 1)
    fields = {"year": YEAR, "term": TERM, "needs": list(PRIMARY_NEEDS), **fields}
    counts = {"support": [support, *none], "plans": [plans, *none]}
    of = {"member_id": member_.id, "organisation_id": member_.organisation_id}
    return kept(session, Register(**{**of, **counts, **fields}))


def decision(session: Session, row: Partnership, **fields: Any) -> PartnershipDecision:
    """A decision without a result yet."""
    words = ("decided", "reasons", "alternatives", "deciders", "expected")
    fields = {**{name: f"The {name} in words." for name in words}, "on": ON, "due_on": date(2027, 7, 1), **fields}
    return kept(session, PartnershipDecision(partnership_id=row.id, **fields))


def report(session: Session, row: Partnership, **fields: Any) -> PartnershipReport:
    """Figures as told, with a row of capacity and one of money."""
    fields = {"year": YEAR, "term": TERM, "on": ON, "counted": ["One"], "absent": [], "settings": [], **fields}
    rows = [
        ReportRow(part=ReportPart.CAPACITY_BY_KIND, number=0, names=["full"], figures={"pupils": 10}),
        ReportRow(part=ReportPart.MONEY_BY_KIND, number=1, names=["full"], figures={"pupils": 10}),
    ]
    return kept(session, PartnershipReport(partnership_id=row.id, rows=rows, **fields))


def placed(
    session: Session, la: Authority, at: Place, kind: Kind, count: int, *, starts_on: date = STARTED, **fields: Any
) -> list[Placement]:
    """So many pupils of an authority who are placed there since September, each with what is taken and charged; of a
    split week, one that moves towards mainstream. `fields`: of the needs, whose references begin with `named`."""
    provision = at.provisions[kind]
    hours = HOURS if kind is Kind.OUTREACH else None
    amount = {Kind.POROUS: Decimal("0.4"), Kind.OUTREACH: HOURS}.get(kind, Decimal(1))
    found = []
    named = fields.pop("named", None)
    for number in range(count):
        about = {"published_at": datetime(2026, 6, 1, 9, tzinfo=UTC), **fields}
        if named is not None:
            about["reference"] = f"{named}-{number}"
        need = builders.need(session, la, status=NeedStatus.PLACED, **about)
        award = commissioning.award(session, need, provision, starts_on=starts_on, hours_a_week=hours)
        commissioning.claim(session, provision.pool.vacancies[0], award, amount=amount)
        row = commissioning.placement(session, award, status=PlacementStatus.STARTED, starts_on=starts_on)
        if kind is Kind.POROUS:
            for version, special in enumerate((4, 2), start=1):
                day = starts_on + timedelta(weeks=4 * version - 4)
                said = {"week": week(special), "starts_on": day, "review_on": day}
                commissioning.plan(session, row, number=version, status=PlanStatus.APPROVED, **said)
        found.append(row)
    session.flush()
    return found


def ordered(session: Session, la: Authority, at: Place, pupils: int) -> OutreachOrder:
    """Outreach of five hours a week for so many pupils of a school, with what it takes."""
    provision = at.provisions[Kind.OUTREACH]
    row = ordering.order(
        session, provision, la, status=OrderStatus.RUNNING, pupils_with=0, pupils_without=pupils,
        purpose="Of the whole school.", hours_a_week=HOURS, starts_on=STARTED,
    )  # fmt: skip
    vacancy = provision.pool.vacancies[0]
    vacancy.used += HOURS
    of = {"pool_id": vacancy.pool_id, "vacancy_id": vacancy.id, "authority_id": la.id, "order_id": row.id}
    kept(session, Claim(amount=HOURS, **of))
    return row
