"""Where the prices of a request lie among those of others, before and after: in the corridor, and among their peers.

It asks in the reader's own transaction and never in one of the system's: those who buy read the survey there; a
provider finds no row of it, only what it is told of its peers, so that a request shows it no more than "Where you
stand" does. A percentage typed into a request can be tried out by anybody who knows the figures that are told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

import pricing.tariff
from marketplace.models import OrganisationKind, Standing, Survey, Uplift
from marketplace.permissions import Actor
from marketplace.services.benchmarks.corridors import corridor_of
from marketplace.services.benchmarks.places import Market, market_of
from marketplace.services.benchmarks.standings import PEERS, standings_of
from marketplace.services.benchmarks.survey import latest_survey
from marketplace.services.benchmarks.told import Quarter, bounds_told, key_of, quarter_of
from marketplace.services.uplift_assessment import affected
from marketplace.services.uplift_comparisons import Compared, Moved, compare_uplift
from pricing.corridor import Bounds, Corridor, Stretch
from pricing.peers import Peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where one amount of a price lies, like for like in pence a year: in the corridor, and among its peers: for those
    who buy how many settings are cheaper, for the provider in which quarter. None where there are no such figures."""

    amount: int
    stretch: Stretch | None
    cheaper: int | None = None
    quarter: Quarter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The peers of a price, in pence a year. `widened` names the narrower areas with too few; `on` is the day of what
    a provider is told, which stays for the month."""

    area: str
    settings: int
    providers: int
    lower: int
    median: int
    upper: int
    widened: tuple[str, ...] = ()
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A price of the request with the corridor and the peers that its reader may know of, and its spots: as published,
    as asked for, and as proposed last or agreed. `is_told` is false where a provider is told nothing of it yet."""

    moved: Moved
    bounds: Bounds | None
    peers: Neighbours | None
    is_told: bool
    before: Spot | None
    asked: Spot | None
    current: Spot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """The places of a request's prices. They are compared by the tariff that held when the published prices started,
    as the survey compares prices; None = none did. `survey` and `corridor` are for those who buy."""

    tariff: pricing.tariff.Tariff | None
    prices: tuple[Placed, ...]
    survey: Survey | None = None
    corridor: Corridor | None = None


def place_prices(session: Session, actor: Actor, uplift: Uplift) -> Placing:
    """The places of those prices of a request that was sent of which the actor of this transaction may see the
    placements, by provision and rising band; for those who buy none before the first survey."""
    assert uplift.base is not None
    cells = {(row.provision_id, row.band) for row in affected(session, uplift.setting_id, on=uplift.starts_on)}
    compared = compare_uplift(session, uplift, cells, on=uplift.base.starts_on)
    if actor.kind is OrganisationKind.PROVIDER:
        standings = standings_of(session, actor.organisation_id or 0)
        told = (
            _told(each, standings.get(key_of(uplift.setting, each.band, each.provision.pattern)))
            for each in _comparable(compared)
        )
        return Placing(tariff=compared.tariff, prices=tuple(told))
    survey = latest_survey(session)
    if survey is None:
        return Placing(tariff=compared.tariff, prices=())
    prices = list(_comparable(compared))
    market = market_of(session, survey, uplift.setting, {(each.band, each.provision.pattern) for each in prices})
    return Placing(
        tariff=compared.tariff,
        prices=tuple(_surveyed(each, market) for each in prices),
        survey=survey,
        corridor=corridor_of(survey),
    )


def _comparable(compared: Compared) -> Iterator[Moved]:
    """The prices of which at least one amount has all figures."""
    return (each for each in compared.prices if any(amount is not None for amount in each.amounts))


def _surveyed(moved: Moved, market: Market) -> Placed:
    """A price among those of the survey, for those who buy."""
    cell = (moved.band, moved.provision.pattern)
    bounds = market.bounds(cell)
    peers = {amount: market.peers(cell, amount) for amount in moved.amounts if amount is not None}
    figures = next(iter(peers.values()))  # alike for each amount, but for how many are cheaper

    def spot(amount: int) -> Spot:
        found = peers[amount]
        return Spot(
            amount=amount,
            stretch=bounds.stretch(amount) if bounds else None,
            cheaper=found.cheaper if found else None,
        )

    return _placed(moved, spot, bounds=bounds, peers=_neighbours(figures) if figures else None)


def _neighbours(peers: Peers) -> Neighbours:
    return Neighbours(
        area=peers.area,
        settings=peers.settings,
        providers=peers.providers,
        lower=peers.lower_quartile,
        median=peers.median,
        upper=peers.upper_quartile,
        widened=peers.widened,
    )


def _told(moved: Moved, standing: Standing | None) -> Placed:
    """A price among the figures that its provider is told."""
    bounds = bounds_told(standing)

    def spot(amount: int) -> Spot:
        return Spot(
            amount=amount,
            stretch=bounds.stretch(amount) if bounds else None,
            quarter=quarter_of(standing, amount),
        )

    return _placed(moved, spot, bounds=bounds, peers=_neighbours_told(standing), is_told=standing is not None)


def _neighbours_told(standing: Standing | None) -> Neighbours | None:
    if standing is None or standing.area is None:  # all of the figures are there, or none of them
        return None
    return Neighbours(on=standing.on, **{name: getattr(standing, name) for name in PEERS})


def _placed(
    moved: Moved,
    spot: Callable[[int], Spot],
    *,
    bounds: Bounds | None,
    peers: Neighbours | None,
    is_told: bool = True,
) -> Placed:
    before, asked, current = (None if amount is None else spot(amount) for amount in moved.amounts)
    return Placed(moved=moved, bounds=bounds, peers=peers, is_told=is_told, before=before, asked=asked, current=current)
