"""Groups of few placements are never shown by themselves: what is paid for fewer than five may make out a child.

They are shown together, so that every table still sums to the total. Nor must anybody find one of them by taking
others away: not from the total, nor a party that knows its own figures from the sum that these are in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pricing.shadow import Total

FEWEST = 5  # placements
ALL = "All"  # what the sum of all groups is called
PARTIES = frozenset({"la"})  # of those who read these tables, who knows the figures of its own group
MOST_CHANGES = 10  # of those who gain and lose most, either way


class Group(Protocol):
    """What is shown by itself or not: by its name, and of how many it is."""

    @property
    def name(self) -> str: ...

    @property
    def n(self) -> int: ...


AnyGroup = TypeVar("AnyGroup", bound=Group)
One = TypeVar("One")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that can be shown, in their order, and the sum of the `count` others (None: there are none)."""

    shown: tuple[Total, ...]
    others: Total | None
    count: int

    @property
    def rows(self) -> tuple[Total, ...]:
        """All of it, as one table that sums to the total."""
        return (*self.shown, self.others) if self.others else self.shown

    @property
    def gain_most(self) -> tuple[Total, ...]:
        """Those shown whose guide prices are most above today's, most first."""
        return _most(row for row in self.shown if row.difference > 0)

    @property
    def lose_most(self) -> tuple[Total, ...]:
        """Those shown whose guide prices are most below today's, most first."""
        return _most(row for row in self.shown if row.difference < 0)


def in_fives(count: int) -> int:
    """A count to the nearest five, so that the difference of two of them tells of nobody.

    >>> [in_fives(count) for count in (0, 5, 7, 8, 12)]
    [0, 5, 5, 10, 10]
    """
    return (count + FEWEST // 2) // FEWEST * FEWEST


def taken_together(noun: str, totals: Sequence[Total]) -> Groups:
    """The groups of one kind, those of fewer than FEWEST placements as one. As many of the next smallest join them as
    it takes for the sum to hide each: FEWEST placements, so two groups at least; of parties also without the largest.

    >>> totals = [Total(name, n, 10 * n, 11 * n, n, n, 0) for name, n in (("A", 9), ("B", 3), ("C", 7), ("D", 30))]
    >>> groups = taken_together("band", totals)
    >>> [(row.name, row.n) for row in groups.rows]
    [('A', 9), ('D', 30), ('2 others', 10)]
    >>> [(row.name, row.n) for row in taken_together("la", totals).rows]
    [('D', 30), ('3 others', 19)]
    """
    hidden = too_few(noun, totals)
    names = {row.name for row in hidden}
    shown = tuple(row for row in totals if row.name not in names)
    return Groups(shown, _sum(hidden) if hidden else None, len(hidden))


def too_few(noun: str, groups: Sequence[AnyGroup]) -> list[AnyGroup]:
    """The groups that are shown together: those of fewer than FEWEST, and as many of the next smallest as it takes."""
    order = sorted(groups, key=lambda row: (row.n, row.name))
    hidden = [row for row in order if row.n < FEWEST]
    for row in order[len(hidden) :] if hidden else ():
        if _hides(noun, hidden):
            break
        hidden.append(row)
    return hidden


def is_few(count: int) -> bool:
    """Whether a count may make out a child."""
    return 0 < count < FEWEST


def gathered(
    groups: Mapping[str, Sequence[One]], is_small: Callable[[Sequence[One]], bool]
) -> tuple[list[str], list[str]]:
    """The groups that are shown by themselves, and those that are taken together, by name: the small ones, with as many
    of the next smallest as it takes for their sum not to be small either.

    >>> groups = {"A": "x" * 9, "B": "x" * 3, "C": "x" * 6}
    >>> gathered(groups, lambda group: len(group) < FEWEST)
    (['A'], ['B', 'C'])
    """
    order = sorted(groups, key=lambda name: (not is_small(groups[name]), len(groups[name]), name))
    hidden: list[str] = []
    while order and (is_small(groups[order[0]]) or is_small([one for name in hidden for one in groups[name]])):
        hidden.append(order.pop(0))
    return sorted(order), hidden


def others(hidden: Sequence[str]) -> str:
    """What the sum of the groups is called that are taken together."""
    return "1 other" if len(hidden) == 1 else f"{len(hidden)} others"


def discreet(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """Counts that stand beside their sum: those of one to four are hidden, with as many of the next smallest as it
    takes for two at least to be hidden, and five pupils.

    >>> list(discreet({"up": 9, "down": 2, "both": 6, "none": 0}).values())
    [9, None, None, 0]
    """
    order = sorted((each for each in counts if counts[each]), key=lambda each: counts[each])
    hidden = [each for each in order if counts[each] < FEWEST]
    rest = order[len(hidden) :] + [each for each in counts if not counts[each]]
    while hidden and rest and (len(hidden) == 1 or sum(counts[each] for each in hidden) < FEWEST):
        hidden.append(rest.pop(0))
    return {each: None if each in hidden else counts[each] for each in counts}


def settings_to_name(providers: Groups, settings: Iterable[Mapping[str, object]]) -> Groups:
    """The settings that can be named: those of providers that are shown, as far as the rest of the provider, which
    could be found by taking them away, is hidden as well. `settings` are totals with their `provider`."""
    totals: dict[str, list[Total]] = {row.name: [] for row in providers.shown}
    count = 0
    for row in settings:
        count += 1
        provider = str(row["provider"])
        if provider in totals:
            totals[provider].append(Total(**{key: row[key] for key in row if key != "provider"}))  # type: ignore[arg-type]
    shown = [row for rows in totals.values() for row in taken_together("setting", rows).shown]
    return Groups(tuple(sorted(shown, key=lambda row: row.name)), None, count - len(shown))


def _hides(noun: str, hidden: Sequence[Group]) -> bool:
    n = sum(row.n for row in hidden)
    without = max(row.n for row in hidden) if noun in PARTIES else 0
    return n - without >= FEWEST


def _sum(rows: Sequence[Total]) -> Total:
    figures = ("n", "price", "guide", "difference", "gain", "lose")
    return Total(others([row.name for row in rows]), *(sum(getattr(row, figure) for row in rows) for figure in figures))


def _most(rows: Iterable[Total]) -> tuple[Total, ...]:
    return tuple(sorted(rows, key=lambda row: (-abs(row.difference), row.name))[:MOST_CHANGES])
