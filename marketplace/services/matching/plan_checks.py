"""Whether what a run recommends still holds for a pupil: what has changed since the run read it, in words.

It must never judge whether a change matters, nor write: a person leaves a pupil out, or starts a new run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.db import as_system
from marketplace.models import (
    OPEN_CONSULTATIONS,
    Consultation,
    Need,
    NeedStatus,
    Pool,
    PriceSchedule,
    Provision,
    Recommendation,
    Setting,
)
from marketplace.permissions import Actor
from marketplace.services.consultations import obstacle
from marketplace.services.matching.versions import Versions, read_versions
from marketplace.vocabulary import YEAR_GROUPS

UNKEPT = "its run was done before the marketplace kept what a recommendation rests on"
# What has happened to a need that was published when the run read it.
NEEDS = {
    NeedStatus.PUBLISHED: "the need has been changed since the run",
    NeedStatus.CONSULTING: "a setting has been consulted about the pupil since the run",
    NeedStatus.OFFERED: "a setting has offered a place since the run",
    NeedStatus.PLACED: "the pupil has been placed since the run",
    NeedStatus.WITHDRAWN: "the need has been withdrawn since the run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A recommendation as it stands now. `asked`: the setting is consulted about the pupil already, so there is nothing
    to do; `changes`: what it rests on that holds no longer, each in words."""

    row: Recommendation
    asked: bool
    changes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the setting can be consulted as recommended."""
        return not self.asked and not self.changes

    @property
    def words(self) -> str:
        """Why nobody is consulted; blank where it holds."""
        return "this setting is consulted about the pupil already" if self.asked else "; ".join(self.changes)

    @property
    def named(self) -> str:
        """Which pupil and which setting, and why not."""
        assert self.row.provision is not None
        return f"{self.row.need.reference} ({self.row.provision.setting.name}): {self.words}"


def recommended(session: Session, *, run_id: int, authority_id: int) -> Sequence[Recommendation]:
    """The recommendations of a run to consult somebody about this LA's pupils, in the order of the needs."""
    return session.scalars(
        select(Recommendation)
        .where(
            Recommendation.run_id == run_id,
            Recommendation.authority_id == authority_id,
            Recommendation.provision_id.is_not(None),
        )
        .options(
            joinedload(Recommendation.run),
            joinedload(Recommendation.need).joinedload(Need.authority),
            joinedload(Recommendation.provision).joinedload(Provision.setting).joinedload(Setting.authority),
        )
        .order_by(Recommendation.need_id)
        .execution_options(populate_existing=True)
    ).all()


def hold(session: Session, actor: Actor, rows: Iterable[Recommendation]) -> None:
    """Lock the needs, then the provisions, pools and schedules that these rest on, each by id, until the transaction
    ends: nobody changes one of them, or takes a place, between the look at it and the act."""
    rows = list(rows)
    of = [row.versions for row in rows if row.versions]
    session.execute(
        select(Need.id).where(Need.id.in_({row.need_id for row in rows})).order_by(Need.id).with_for_update()
    )
    with as_system(session, actor):  # a provider's rows, which an LA may read but not lock
        for model, ids in (
            (Provision, {row.provision_id for row in rows}),
            (Pool, {each["pool"] for each in of}),
            (PriceSchedule, {each["schedule"] for each in of} - {None}),
        ):
            session.execute(select(model.id).where(model.id.in_(ids)).order_by(model.id).with_for_update(read=True))


def standings(session: Session, rows: Sequence[Recommendation], *, on: date) -> list[Standing]:
    """How each stands on a day: vacancies are read for the day of the run again, prices for that or, once it is past,
    today. The rows are of one run, as `recommended` gives them."""
    if not rows:
        return []
    day = rows[0].run.on
    now = read_versions(
        session, on=day, priced_on=max(day, on), provision_ids={row.provision_id for row in rows if row.provision_id}
    )
    open_ = select(Consultation.need_id, Consultation.setting_id).where(
        Consultation.need_id.in_({row.need_id for row in rows}), Consultation.status.in_(OPEN_CONSULTATIONS)
    )
    asked = {(need_id, setting_id) for need_id, setting_id in session.execute(open_)}
    return [_standing(row, now, asked) for row in rows]


def _standing(row: Recommendation, now: Versions, asked: set[tuple[int, int]]) -> Standing:
    assert row.provision is not None
    is_asked = (row.need_id, row.provision.setting_id) in asked
    return Standing(row=row, asked=is_asked, changes=() if is_asked else tuple(_changes(row, row.provision, now)))


def _changes(row: Recommendation, provision: Provision, now: Versions) -> Iterable[str]:
    kept, name = row.versions, provision.setting.name
    if kept is None:
        yield UNKEPT
        return
    version, setting_id = now.provisions.get(provision.id, (0, 0))
    low, high = kept["years"]
    free, before = now.free_of(kept["pool"], (low, high)), Decimal(kept["free"])
    if row.need.version != kept["need"]:
        yield NEEDS.get(row.need.status, f"the need is {row.need.status} now")
    if not provision.is_offered:
        yield f"{name} does not offer {provision.name} any more"
    elif version != kept["provision"]:
        yield f"{name} has changed what {provision.name} offers"
    if free != before:
        yield f"{name} had {_number(before)} free in {_years(low, high)}, now {_number(free)}"
    if now.schedules.get(setting_id) != kept["schedule"]:
        yield f"{name} has other prices now"
    if words := obstacle(row.need, provision, ()):
        yield words


def _number(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _years(low: int, high: int) -> str:
    first, last = YEAR_GROUPS[low], YEAR_GROUPS[high]
    return first if low == high else f"{first} to {last[0].lower()}{last[1:]}"
