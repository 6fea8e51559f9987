"""What a recommendation rests on: need, provision, vacancies and prices, as they were when its run read them.

They are read before the market is, never after: what changes in between is then taken for a change since, and not
overlooked. It must never judge whether a change matters: a person does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

import optimiser
from marketplace.models import PriceSchedule, Provision
from marketplace.services.matching.offers import Years, free_by_years
from marketplace.services.schedules import in_force

NOTHING = Decimal(0)


class Basis(TypedDict):
    """What one recommendation rests on, as it is kept with it: versions of the need and the provision; of its pool, for
    the vacancy group of years that it draws on, what was free; the setting's schedule whose prices held."""

    need: int
    provision: int
    pool: int
    years: list[int]
    free: str
    schedule: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The market of a day in versions. By the id of a provision its version and its setting; by that of a pool what is
    free by years; by that of a setting the schedule in force."""

    provisions: Mapping[int, tuple[int, int]]
    free: Mapping[int, Mapping[Years, Decimal]]
    schedules: Mapping[int, int]

    def free_of(self, pool_id: int, years: Years) -> Decimal:
        """What the vacancy group of these years has free; 0 where there is none."""
        return self.free.get(pool_id, {}).get(years, NOTHING)

    def basis(self, need_version: int, row: optimiser.Provision) -> Basis:
        """What a recommendation of this row of the problem rests on."""
        provision_id, years = _named(row.provision)
        pool_id, _ = _named(row.pool)
        # 0: it came in between, and is held for changed
        version, setting_id = self.provisions.get(provision_id, (0, 0))
        return Basis(
            need=need_version,
            provision=version,
            pool=pool_id,
            years=list(years),
            free=str(self.free_of(pool_id, years)),
            schedule=self.schedules.get(setting_id),
        )


def read_versions(
    session: Session, *, on: date, priced_on: date | None = None, provision_ids: Iterable[int] | None = None
) -> Versions:
    """The market as it stands: vacancies of a day, and the prices of that or another; of all provisions, or these."""
    wanted = () if provision_ids is None else (Provision.id.in_(list(provision_ids)),)
    rows = session.execute(select(Provision.id, Provision.version, Provision.setting_id).where(*wanted)).all()
    schedules = session.execute(
        select(PriceSchedule.setting_id, PriceSchedule.id).where(
            PriceSchedule.setting_id.in_({row.setting_id for row in rows}), *in_force(priced_on or on)
        )
    )
    return Versions(
        provisions={row.id: (row.version, row.setting_id) for row in rows},
        free=free_by_years(session, on=on),
        schedules={row.setting_id: row.id for row in schedules},
    )


def _named(row_id: str) -> tuple[int, Years]:
    """The database's id and the years of a row of the problem: 12 and 7 to 11 of "12.7-11" or "12.7-11.profound"."""
    first, years = row_id.split(".")[:2]
    low, _, high = years.rpartition("-")
    return int(first), (int(low), int(high))
