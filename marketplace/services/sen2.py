"""What an LA's return to the Department for Education's SEN2 collection takes from here: a row a pupil and module, by
the names of the collection's own items (DfE, SEN2 guide 2025, items 1.1 to 5.7).

The marketplace is no case system: an item that it does not hold, or holds in another sense, is left empty, and told as
such. A pupil is one with a plan whose need was published; the year is the calendar year before the census. It must
never open who a pupil is without a record.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.models import CaseDates, Footing, Identity, Kind, Need, NeedStatus, Placement
from marketplace.permissions import Actor, can_open_identity, require
from marketplace.services.archives import zip_of
from marketplace.services.identities import OPENED
from optimiser.cells import neutralised

KEY = "Reference"  # the LA's own, by which the modules belong together; no item of the collection
MODULES: Mapping[str, tuple[str, ...]] = {
    "1 person": (
        *("Name", "PersonBirthDate", "Sex", "Ethnicity", "PostCode", "UPN", "UniqueLearnerNumber", "UPNunknown"),
    ),
    "2 requests": (
        *("ReceivedDate", "RequestSource", "RYA", "RequestOutcomeDate", "RequestOutcome", "RequestMediation"),
        *("RequestTribunal", "Exported"),
    ),
    "3 assessment": (
        *("AssessmentOutcome", "AssessmentOutcomeDate", "AssessmentMediation", "AssessmentTribunal"),
        *("OtherMediation", "OtherTribunal", "Week20"),
    ),
    "4 named plan": (
        *("StartDate", "URN", "SENSetting", "PlacementRank", "PlanRes", "PlanWBP", "PB", "OA", "DP"),
        *("CeaseDate", "CeaseReason"),
    ),
    "5 active plans": (
        *("TransferLA", "LastReview", "URN", "SENSetting", "PlacementRank", "EntryDate", "LeavingDate"),
        *("AttendancePattern", "SENUnitIndicator", "ResourcedProvisionIndicator", "SENtype", "SENtypeRank"),
    ),
}
HELD = frozenset(
    {
        *("Name", "PersonBirthDate", "Sex", "UPN", "ReceivedDate", "AssessmentOutcome", "AssessmentOutcomeDate"),
        *("StartDate", "URN", "PlacementRank", "LastReview", "EntryDate", "LeavingDate", "SENtype", "SENtypeRank"),
    }
)
# Why an item is filled only in part, or in another way than its name says.
NOTES: Mapping[str, str] = {
    "Name": "One text here; the collection asks for Surname and Forename.",
    "ReceivedDate": "Where the request's date is stated with the case, and falls in the year.",
    "AssessmentOutcome": "Y where a plan was issued after a request that is stated; no other outcome is held.",
    "AssessmentOutcomeDate": "The day on which the plan was issued.",
    "StartDate": "Where the plan was issued after a request that is stated; else the date here may be of an amendment.",
    "LastReview": "The day of the decision after the last annual review.",
    "PlacementRank": "1 is the school on whose roll the pupil is.",
    "SENtype": "The primary need.",
}
STATED = "stated"  # what stands for what is not opened, since it is only counted
Row = dict[str, str]
People = Mapping[int, Row]  # who the pupils of needs are, as far as it is stated


@dataclass(frozen=True, slots=True)
class Item:
    """In how many rows of its module an item is filled that is held here."""

    name: str
    filled: int
    note: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module's rows, its items that are held here, and the names of those that are not."""

    rows: int
    items: Sequence[Item]
    unheld: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a return would hold, before anything is opened: pupils, and each module by its name."""

    year: int
    pupils: int
    modules: Mapping[str, Module]


def coverage(session: Session, actor: Actor, *, year: int) -> Coverage:
    """What the actor's LA's return of a calendar year would hold; nobody's identity is opened."""
    require(can_open_identity(actor), "look at the SEN2 return")
    needs = _needs(session, actor)
    stated = select(Identity.need_id, Identity.sealed_upn.is_not(None)).where(
        Identity.need_id.in_([row.id for row in needs])
    )
    people = {
        need_id: {"Name": STATED, "PersonBirthDate": STATED, "UPN": STATED if has_upn else ""}
        for need_id, has_upn in session.execute(stated)
    }
    modules = _modules(session, needs, people, year)
    return Coverage(
        year=year,
        pupils=len(needs),
        modules={name: _covered(items, modules[name]) for name, items in MODULES.items()},
    )


def return_files(session: Session, actor: Actor, *, year: int) -> bytes:
    """The return as a zip, a CSV a module. Each identity that is in it was opened, and that is recorded."""
    require(can_open_identity(actor), "take the SEN2 return")
    needs = _needs(session, actor)
    by_need = {row.id: row for row in needs}
    people: dict[int, Row] = {}
    for row in session.scalars(select(Identity).where(Identity.need_id.in_(by_need)).order_by(Identity.need_id)):
        audit.record_reading(session, actor, OPENED, by_need[row.need_id], need_id=row.need_id)
        people[row.need_id] = {
            "Name": row.name,
            "PersonBirthDate": row.birth_date.isoformat(),
            "UPN": row.upn or "",
        }
    modules = _modules(session, needs, people, year)
    return zip_of((f"module {name}.csv", _csv((KEY, *items), modules[name])) for name, items in MODULES.items())


