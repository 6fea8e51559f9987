"""The prices of a request like for like: as published, as asked for, and as proposed last or agreed.

Porous and outreach prices have no comparison, nor has a band for which the tariff states no price: they are listed all
the same, so that a page can say so. It must never write.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import pricing.tariff
from marketplace.models import Band, Provision, Uplift
from marketplace.services.comparisons import compare_prices
from marketplace.services.frameworks import rule
from marketplace.services.schedules import priced
from marketplace.services.tariffs import loaded, tariff_in_force
from marketplace.services.uplift_prices import as_schedule, asked_lines, current_lines
from pricing.comparison import Comparison

Cell = tuple[int, Band]  # a provision and a band: one price


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A price beside that of its band, like for like: as published, as asked for, and as proposed last or agreed. None
    where there is no such price, or nothing to compare it with."""

    provision: Provision
    band: Band
    before: Comparison | None
    asked: Comparison | None
    current: Comparison | None

    @property
    def amounts(self) -> tuple[int | None, int | None, int | None]:
        """The three in pence a year; None also where figures are missing."""
        before, asked, current = (
            each.like_for_like if each else None for each in (self.before, self.asked, self.current)
        )
        return before, asked, current


@dataclass(frozen=True, slots=True)
class Compared:
    """The prices by provision and rising band, and the tariff by which they are compared; without one there are
    none."""

    tariff: pricing.tariff.Tariff | None
    prices: tuple[Moved, ...]


def compare_uplift(session: Session, uplift: Uplift, cells: Collection[Cell], *, on: date) -> Compared:
    """These prices of a request that was sent, by the tariff that holds on a day where the setting lies."""
    row = tariff_in_force(session, authority_id=uplift.setting.authority_id, on=on)
    if row is None:
        return Compared(None, ())
    assert uplift.base is not None
    tariff, framework = loaded(row), rule(row.framework)
    provisions = session.scalars(
        select(Provision).where(Provision.id.in_({each[0] for each in cells})).order_by(Provision.name, Provision.id)
    ).all()
    before, asked, current = (
        compare_prices(prices, provisions, tariff=tariff, framework=framework)
        for prices in (
            priced(uplift.base),
            as_schedule(uplift.base, asked_lines(uplift)),
            as_schedule(uplift.base, current_lines(uplift)),
        )
    )
    prices = [
        Moved(provision=each, band=band, before=before.get(cell), asked=asked.get(cell), current=current.get(cell))
        for each in provisions
        for band in Band
        if (cell := (each.id, band)) in cells
    ]
    return Compared(tariff, tuple(prices))
