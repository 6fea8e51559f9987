"""Where the prices of one setting stand: each beside its band, its peers and the corridor, with what makes the
difference. For those who buy; what a provider is told of its own is in `standings`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

import pricing.corridor
from marketplace.models import Band, Pattern, Provision, Setting, Survey
from marketplace.services.benchmarks.corridors import corridor_of
from marketplace.services.benchmarks.own import Own
from marketplace.services.benchmarks.prices import Priced, Question, surveyed_prices
from marketplace.services.schedule_review import Review
from pricing.comparison import Comparison
from pricing.corridor import Bounds, Corridor, Outlier, Place
from pricing.peers import PeerArea, Peers, peers
from pricing.quote import Variance

ENGLAND = "England"

Cell = tuple[Band, Pattern]


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
    question = Question(band={band for _, band, _ in asked}, pattern={row.pattern for row, _, _ in asked})
    by_cell: dict[Cell, list[Priced]] = defaultdict(list)
    for price in surveyed_prices(session, survey, question) if asked else []:
        by_cell[price.band, price.pattern].append(price)
    corridor = corridor_of(survey)
    return [
        _standpoint(review, by_cell[band, provision.pattern], corridor, provision, band, comparison, own)
        for provision, band, comparison in asked
    ]


def _standpoint(
    review: Review,
    prices: Sequence[Priced],
    corridor: Corridor | None,
    provision: Provision,
    band: Band,
    comparison: Comparison,
    own: Own,
) -> Standpoint:
    setting, price = review.schedule.setting, review.prices.price(str(provision.id), band)
    assert price is not None
    amount = comparison.like_for_like
    assert amount is not None
    areas = _areas(setting, prices)
    found = peers(
        [row.published for row in prices],
        band=band,
        pattern=provision.pattern,
        amount=amount,
        provider=str(setting.provider_id),
        areas=areas,
    )
    las = next((area.las for area in areas if found and area.name == found.area), ())
    others = [row for row in prices if row.setting_id != setting.id]
    bounds = corridor.at(band, provision.pattern, setting.type) if corridor else None
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
            if row.provider_id != setting.provider_id and (las is None or str(row.authority_id) in las)
        ],
        own=[row for row in others if row.setting_id in own.ties],
    )


def _areas(setting: Setting, prices: Sequence[Priced]) -> list[PeerArea]:
    """The setting's LA, its region, England."""
    authority = setting.authority
    of_region = {str(row.authority_id) for row in prices if row.region_id == authority.region_id}
    return [
        PeerArea(authority.name, {str(authority.id)}),
        PeerArea(authority.region.name, of_region),
        PeerArea(ENGLAND, None),
    ]
