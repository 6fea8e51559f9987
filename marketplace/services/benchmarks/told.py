"""A provider's own prices beside what it is told of its peers. It reads that provider's rows and nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from marketplace.models import Band, Pattern, Provision, Setting, Standing
from marketplace.services.benchmarks.standings import Key
from marketplace.services.schedule_review import Review
from pricing.comparison import Comparison
from pricing.corridor import Bounds, Place
from pricing.quote import Variance


class Quarter(StrEnum):
    """Where a price lies among its peers."""

    CHEAPEST = "cheapest quarter"
    CHEAPER = "second cheapest quarter"
    DEARER = "second dearest quarter"
    DEAREST = "dearest quarter"


@dataclass(frozen=True, slots=True)
class Told:
    """One of a provider's own prices like for like, and what it is told of its peers; None where it is told nothing
    yet."""

    provision: Provision
    band: Band
    comparison: Comparison
    variance: Variance
    standing: Standing | None

    @property
    def quarter(self) -> Quarter | None:
        """In which quarter of the peers it lies; None without peers."""
        return quarter_of(self.standing, self.variance.fee)

    @property
    def place(self) -> Place | None:
        """Where it lies by the corridor as told; None without one."""
        bounds = bounds_told(self.standing)
        return bounds.place(self.variance.fee) if bounds else None


def told(review: Review, standings: Mapping[Key, Standing]) -> list[Told]:
    """Every price of a provider's own schedule that can be compared, by provision and rising band."""
    found = []
    for provision in review.provisions:
        for band in Band:
            comparison = review.comparisons.get((provision.id, band)) if provision.is_offered else None
            if comparison is None or comparison.like_for_like is None:
                continue
            key = key_of(review.schedule.setting, band, provision.pattern)
            variance = Variance(comparison.like_for_like, comparison.guide)
            found.append(Told(provision, band, comparison, variance, standings.get(key)))
    return found


def key_of(setting: Setting, band: Band, pattern: Pattern) -> Key:
    """Under which key the provider of a setting is told of its prices for a band and pattern."""
    return setting.provider_id or 0, setting.authority.region_id, setting.type, band, pattern


def quarter_of(standing: Standing | None, amount: int) -> Quarter | None:
    """In which quarter of the peers, as told, a price of so many pence lies, the median counting to the dearer half;
    None where nothing is told of them."""
    if standing is None or standing.lower is None or standing.median is None or standing.upper is None:
        return None
    return list(Quarter)[sum(amount >= mark for mark in (standing.lower, standing.median)) + (amount > standing.upper)]


def bounds_told(standing: Standing | None) -> Bounds | None:
    """The corridor as told; None where it is not."""
    if standing is None or standing.low is None or standing.middle is None or standing.high is None:
        return None
    return Bounds(0, standing.low, standing.middle, standing.high)
