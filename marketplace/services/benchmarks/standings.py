"""What each provider is told of its peers: worked out when a survey is made, kept as rows of its own.

A provider's own transaction reads no rival's price, so no page can show one. What is kept rests on five settings of
three other providers, or is not there; it is rounded to whole £100, so that no figure is anybody's price; it is offered
for whole regions and for England alone, and for both only where what lies between them is nothing or discreet itself;
and once shown it stays until the month is over, so that one rival's new price is not seen by comparing two days.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Band,
    Pattern,
    Region,
    SettingType,
    Standing,
    Survey,
    SurveyedPrice,
)
from marketplace.services.benchmarks.corridors import corridor_of
from pricing.corridor import Corridor
from pricing.peers import PeerArea, PublishedPrice, areas_to_show, spread_of

ENGLAND = "England"
ROUNDED = 10_000  # pence: figures shown to a provider are whole £100

Cell = tuple[Band, Pattern]
Key = tuple[int, int, SettingType, Band, Pattern]
PEERS = ("area", "settings", "providers", "lower", "median", "upper")
CORRIDOR = ("low", "middle", "high")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A surveyed price as peers know it, with the type of its setting and the region in which it lies."""

    price: PublishedPrice
    provider_id: int | None
    region_id: int
    setting_type: SettingType


def renew_standings(session: Session, survey: Survey) -> None:
    """Keep the standings of every provider that the survey holds. What was shown this month stays as it was shown."""
    regions = {row.id: row for row in session.scalars(select(Region))}
    by_cell: dict[Cell, list[Surveyed]] = defaultdict(list)
    for each in _surveyed(session, survey):
        by_cell[each.price.band, each.price.pattern].append(each)
    corridor = corridor_of(survey)
    found: dict[Key, dict[str, Any]] = {}
    for cell, rows in by_cell.items():
        for provider_id in sorted({row.provider_id for row in rows if row.provider_id is not None}):
            found |= _standings(provider_id, cell, rows, regions, corridor, survey.on)
    for kept in session.scalars(select(Standing).where(Standing.on >= survey.on.replace(day=1))):
        _stay(found, kept)
    session.execute(delete(Standing))
    if found:
        session.execute(insert(Standing), [found[key] for key in sorted(found)])


def standings_of(session: Session, provider_id: int) -> dict[Key, Standing]:
    """What a provider is told, by provider, region, type of setting, band and pattern."""
    rows = session.scalars(select(Standing).where(Standing.provider_id == provider_id))
    return {_key(row): row for row in rows}


def _surveyed(session: Session, survey: Survey) -> Iterable[Surveyed]:
    rows = session.execute(
        select(SurveyedPrice, Authority.region_id)
        .join(Authority, Authority.id == SurveyedPrice.authority_id)
        .where(SurveyedPrice.survey_id == survey.id)
        .order_by(SurveyedPrice.id)
    )
    for row, region_id in rows:
        price = PublishedPrice(
            setting=str(row.setting_id),
            provider=str(row.provider_id),
            la=str(region_id),  # whole regions are the areas here
            band=row.band,
            pattern=row.pattern,
            amount=row.amount,
        )
        yield Surveyed(price, row.provider_id, region_id, row.setting_type)


def _standings(
    provider_id: int,
    cell: Cell,
    rows: Sequence[Surveyed],
    regions: dict[int, Region],
    corridor: Corridor | None,
    on: date,
) -> dict[Key, dict[str, Any]]:
    """A provider's standings for a band and pattern: for each region and type of setting that it has prices in."""
    own = sorted({(row.region_id, row.setting_type) for row in rows if row.provider_id == provider_id})
    others = [row for row in rows if row.provider_id != provider_id]
    england = PeerArea(ENGLAND, None)
    areas = {at: PeerArea(regions[at].name, {str(at)}) for at in sorted({region_id for region_id, _ in own})}
    shown = areas_to_show([row.price for row in others], list(areas.values()), widest=england)
    found = {}
    for region_id, setting_type in own:
        area = next((each for each in (areas[region_id], england) if each in shown), None)
        key = (provider_id, region_id, setting_type, *cell)
        found[key] = {
            **dict(zip(("provider_id", "region_id", "setting_type", "band", "pattern"), key, strict=True)),
            "on": on,
            **_peers(area, [row.price for row in others]),
            **_bounds(corridor, cell, setting_type, others),
        }
    return found


def _peers(area: PeerArea | None, others: Sequence[PublishedPrice]) -> dict[str, Any]:
    if area is None:
        return dict.fromkeys(PEERS)
    spread = spread_of(price for price in others if area.las is None or price.la in area.las)
    assert spread is not None
    figures = map(_rounded, (spread.lower_quartile, spread.median, spread.upper_quartile))
    return dict(zip(PEERS, (area.name, spread.settings, spread.providers, *figures), strict=True))


def _bounds(
    corridor: Corridor | None, cell: Cell, setting_type: SettingType, others: Sequence[Surveyed]
) -> dict[str, int | None]:
    """The corridor of a type of setting, where enough settings of others fix it: with one, its line is that price."""
    bounds = corridor.at(*cell, setting_type) if corridor else None
    spread = spread_of(row.price for row in others if row.setting_type == setting_type)
    if bounds is None or spread is None or not spread.is_discreet:
        return dict.fromkeys(CORRIDOR)
    figures = map(_rounded, (bounds.low, bounds.median, bounds.high))
    return dict(zip(CORRIDOR, figures, strict=True))


def _stay(found: dict[Key, dict[str, Any]], kept: Standing) -> None:
    """Put what was shown before in the place of what was found now; also where the provider has taken its price back,
    or it could look again by offering it again."""
    names = ("provider_id", "region_id", "setting_type", "band", "pattern", "on", *PEERS, *CORRIDOR)
    before = {name: getattr(kept, name) for name in names}
    fresh = found.setdefault(_key(kept), before)
    for part in (PEERS, CORRIDOR):
        if before[part[0]] is not None:
            fresh |= {name: before[name] for name in ("on", *part)}


def _key(row: Standing) -> Key:
    return row.provider_id, row.region_id, row.setting_type, row.band, row.pattern


def _rounded(pence: int) -> int:
    return (pence + ROUNDED // 2) // ROUNDED * ROUNDED
