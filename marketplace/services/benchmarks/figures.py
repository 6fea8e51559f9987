"""Prices of a survey grouped, with quartiles where there are enough of them, and sums that add up.

Every price is in exactly one group of each kind, so that the sums over LAs, providers, bands or anything else are the
same, to the penny. A need is no group: a provision meets several.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from marketplace import vocabulary
from marketplace.models import Band, Pattern, SettingType
from marketplace.services.benchmarks.own import Own
from marketplace.services.benchmarks.prices import Priced
from pricing.money import half_up
from pricing.peers import Spread, spread_of


class By(StrEnum):
    """What the prices are grouped by. A setting's and a provider's are published prices by name, shown to those who
    buy; figures of all others rest on five settings of three providers, or are not shown."""

    LA = "la"
    REGION = "region"
    TYPE = "type"
    BAND = "band"
    PATTERN = "pattern"
    PROVIDER = "provider"
    SETTING = "setting"

    @property
    def is_named(self) -> bool:
        """Whether a group is somebody, whose prices are public to buyers."""
        return self in {By.PROVIDER, By.SETTING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some prices with one thing in common. `spread` is None where there are too few to be shown; `amount` and `guide`
    are the sums of the prices like for like and of their bands' prices, in pence a year."""

    key: str
    label: str
    prices: int
    settings: int
    providers: int
    amount: int
    guide: int
    spread: Spread | None
    authority: str = ""  # of a setting alone, as is its provider
    provider: str = ""
    is_own: bool = False

    @property
    def variance(self) -> Decimal | None:
        """How far all of it together stands from its bands' prices, in per cent to one decimal, a half going up; None
        where there are too few to be shown."""
        share = Fraction(self.amount, self.guide) - 1 if self.spread else None
        return None if share is None else Decimal(half_up(1000 * share)).scaleb(-1)


@dataclass(frozen=True, slots=True)
class Figures:
    """The groups in order, and all of it together. A group with too few settings comes after the others."""

    by: By
    groups: Sequence[Group]
    whole: Group

    @property
    def shown(self) -> list[Group]:
        """The groups with figures."""
        return [group for group in self.groups if group.spread]

    @property
    def too_few(self) -> list[Group]:
        """The groups without."""
        return [group for group in self.groups if not group.spread]

    def place(self, group: Group) -> int:
        """Which of those shown it is, counted from the dearest median."""
        assert group.spread is not None
        dearer = [each for each in self.shown if each.spread and each.spread.median > group.spread.median]
        return len(dearer) + 1


SORTS: dict[str, Callable[[Group], Decimal | int]] = {
    "median": lambda group: group.spread.median if group.spread else 0,
    "variance": lambda group: group.variance or 0,
    "settings": lambda group: group.settings,
}


def figures(prices: Sequence[Priced], by: By, *, own: Own, sort: str = "median", order: str = "descending") -> Figures:
    """The prices grouped and in order: by the label, or by what SORTS names, those of one figure by the label."""
    grouped: dict[str, list[Priced]] = defaultdict(list)
    for price in prices:
        grouped[_KEYS[by](price)].append(price)
    found = [_group(by, rows, own) for rows in grouped.values()]
    is_falling = order == "descending"
    found.sort(key=lambda group: _place(by, group), reverse=is_falling and sort not in SORTS)
    if sort in SORTS:
        found.sort(key=SORTS[sort], reverse=is_falling)
    found.sort(key=lambda group: group.spread is None)
    return Figures(by, found, _summed("", "All of these", prices))


_KEYS: dict[By, Callable[[Priced], str]] = {
    By.LA: lambda price: str(price.authority_id),
    By.REGION: lambda price: str(price.region_id),
    By.TYPE: lambda price: price.setting_type.value,
    By.BAND: lambda price: price.band.value,
    By.PATTERN: lambda price: price.pattern.value,
    By.PROVIDER: lambda price: str(price.provider_id or ""),
    By.SETTING: lambda price: str(price.setting_id),
}
_LABELS: dict[By, Callable[[Priced], str]] = {
    By.LA: lambda price: price.authority,
    By.REGION: lambda price: price.region,
    By.TYPE: lambda price: vocabulary.SETTING_TYPES[price.setting_type],
    By.BAND: lambda price: vocabulary.BANDS[price.band],
    By.PATTERN: lambda price: vocabulary.PATTERNS[price.pattern],
    By.PROVIDER: lambda price: price.provider or "No provider is known",
    By.SETTING: lambda price: price.setting,
}
_RANKS: dict[By, list[str]] = {
    By.BAND: [band.value for band in Band],
    By.PATTERN: [pattern.value for pattern in Pattern],
    By.TYPE: [kind.value for kind in SettingType],
}


def _place(by: By, group: Group) -> tuple[str, int]:
    """The order of the alphabet, or that in which bands, patterns and types are always listed."""
    return ("", _RANKS[by].index(group.key)) if by in _RANKS else (group.label, int(group.key or 0))


def _group(by: By, rows: Sequence[Priced], own: Own) -> Group:
    first = rows[0]
    is_own = {
        By.LA: first.authority_id in own.authorities,
        By.REGION: first.region_id == own.region_id,
        By.SETTING: first.setting_id in own.ties,
    }.get(by, False)
    group = _summed(_KEYS[by](first), _LABELS[by](first), rows, is_shown=by.is_named)
    if by is By.SETTING:
        group = replace(group, authority=first.authority, provider=_LABELS[By.PROVIDER](first))
    return replace(group, is_own=is_own)


def _summed(key: str, label: str, rows: Sequence[Priced], *, is_shown: bool = False) -> Group:
    spread = spread_of(row.published for row in rows)
    return Group(
        key=key,
        label=label,
        prices=len(rows),
        settings=spread.settings if spread else 0,
        providers=spread.providers if spread else 0,
        amount=sum(row.amount for row in rows),
        guide=sum(row.guide for row in rows),
        spread=spread if spread and (is_shown or spread.is_discreet) else None,
    )
