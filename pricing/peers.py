"""Peers: what other settings ask for the same band and pattern, shown only where nobody can be made out.

It must never show fewer than five settings, or settings of fewer than three providers, however the question is put.
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
        by_setting = defaultdict(list)
        for price in found:
            by_setting[price.setting].append(Fraction(price.amount))
        providers = {price.provider for price in found}
        if len(by_setting) >= FEWEST_SETTINGS and len(providers) >= FEWEST_PROVIDERS:
            each = [Fraction(median(amounts)) for amounts in by_setting.values()]
            lower, middle, upper = map(half_up, quantiles(each, n=4, method="inclusive"))
            return Peers(
                area=area.name,
                settings=len(each),
                providers=len(providers),
                lower_quartile=lower,
                median=middle,
                upper_quartile=upper,
                cheaper=sum(price < amount for price in each),
                dearer=sum(price > amount for price in each),
                widened=tuple(widened),
            )
        widened.append(area.name)
    return None
