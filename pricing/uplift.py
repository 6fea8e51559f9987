"""The assessment of a provider's request for higher prices: what stands beside it, and what each LA would pay.

Each LA decides for itself. The assessment must never decide, nor cap what is asked, nor show another provider's request
where it could be made out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median, quantiles

from pricing.indices import Blend, CostPart, Index, blended
from pricing.money import Line, half_up
from pricing.peers import FEWEST_PROVIDERS, FEWEST_REQUESTS
from pricing.profile import Band
from pricing.schedule import PriceSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class UpliftRequest:
    """What a provider asks from a day on: `percent` on every price, or a new `schedule`; one of the two.

    `shares` is what it spends by part, in per cent of its costs, summing to 100.
    """

    provider: str
    starts_on: date
    shares: Mapping[CostPart, Decimal]
    percent: Decimal | None = None
    schedule: PriceSchedule | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.schedule is None):
            raise ValueError("A request is for a percentage or for a new schedule, one of the two.")
        if self.percent is not None and self.percent <= -100:
            raise ValueError("A price cannot fall by all of it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPlacement:
    """A placement that the request is about: who pays, for which provision and band, pence a year now."""

    placement: str
    la: str
    provision: str
    band: Band
    fee: int


@dataclass(frozen=True, slots=True)
class PeerRequest:
    """What another provider asks in the same round, in per cent of its prices."""

    provider: str
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSummary:
    """The requests of other providers in a round, in per cent, to one decimal."""

    n: int
    lower_quartile: Decimal
    median: Decimal
    upper_quartile: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LaEffect:
    """What one LA pays and would pay for its placements, in pence a year: as asked, and by the blended index (None
    where there is none)."""

    la: str
    placements: int
    now: int
    asked: int
    by_index: int | None

    @property
    def lines(self) -> tuple[Line, ...]:
        """What it pays now and the change; they sum to what it would pay."""
        count = f"{self.placements} placement{'' if self.placements == 1 else 's'}"
        return Line(f"LA {self.la} now", self.now, count), Line("Change asked for", self.asked - self.now, "a year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What stands beside a request. `missing` are placements that the new schedule has no price for: they stay at their
    fee in every sum, and are named. `percent` is the change over all placements."""

    request: UpliftRequest
    blend: Blend | None
    placements: int
    las: tuple[LaEffect, ...]
    missing: tuple[str, ...]
    round_summary: RoundSummary | None

    @property
    def now(self) -> int:
        """Pence a year over all LAs."""
        return sum(effect.now for effect in self.las)

    @property
    def asked(self) -> int:
        """Pence a year over all LAs, as asked."""
        return sum(effect.asked for effect in self.las)

    @property
    def by_index(self) -> int | None:
        """Pence a year over all LAs, by the blended index; None where there is none."""
        amounts = [effect.by_index for effect in self.las if effect.by_index is not None]
        return sum(amounts) if len(amounts) == len(self.las) else None

    @property
    def percent(self) -> Decimal | None:
        """The change over all placements, as `change_of` has it; None when nothing is paid."""
        return change_of(self.now, self.asked)


def assess(
    request: UpliftRequest,
    *,
    placements: Sequence[RunningPlacement],
    indices: Iterable[Index],
    others: Iterable[PeerRequest] = (),
) -> Assessment:
    """What stands beside a request: the indices in force on the day it starts, blended by the stated cost shares; what
    each LA would pay, as asked and by the blend, each placement to the penny, a half going up; the other requests of
    the round, shown only when there are five of others, of three providers.

    Raises ValueError for cost shares that do not sum to 100, and for placements that stand there twice.

    >>> from pricing.indices import DEMONSTRATION_INDICES, load_indices
    >>> shares = {CostPart.STAFF: Decimal(80), CostPart.OTHER: Decimal(20)}
    >>> request = UpliftRequest(provider="Elm Trust", starts_on=date(2027, 4, 1), shares=shares, percent=Decimal("6.5"))
    >>> running = [RunningPlacement(placement=f"P{n}", la="873" if n < 2 else "874", provision="river-day",
    ...                             band=Band.INTENSIVE, fee=5_000_000) for n in range(3)]
    >>> found = assess(request, placements=running, indices=load_indices(DEMONSTRATION_INDICES))
    >>> str(found.blend.percent), found.now, found.asked, found.by_index, str(found.percent)
    ('3.7', 15000000, 15975000, 15555000, '6.50')
    >>> print(*found.las[0].lines, sep="\\n")
    LA 873 now: £100,000 (2 placements)
    Change asked for: £6,500 (a year)
    """
    if len({each.placement for each in placements}) < len(placements):
        raise ValueError("A placement stands there twice.")
    blend = blended(indices, request.shares, request.starts_on)
    by_la = defaultdict(list)
    for each in placements:
        by_la[each.la].append(each)
    asked = {each.placement: _asked(request, each) for each in placements}
    return Assessment(
        request=request,
        blend=blend,
        placements=len(placements),
        las=tuple(_effect(la, by_la[la], asked, blend) for la in sorted(by_la)),
        missing=tuple(sorted(placement for placement, fee in asked.items() if fee is None)),
        round_summary=round_summary(others, provider=request.provider),
    )


def round_summary(requests: Iterable[PeerRequest], *, provider: str) -> RoundSummary | None:
    """The requests of providers other than this one; None below five of them, or of fewer than three providers."""
    others = [each for each in requests if each.provider != provider]
    if len(others) < FEWEST_REQUESTS or len({each.provider for each in others}) < FEWEST_PROVIDERS:
        return None
    asked = [Fraction(each.percent) for each in others]
    lower, _, upper = quantiles(asked, n=4, method="inclusive")
    tenths = (Decimal(half_up(10 * each)).scaleb(-1) for each in (lower, Fraction(median(asked)), upper))
    low, middle, high = tenths
    return RoundSummary(n=len(others), lower_quartile=low, median=middle, upper_quartile=high)


def raised(fee: int, percent: Decimal) -> int:
    """Pence raised by per cent, a half penny going up.

    >>> raised(5_000_050, Decimal("3.675"))
    5183802
    """
    return half_up(fee * (1 + Fraction(percent) / 100))


def change_of(now: int, then: int) -> Decimal | None:
    """The change in per cent, to two decimals, a half going up; None where nothing is paid now.

    >>> str(change_of(4_000, 4_001)), str(change_of(8_000, 7_997)), change_of(0, 5)
    ('0.03', '-0.04', None)
    """
    return Decimal(half_up(Fraction(10_000 * (then - now), now))).scaleb(-2) if now else None


def _asked(request: UpliftRequest, placement: RunningPlacement) -> int | None:
    """The fee asked for, None where the new schedule has none."""
    if request.percent is not None:
        return raised(placement.fee, request.percent)
    price = request.schedule.price(placement.provision, placement.band) if request.schedule else None
    return price.annual_fee if price else None


def _effect(
    la: str, placements: Sequence[RunningPlacement], asked: Mapping[str, int | None], blend: Blend | None
) -> LaEffect:
    fees = [(each.fee, asked[each.placement]) for each in placements]
    return LaEffect(
        la=la,
        placements=len(placements),
        now=sum(fee for fee, _ in fees),
        asked=sum(fee if wanted is None else wanted for fee, wanted in fees),
        by_index=None if blend is None else sum(raised(fee, blend.percent) for fee, _ in fees),
    )