def _needs(session: Session, actor: Actor) -> Sequence[Need]:
    """The pupils of the actor's LA who have a plan, by reference."""
    query = select(Need).where(
        Need.authority_id == actor.organisation_id,
        Need.footing == Footing.EHCP,
        Need.status.not_in((NeedStatus.DRAFT, NeedStatus.WITHDRAWN)),
    )
    return session.scalars(query.order_by(Need.reference, Need.id)).all()


def _modules(session: Session, needs: Sequence[Need], people: People, year: int) -> dict[str, list[Row]]:
    ids = [row.id for row in needs]
    dates = {row.need_id: row for row in session.scalars(select(CaseDates).where(CaseDates.need_id.in_(ids)))}
    begun, over = date(year, 1, 1), date(year, 12, 31)
    in_year = and_(Placement.starts_on <= over, or_(Placement.ends_on.is_(None), Placement.ends_on >= begun))
    # Outreach is no placement: the pupil attends the school that has the roll.
    running = select(Placement).where(Placement.need_id.in_(ids), in_year).options(joinedload(Placement.setting))
    placements: dict[int, list[Placement]] = {}
    for placement in session.scalars(running.order_by(Placement.starts_on, Placement.id)):
        if placement.provision.kind is not Kind.OUTREACH:
            placements.setdefault(placement.need_id, []).append(placement)
    found: dict[str, list[Row]] = {name: [] for name in MODULES}
    for need in needs:
        of_case, of_need = dates.get(need.id), placements.get(need.id, [])
        rows = (
            [{"Sex": need.sex or "", **people.get(need.id, {})}],
            _requests(of_case, year),
            _assessments(of_case, year),
            _plans(of_case, of_need, over),
            _active(need, of_case, of_need),
        )
        for name, each in zip(MODULES, rows, strict=True):
            found[name] += [{KEY: need.reference, **row} for row in each]
    return found


def _requests(case: CaseDates | None, year: int) -> list[Row]:
    if case is None or case.requested_on is None or case.requested_on.year != year:
        return []
    return [{"ReceivedDate": case.requested_on.isoformat()}]


def _assessments(case: CaseDates | None, year: int) -> list[Row]:
    issued = _first_issued(case)
    if issued is None or issued.year != year:
        return []
    return [{"AssessmentOutcome": "Y", "AssessmentOutcomeDate": issued.isoformat()}]


def _plans(case: CaseDates | None, placements: Sequence[Placement], on: date) -> list[Row]:
    """The plan, with the school that it names: that of the placement which holds on the day and has the roll."""
    issued = _first_issued(case)
    row = {"StartDate": issued.isoformat() if issued else ""}
    holding = [each for each in placements if each.starts_on <= on and (each.ends_on is None or each.ends_on > on)]
    main = next((each for each in reversed(holding) if _has_roll(each)), None)
    if main is not None:
        row |= {"URN": str(main.setting.urn), "PlacementRank": "1"}
    return [row]


def _active(need: Need, case: CaseDates | None, placements: Sequence[Placement]) -> list[Row]:
    """A row for each placement of the year, or one without any."""
    of_all = {
        "LastReview": case.review_decided_on.isoformat() if case and case.review_decided_on else "",
        "SENtype": need.primary_need or "",
        "SENtypeRank": "1" if need.primary_need else "",
    }
    return [
        {
            **of_all,
            "URN": str(each.setting.urn),
            "PlacementRank": "1" if _has_roll(each) else "2",
            "EntryDate": each.starts_on.isoformat(),
            "LeavingDate": each.ends_on.isoformat() if each.ends_on else "",
        }
        for each in placements
    ] or [of_all]


def _has_roll(placement: Placement) -> bool:
    return placement.provision.kind is Kind.FULL or placement.is_on_roll


def _first_issued(case: CaseDates | None) -> date | None:
    """When the plan was issued, where it can only be the first: after a request, and before any review."""
    if case is None or case.requested_on is None or case.plan_issued_on is None or case.review_held_on is not None:
        return None
    return case.plan_issued_on if case.plan_issued_on >= case.requested_on else None


def _covered(items: Sequence[str], rows: Sequence[Row]) -> Module:
    held = [name for name in items if name in HELD]
    return Module(
        rows=len(rows),
        items=[Item(name, sum(bool(row.get(name)) for row in rows), NOTES.get(name, "")) for name in held],
        unheld=[name for name in items if name not in HELD],
    )


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([neutralised(row.get(column, "")) for column in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")
