"""Peers: what other settings ask for the same band and pattern, shown only where nobody can be made out.

It must never show a rival fewer than five settings, or settings of fewer than three providers, however the question is
put.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median, quantiles

from pricing.money import half_up, pounds
from pricing.profile import Band
from pricing.tariff import Pattern

FEWEST_SETTINGS = 5
FEWEST_PROVIDERS = 3
FEWEST_REQUESTS = 5  # of other providers, in a round of uplifts


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPrice:
    """One published price like for like, in pence a year; `la` is the setting's."""

    setting: str
    provider: str
    la: str
    band: Band
    pattern: Pattern
    amount: int


@dataclass(frozen=True, slots=True)
class PeerArea:
    """Where to look for peers; `las` None = everywhere."""

    name: str
    las: Collection[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How the prices of some settings are spread, in pence a year: a setting counts once, with the median of its
    prices; quartiles are interpolated between neighbours."""

    settings: int
    providers: int
    lowest: int
    lower_quartile: int
    median: int
    upper_quartile: int
    highest: int

    @property
    def is_discreet(self) -> bool:
        """Whether it may be shown where nobody is to be made out: it rests on five settings of three providers."""
        return self.settings >= FEWEST_SETTINGS and self.providers >= FEWEST_PROVIDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The peers of an area: how many settings and providers, and the quartiles of their prices in pence a year.

    `cheaper` and `dearer` count the settings on either side of the price that is asked about. `widened` names the
    narrower areas with too few peers to be shown.
    """

    area: str
    settings: int
    providers: int
    lower_quartile: int
    median: int
    upper_quartile: int
    cheaper: int
    dearer: int
    widened: tuple[str, ...]

    def __str__(self) -> str:
        said = (
            f"{self.area}: {self.settings} settings of {self.providers} other providers, median {pounds(self.median)}"
        )
        said += f", half of them from {pounds(self.lower_quartile)} to {pounds(self.upper_quartile)}"
        said += f"; {self.cheaper} are cheaper, {self.dearer} dearer."
        return said + "".join(f" Too few in {name} to be shown." for name in self.widened)


def peers(
    prices: Iterable[PublishedPrice],
    *,
    band: Band,
    pattern: Pattern,
    amount: int,
    provider: str,
    areas: Sequence[PeerArea],
) -> Peers | None:
    """The peers of a price of `amount` pence in the first of the areas, narrowest first, where they may be shown; None
    where they may be shown in none of them.

    The provider's own settings are no peers of theirs, so that nobody finds another's price by taking away what he
    knows. A setting counts once, with the median of its prices. Quartiles are interpolated between neighbours.

    >>> five = [PublishedPrice(setting=f"S{n}", provider=f"P{n % 3}", la="873" if n < 3 else "874", band=Band.MODERATE,
    ...                        pattern=Pattern.DAY, amount=3_000_000 + 100_000 * n) for n in range(5)]
    >>> asked = {"band": Band.MODERATE, "pattern": Pattern.DAY, "amount": 3_150_000, "provider": "Elm Trust"}
    >>> areas = [PeerArea("LA 873", {"873"}), PeerArea("England", None)]
    >>> print(peers(five, **asked, areas=areas))
    England: 5 settings of 3 other providers, median £32,000, half of them from £31,000 to £33,000; 2 are cheaper, \
3 dearer. Too few in LA 873 to be shown.
    >>> print(peers(five, **asked, areas=areas[:1]))
    None
    """
    comparable = [
        price for price in prices if (price.band, price.pattern) == (band, pattern) and price.provider != provider
    ]
    widened: list[str] = []
    for area in areas:
        found = [price for price in comparable if area.las is None or price.la in area.las]
        spread = spread_of(found)
        if spread is not None and spread.is_discreet:
            each = _by_setting(found)
            return Peers(
                area=area.name,
                settings=spread.settings,
                providers=spread.providers,
                lower_quartile=spread.lower_quartile,
                median=spread.median,
                upper_quartile=spread.upper_quartile,
                cheaper=sum(price < amount for price in each),
                dearer=sum(price > amount for price in each),
                widened=tuple(widened),
            )
        widened.append(area.name)
    return None


def spread_of(prices: Iterable[PublishedPrice]) -> Spread | None:
    """How some prices are spread, of however few settings; None for no price. Whoever shows it to a rival asks whether
    it `is_discreet` first.

    >>> three = [PublishedPrice(setting=f"S{n}", provider="Elm Trust", la="873", band=Band.MODERATE,
    ...                         pattern=Pattern.DAY, amount=3_000_000 + 100_000 * n) for n in (0, 1, 3)]
    >>> found = spread_of(three)
    >>> (found.lowest, found.lower_quartile, found.median, found.upper_quartile, found.highest)
    (3000000, 3050000, 3100000, 3200000, 3300000)
    >>> found.is_discreet, spread_of([])
    (False, None)
    """
    found = list(prices)
    if not found:
        return None
    each = _by_setting(found)
    lower, middle, upper = quantiles(each, n=4, method="inclusive") if len(each) > 1 else 3 * each
    return Spread(
        settings=len(each),
        providers=len({price.provider for price in found}),
        lowest=half_up(min(each)),
        lower_quartile=half_up(lower),
        median=half_up(middle),
        upper_quartile=half_up(upper),
        highest=half_up(max(each)),
    )


def areas_to_show(others: Iterable[PublishedPrice], regions: Sequence[PeerArea], *, widest: PeerArea) -> list[PeerArea]:
    """Of the regions that a provider has settings in, and the widest area, those whose figures can all be shown to
    that provider; `others` are the prices of one band and pattern without the provider's own.

    A region shows where it `is_discreet`. The widest area shows where it is, and where what it holds beyond the regions
    shown is nothing or discreet too: otherwise the two would differ by so few settings that they could be made out.
    Regions do not overlap.

    >>> def price(n, la): return PublishedPrice(setting=f"S{n}", provider=f"P{n % 3}", la=la, band=Band.MODERATE,
    ...                                         pattern=Pattern.DAY, amount=3_000_000)
    >>> regions, england = [PeerArea("North", {"873"})], PeerArea("England", None)
    >>> here, there = [price(n, "873") for n in range(5)], [price(n, "301") for n in range(5, 10)]
    >>> [area.name for area in areas_to_show(here + there, regions, widest=england)]
    ['North', 'England']
    >>> [area.name for area in areas_to_show(here + there[:4], regions, widest=england)]
    ['North']
    >>> [area.name for area in areas_to_show(here[:4] + there[:1], regions, widest=england)]
    ['England']
    """
    everything = list(others)
    shown, beyond = [], everything
    for region in regions:
        spread = spread_of(price for price in everything if region.las is None or price.la in region.las)
        if spread is not None and spread.is_discreet:
            shown.append(region)
            beyond = [price for price in beyond if region.las is not None and price.la not in region.las]
    whole, rest = spread_of(everything), spread_of(beyond)
    if whole is not None and whole.is_discreet and (rest is None or rest.is_discreet):
        shown.append(widest)
    return shown


def _by_setting(prices: Iterable[PublishedPrice]) -> list[Fraction]:
    """A price for each setting: the median of its prices."""
    by_setting = defaultdict(list)
    for price in prices:
        by_setting[price.setting].append(Fraction(price.amount))
    return [Fraction(median(amounts)) for amounts in by_setting.values()]
