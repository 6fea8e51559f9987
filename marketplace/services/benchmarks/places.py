"""Where the prices of one setting stand: each beside its band, its peers and the corridor, with what makes the
difference. For those who buy; what a provider is told of its own is in `standings`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

import pricing.corridor
from marketplace.models import Band, Provision, Setting, Survey
from marketplace.services.benchmarks.corridors import corridor_of
from marketplace.services.benchmarks.own import Own
from marketplace.services.benchmarks.prices import Priced, Question, surveyed_prices
from marketplace.services.benchmarks.standings import ENGLAND, Cell
from marketplace.services.schedule_review import Review
from pricing.comparison import Comparison
from pricing.corridor import Bounds, Corridor, Outlier, Place
from pricing.peers import PeerArea, Peers, peers
from pricing.quote import Variance


@dataclass(frozen=True, slots=True)
class Market:
    """The surveyed prices beside which those of one setting stand, by band and pattern, and the corridor of all."""

    setting: Setting
    prices: Mapping[Cell, Sequence[Priced]]
    corridor: Corridor | None

    def of(self, cell: Cell) -> Sequence[Priced]:
        """The surveyed prices of a band and pattern, the setting's own among them."""
        return self.prices.get(cell, ())

    def peers(self, cell: Cell, amount: int) -> Peers | None:
        """The peers of a price of so many pence, in the narrowest area that has enough; None where none has."""
        band, pattern = cell
        return peers(
            [row.published for row in self.of(cell)],
            band=band,
            pattern=pattern,
            amount=amount,
            provider=str(self.setting.provider_id),
            areas=self.areas(cell),
        )

    def areas(self, cell: Cell) -> list[PeerArea]:
        """Where to look for peers: the setting's LA, its region, England."""
        authority = self.setting.authority
        of_region = {str(row.authority_id) for row in self.of(cell) if row.region_id == authority.region_id}
        return [
            PeerArea(authority.name, {str(authority.id)}),
            PeerArea(authority.region.name, of_region),
            PeerArea(ENGLAND, None),
        ]

    def bounds(self, cell: Cell) -> Bounds | None:
        """The corridor of a band and pattern for the setting's type; None where none covers it."""
        return self.corridor.at(*cell, self.setting.type) if self.corridor else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """One price of a setting and where it stands: `peers` None where even all of England has too few; `bounds` None
    where no corridor covers it. `near` are the prices of the peers, `own` those of the reader's own other settings."""

    provision: Provision
    band: Band
    fee: int
    comparison: Comparison
    amount: int
    variance: Variance
    peers: Peers | None
    bounds: Bounds | None
    place: Place | None
    outlier: Outlier | None
    near: Sequence[Priced]
    own: Sequence[Priced]


def market_of(session: Session, survey: Survey, setting: Setting, cells: Collection[Cell]) -> Market:
    """What a survey holds beside the prices of a setting for these bands and patterns."""
    question = Question(band={band for band, _ in cells}, pattern={pattern for _, pattern in cells})
    by_cell: dict[Cell, list[Priced]] = defaultdict(list)
    for price in surveyed_prices(session, survey, question) if cells else []:
        by_cell[price.band, price.pattern].append(price)
    return Market(setting, by_cell, corridor_of(survey))


def standpoints(session: Session, survey: Survey, review: Review, *, own: Own) -> list[Standpoint]:
    """Every price of the schedule that can be compared, by provision and rising band. Peers and corridor are those of
    the survey; the price itself is that of the schedule."""
    asked = [
        (provision, band, comparison)
        for provision in review.provisions
        for band in Band
        if provision.is_offered
        and (comparison := review.comparisons.get((provision.id, band)))
        and comparison.like_for_like is not None
    ]
    cells = {(band, provision.pattern) for provision, band, _ in asked}
    market = market_of(session, survey, review.schedule.setting, cells)
    return [_standpoint(review, market, provision, band, comparison, own) for provision, band, comparison in asked]


def _standpoint(
    review: Review, market: Market, provision: Provision, band: Band, comparison: Comparison, own: Own
) -> Standpoint:
    cell = (band, provision.pattern)
    price = review.prices.price(str(provision.id), band)
    assert price is not None
    amount = comparison.like_for_like
    assert amount is not None
    found, bounds = market.peers(cell, amount), market.bounds(cell)
    las = next((area.las for area in market.areas(cell) if found and area.name == found.area), ())
    others = [row for row in market.of(cell) if row.setting_id != market.setting.id]
    return Standpoint(
        provision=provision,
        band=band,
        fee=price.annual_fee,
        comparison=comparison,
        amount=amount,
        variance=Variance(amount, comparison.guide),
        peers=found,
        bounds=bounds,
        place=bounds.place(amount) if bounds else None,
        outlier=pricing.corridor.outlier(comparison, bounds) if bounds else None,
        near=[
            row
            for row in others
            if row.provider_id != market.setting.provider_id and (las is None or str(row.authority_id) in las)
        ],
        own=[row for row in others if row.setting_id in own.ties],
    )
