"""Groups of pupils that several parties read, each of whom knows some of the pupils singly: an authority its own, a
provider those that it teaches.

A group is told only where nobody, by taking away the pupils whom it knows, is left with one to four. Counts are told in
fives, so that neither one pupil more nor one less shows by comparing two terms; sums are told as that many times the
mean, of two figures. It must never ask the database anything.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import TypeVar

from marketplace.services.small_groups import FEWEST, in_fives

FIGURES = 2  # of a mean
AnyName = TypeVar("AnyName", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Counted:
    """A pupil (`key`), or `n` of them who are known alike, in a `column`: known singly to some parties, with an amount
    of each measure. A pupil who is counted several times in a group is one."""

    key: Hashable
    known_to: frozenset[Hashable]
    column: str = ""
    n: int = 1
    amounts: Mapping[str, Fraction | int] = field(default_factory=dict)


def told_apart(groups: Mapping[AnyName, Sequence[Counted]]) -> list[tuple[tuple[AnyName, ...], list[Counted]]]:
    """The groups in their order, those that cannot be told by themselves as one, last, with as many others as it takes
    for that one to be told: the smallest with which it can be, or else the smallest, and so on. Nothing where not even
    all of them together can be.

    >>> known = {"la 1": 6, "la 2": 2}
    >>> group = [Counted(n, frozenset({la})) for la, count in known.items() for n in range(len(la), len(la) + count)]
    >>> told_apart({"day": group})
    []
    """
    order = sorted(groups, key=lambda name: (may_be_told(groups[name]), _count(groups[name])))
    hidden: list[AnyName] = []
    together: list[Counted] = []
    while order and not (may_be_told(together) and may_be_told(groups[order[0]])):
        is_next_hidden = not may_be_told(groups[order[0]])
        enough = (name for name in order if may_be_told([*together, *groups[name]]))
        name = order[0] if is_next_hidden else next(enough, order[0])
        order.remove(name)
        hidden.append(name)
        together += groups[name]
    if not may_be_told(together):
        return []
    found: list[tuple[tuple[AnyName, ...], list[Counted]]] = []
    found += [((name,), [*groups[name]]) for name in groups if name in order]
    if hidden:
        found.append((tuple(name for name in groups if name in hidden), together))
    return found


def may_be_told(pupils: Iterable[Counted]) -> bool:
    """Whether no party is left with one to four pupils whom it does not know, in any column."""
    columns: dict[str, list[Counted]] = {}
    for pupil in pupils:
        columns.setdefault(pupil.column, []).append(pupil)
    return all(_is_safe(_by_who_knows(of)) for of in columns.values())


def _is_safe(counts: Mapping[frozenset[Hashable], int]) -> bool:
    parties: list[Hashable] = [None, *{party for known_to in counts for party in known_to}]
    rests = (sum(n for known_to, n in counts.items() if party not in known_to) for party in parties)
    return not any(0 < rest < FEWEST for rest in rests)


def _by_who_knows(pupils: Iterable[Counted]) -> Mapping[frozenset[Hashable], int]:
    """How many pupils by who knows them; one who is counted several times, by all who know any of it."""
    known: dict[Hashable, tuple[frozenset[Hashable], int]] = {}
    for pupil in pupils:
        known_to, n = known.get(pupil.key, (frozenset(), 0))
        known[pupil.key] = known_to | pupil.known_to, max(n, pupil.n)
    counts: Counter[frozenset[Hashable]] = Counter()
    for known_to, n in known.values():
        counts[known_to] += n
    return counts


def count_in_fives(pupils: Iterable[Counted]) -> int:
    """How many pupils, to the nearest five."""
    return in_fives(_count(pupils))


def sum_in_fives(pupils: Sequence[Counted], measure: str) -> Decimal:
    """What a measure comes to, as told: the count in fives times the mean of a pupil.

    >>> pupils = [Counted(n, frozenset(), amounts={"fte": Fraction(1, 3)}) for n in range(7)]
    >>> sum_in_fives(pupils, "fte")
    Decimal('1.65')
    """
    count = _count(pupils)
    whole = sum((Fraction(pupil.amounts.get(measure, 0)) for pupil in pupils), Fraction(0))
    return in_fives(count) * mean_of(whole, count) if count else Decimal(0)


def mean_of(whole: Fraction, of: Fraction | int) -> Decimal:
    """A mean, of two figures."""
    mean = whole / of
    return Context(prec=FIGURES, rounding=ROUND_HALF_UP).divide(Decimal(mean.numerator), Decimal(mean.denominator))


def _count(pupils: Iterable[Counted]) -> int:
    return sum(_by_who_knows(pupils).values())
