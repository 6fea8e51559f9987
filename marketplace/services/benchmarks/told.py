"""A provider's own prices beside what it is told of its peers. It reads that provider's rows and nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from marketplace.models import Band, Provision, Standing
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
        """In which quarter of the peers it lies, the median counting to the dearer half; None without peers."""
        told, amount = self.standing, self.variance.fee
        if told is None or told.lower is None or told.median is None or told.upper is None:
            return None
        return list(Quarter)[sum(amount >= mark for mark in (told.lower, told.median)) + (amount > told.upper)]

    @property
    def place(self) -> Place | None:
        """Where it lies by the corridor as told; None without one."""
        told = self.standing
        if told is None or told.low is None or told.middle is None or told.high is None:
            return None
        return Bounds(0, told.low, told.middle, told.high).place(self.variance.fee)


def told(review: Review, standings: Mapping[Key, Standing]) -> list[Told]:
    """Every price of a provider's own schedule that can be compared, by provision and rising band."""
    setting = review.schedule.setting
    found = []
    for provision in review.provisions:
        for band in Band:
            comparison = review.comparisons.get((provision.id, band)) if provision.is_offered else None
            if comparison is None or comparison.like_for_like is None:
                continue
            key = (setting.provider_id or 0, setting.authority.region_id, setting.type, band, provision.pattern)
            variance = Variance(comparison.like_for_like, comparison.guide)
            found.append(Told(provision, band, comparison, variance, standings.get(key)))
    return found
