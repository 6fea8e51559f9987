"""What a framework would change: how many published needs would have which band in place of which.

Whoever asks learns counts over the needs that are its own; the operator, who sees no need, counts over all LAs. Groups
of few are shown together, so no single need is ever made out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import ARRAY, String, func, literal, select
from sqlalchemy.orm import Session

import pricing.framework
from marketplace.models import Band, Framework
from marketplace.services.frameworks import rule
from marketplace.services.small_groups import FEWEST, taken_together
from pricing.profile import Level, NeedsProfile, band_for
from pricing.shadow import Total

Cell = tuple[Band | None, Band | None]  # the band now and then; None: ordinarily available provision meets the need
ORDER: tuple[Band | None, ...] = (None, *Band)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandChanges:
    """Published needs by the band that they have and would have. `needs`: all of them; None where they are so few that
    nothing is said. `shown` and those `together`, `count` in all, sum to it."""

    needs: int | None
    shown: tuple[tuple[Cell, int], ...] = ()
    together: tuple[Cell, ...] = ()
    count: int = 0

    @property
    def changed(self) -> int:
        """How many, of those that are shown by themselves, would get another band."""
        return sum(needs for (before, after), needs in self.shown if before is not after)

    @property
    def is_exact(self) -> bool:
        """Whether these are all that would: none of those taken together would."""
        return all(before is after for before, after in self.together)

    def as_data(self) -> dict[str, object]:
        """The same for the audit trail."""
        shown = {f"{_word(before)} to {_word(after)}": needs for (before, after), needs in self.shown}
        together = [f"{_word(before)} to {_word(after)}" for before, after in self.together]
        return {"needs": self.needs, "shown": shown, "together": together, "count": self.count}


def band_changes(session: Session, row: Framework) -> BandChanges:
    """What a framework would change for the published needs that the actor of this transaction may know of. A band
    that a person decided stays."""
    bands = literal(band_of_each_profile(rule(row)), ARRAY(String))
    counts = func.published_needs_by_band(bands).table_valued("before", "after", "needs")
    found = session.execute(select(counts.c.before, counts.c.after, counts.c.needs))
    return told([((_band(before), _band(after)), needs) for before, after, needs in found])


def told(cells: Sequence[tuple[Cell, int]]) -> BandChanges:
    """These counts, with small groups taken together.

    >>> told([((Band.MILD, Band.MILD), 40), ((Band.MODERATE, Band.INTENSIVE), 3), ((None, None), 9)])
    BandChanges(needs=52, shown=(((<Band.MILD: 'mild'>, <Band.MILD: 'mild'>), 40),), \
together=((None, None), (<Band.MODERATE: 'moderate'>, <Band.INTENSIVE: 'intensive'>)), count=12)
    """
    needs = sum(count for _, count in cells)
    if needs < FEWEST:
        return BandChanges(needs=None)
    ordered = sorted(cells, key=lambda each: [ORDER.index(band) for band in each[0]])
    groups = taken_together("change", [Total(str(at), count, 0, 0, 0, 0, 0) for at, (_, count) in enumerate(ordered)])
    shown = {int(group.name) for group in groups.shown}
    return BandChanges(
        needs=needs,
        shown=tuple(each for at, each in enumerate(ordered) if at in shown),
        together=tuple(cell for at, (cell, _) in enumerate(ordered) if at not in shown),
        count=groups.others.n if groups.others else 0,
    )


def band_of_each_profile(framework: pricing.framework.Framework) -> list[str | None]:
    """The band of each of the 1,296 profiles; those of the last area change first."""
    profiles = (NeedsProfile(*levels) for levels in product(Level, repeat=4))
    return [band_for(profile, framework).band for profile in profiles]


def _band(word: str | None) -> Band | None:
    return None if word is None else Band(word)


def _word(band: Band | None) -> str:
    return "none" if band is None else band.value
