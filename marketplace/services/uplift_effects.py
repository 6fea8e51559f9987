"""What placements cost in pence a year: now, as asked, as proposed now or agreed, and by the blended index.

The same arithmetic for every grouping, so that the sums by LA, by band and over all are one. It must never write.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Authority, Band, Uplift
from marketplace.services.schedule_drafts import LineFields
from marketplace.services.schedules import priced
from marketplace.services.uplift_prices import as_schedule, asked_lines, current_lines
from pricing.indices import Index, blended
from pricing.uplift import Assessment, RunningPlacement, UpliftRequest, assess, change_of

Key = tuple[int | Band, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """Placements of one LA at a provision in a band."""

    authority_id: int
    provision_id: int
    band: Band
    placements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The sums of some placements; None where they may not be shown, `by_index` also where there is no blend. `others`
    counts the LAs that stand together in one row."""

    key: Key
    placements: int | None
    now: int | None
    asked: int | None
    current: int | None
    by_index: int | None
    others: int = 0

    @property
    def change(self) -> Decimal | None:
        """What is asked for, in per cent of what is paid now; None where nothing is paid or may be shown."""
        return None if self.now is None or self.asked is None else change_of(self.now, self.asked)

    def withheld(self) -> "Effect":
        """The row without its figures."""
        return replace(self, placements=None, now=None, asked=None, current=None, by_index=None)


def effects(
    uplift: Uplift, rows: Sequence[Affected], indices: Sequence[Index], key: Callable[[Affected], Key]
) -> tuple[Effect, ...]:
    """The sums by a key, in the order in which the keys first come. What the schedule asked for does not price stays at
    its fee; an LA that has no placement left stands there with nothing."""
    keys = list(dict.fromkeys(map(key, rows)))
    running = list(_running(uplift, rows, lambda row: keys.index(key(row))))
    asked, current = (
        {int(each.la): each for each in _assessed(uplift, lines, running, indices).las}
        for lines in (asked_lines(uplift), current_lines(uplift))
    )
    is_blended = blended(indices, uplift.shares, uplift.starts_on) is not None
    return tuple(
        Effect(
            key=each,
            placements=asked[place].placements,
            now=asked[place].now,
            asked=asked[place].asked,
            current=current[place].asked,
            by_index=asked[place].by_index,
        )
        if place in asked
        else Effect(key=each, placements=0, now=0, asked=0, current=0, by_index=0 if is_blended else None)
        for place, each in enumerate(keys)
    )


def _running(uplift: Uplift, rows: Iterable[Affected], place: Callable[[Affected], int]) -> Iterator[RunningPlacement]:
    """Each placement by itself, at its published fee, as `pricing` assesses them; grouped by a place in a list."""
    assert uplift.base is not None
    prices = priced(uplift.base)
    for row in rows:
        price = prices.price(str(row.provision_id), row.band)
        assert price is not None  # held when the request was sent; the schedule never changes
        for number in range(row.placements):
            yield RunningPlacement(
                placement=f"{row.authority_id}-{row.provision_id}-{row.band}-{number}",
                la=f"{place(row):06}",
                provision=price.provision,
                band=row.band,
                fee=price.annual_fee,
            )


def _assessed(
    uplift: Uplift, lines: Sequence[LineFields], running: Sequence[RunningPlacement], indices: Sequence[Index]
) -> Assessment:
    assert uplift.base is not None
    request = UpliftRequest(
        provider=str(uplift.provider_id),
        starts_on=uplift.starts_on,
        shares=uplift.shares,
        schedule=as_schedule(uplift.base, lines),
    )
    return assess(request, placements=running, indices=indices)


def total(parts: Sequence[Effect]) -> Effect:
    """The sum of rows none of which is withheld."""

    def summed(name: str) -> int | None:
        values = [getattr(part, name) for part in parts]
        return None if None in values else sum(values)

    return Effect(
        key=(),
        placements=summed("placements"),
        now=summed("now"),
        asked=summed("asked"),
        current=summed("current"),
        by_index=summed("by_index"),
    )


def missing(uplift: Uplift, rows: Iterable[Affected]) -> tuple[tuple[int, Band], ...]:
    """What somebody has a placement in and the schedule asked for does not price, in the order of the rows."""
    priced_then = {(line["provision_id"], line["band"]) for line in asked_lines(uplift)}
    cells = dict.fromkeys((row.provision_id, row.band) for row in rows)
    return tuple(cell for cell in cells if cell not in priced_then)


def default_link(session: Session, rows: Sequence[Affected]) -> int:
    """The LA with most placements; of several the one whose code comes first."""
    ids = {row.authority_id for row in rows}
    codes = {row.id: row.code for row in session.scalars(select(Authority).where(Authority.id.in_(ids)))}
    placements = {each: sum(row.placements for row in rows if row.authority_id == each) for each in ids}
    return min(ids, key=lambda each: (-placements[each], codes[each]))
