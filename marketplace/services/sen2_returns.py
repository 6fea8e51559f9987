"""The SEN2 return: how many rows an LA has for the DfE's census of EHCPs, what is missing, and the files.

Whoever takes the files opens who every pupil is: as one by one, that is recorded for each of them. It must never tell
who a pupil is without that record, nor be taken by anybody but those of the LA who may open it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.errors import Conflict
from marketplace.models import Authority, Footing, Need, NeedStatus
from marketplace.permissions import Actor, can_return_cases, require
from marketplace.services.identities import OPENED
from marketplace.services.sen2_cases import LEFT_OUT, cases_of, census_day
from marketplace.services.sen2_file import return_zip
from marketplace.services.sen2_gaps import Gap, gaps
from marketplace.services.sen2_items import MODULES, Module
from marketplace.services.sen2_rows import Return

TAKEN = "SEN2 return taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What would be returned, without anything of who the pupils are. `left_out` are the LA's needs that are not in it:
    by why, in words."""

    year: int
    day: date
    cases: int
    rows: Sequence[tuple[Module, int]]
    gaps: Sequence[Gap]
    left_out: Mapping[str, int]


def overview(session: Session, actor: Actor, *, year: int, on: date, at: datetime) -> Overview:
    """The counts of a collection year, and what can still be put right. Raises NotPermitted."""
    require(can_return_cases(actor), "see what is returned")
    authority = session.get_one(Authority, actor.organisation_id)
    day = census_day(year)
    found = Return(authority=authority, day=day, at=at, cases=cases_of(session, authority, day=day))
    return Overview(
        year=year,
        day=day,
        cases=len(found.cases),
        rows=[(module, sum(1 for _ in module.rows(found))) for module in MODULES[1:]],
        gaps=gaps(found.cases, day=day, on=on),
        left_out=_left_out(session, authority),
    )


def take_return(session: Session, actor: Actor, *, year: int, on: date, at: datetime) -> tuple[str, bytes]:
    """The name and the content of the zip; that it was taken is recorded, with each pupil who is named in it. Raises
    NotPermitted, and Conflict where there is nothing to return."""
    require(can_return_cases(actor), "take the SEN2 return")
    authority = session.get_one(Authority, actor.organisation_id)
    day = census_day(year)
    cases = cases_of(session, authority, day=day, is_opened=True)
    if not cases:
        raise Conflict("There is nothing to return: no pupil with an EHCP has a published need here.")
    named = [case.need for case in cases if case.identity]
    audit.record_readings(session, actor, OPENED, named, sen2_return=year)
    audit.record_reading(session, actor, TAKEN, authority, year=year, cases=len(cases), named=len(named))
    found = Return(authority=authority, day=day, at=at, cases=cases)
    return f"sen2-{authority.code}-{year}.zip", return_zip(found, gaps(cases, day=day, on=on))


def _left_out(session: Session, authority: Authority) -> dict[str, int]:
    """Needs by why they are no case of the return; those without any are left away."""
    mine = Need.authority_id == authority.id
    counts = {
        "still a draft": (Need.status == NeedStatus.DRAFT,),
        "withdrawn": (Need.status == NeedStatus.WITHDRAWN,),
        "without an EHCP": (Need.status.not_in(LEFT_OUT), Need.footing != Footing.EHCP),
    }
    found = {why: session.scalar(select(func.count(Need.id)).where(mine, *are)) or 0 for why, are in counts.items()}
    return {why: count for why, count in found.items() if count}
