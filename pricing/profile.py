"""A pupil's needs profile, and the band that a framework derives from it, with its reasons.

A need is not a price: nothing here must ever know an amount of money.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pricing.framework import Framework  # which holds the standard content of bands


class Area(StrEnum):
    """The four areas of need of the SEND Code of Practice (2015), chapter 6."""

    CI = "ci"
    CL = "cl"
    SEMH = "semh"
    SP = "sp"

    @property
    def words(self) -> str:
        """As the Code says it."""
        return _AREA_WORDS[self]


_AREA_WORDS = {
    Area.CI: "communication and interaction",
    Area.CL: "cognition and learning",
    Area.SEMH: "social, emotional and mental health",
    Area.SP: "sensory and/or physical needs",
}


class Level(IntEnum):
    """How much support an area of need takes, from what every school offers to the rarest."""

    UNIVERSAL = 0
    MILD = 1
    MODERATE = 2
    INTENSIVE = 3
    PROFOUND = 4
    EXCEPTIONAL = 5


class Band(StrEnum):
    """A level of price. Compare bands by `level`: as words they sort by the alphabet."""

    MILD = "mild"
    MODERATE = "moderate"
    INTENSIVE = "intensive"
    PROFOUND = "profound"
    EXCEPTIONAL = "exceptional"

    @property
    def level(self) -> Level:
        """The level of the same name."""
        return Level[self.name]


@dataclass(frozen=True, slots=True)
class NeedsProfile:
    """The level in each area of need. Whole numbers 0 to 5 are taken for levels; others raise ValueError.

    >>> NeedsProfile(3, 3, 1, 0).semh
    <Level.MILD: 1>
    """

    ci: Level | int
    cl: Level | int
    semh: Level | int
    sp: Level | int

    def __post_init__(self) -> None:
        for area in Area:
            object.__setattr__(self, area, _level(area, getattr(self, area)))

    @property
    def levels(self) -> dict[Area, Level]:
        """The level by area, in the order of the Code."""
        return {area: Level(getattr(self, area)) for area in Area}


def _level(area: Area, value: int) -> Level:
    try:
        return Level(value)
    except ValueError:
        remedy = "Use a whole number from 0 (universal) to 5 (exceptional)."
        raise ValueError(f"The level of {area.words} is {value!r}, which is no level. {remedy}") from None


@dataclass(frozen=True, slots=True)
class BandDecision:
    """The band, None when ordinarily available provision meets every need, and the reasons, one sentence each."""

    band: Band | None
    reasons: tuple[str, ...]


_NO_BAND = "Ordinarily available provision meets such needs, so there is no band."


def band_for(profile: NeedsProfile, framework: "Framework") -> BandDecision:
    """The band is the highest level; with co-occurrence, where two areas or more stand at that level and it is moderate
    or above, one step higher, at most exceptional.

    >>> from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
    >>> framework = load_framework(DEMONSTRATION_FRAMEWORK)
    >>> decision = band_for(NeedsProfile(ci=3, cl=3, semh=1, sp=0), framework)
    >>> print(*decision.reasons, sep="\\n")
    Highest level is intensive, in communication and interaction and in cognition and learning.
    Two areas stand at that level, so the band is one step higher: profound.
    >>> band_for(NeedsProfile(ci=1, cl=1, semh=0, sp=0), framework).band
    <Band.MILD: 'mild'>
    >>> band_for(NeedsProfile(0, 0, 0, 0), framework).band is None
    True
    """
    levels = profile.levels
    highest = max(levels.values())
    if highest == Level.UNIVERSAL:
        return BandDecision(None, ("Every area is at the universal level.", _NO_BAND))
    areas = [area for area, level in levels.items() if level == highest]
    band, why = _step(Band[highest.name], len(areas), framework)
    where = _listed([f"in {area.words}" for area in areas])
    return BandDecision(band, (f"Highest level is {Band[highest.name]}, {where}.", why))


def _step(band: Band, areas: int, framework: "Framework") -> tuple[Band, str]:
    if areas == 1:
        return band, f"One area stands at that level, so it is the band: {band}."
    stand = f"{('Two', 'Three', 'Four')[areas - 2]} areas stand at that level"
    if not framework.has_co_occurrence:
        return band, f"{stand}; this framework takes no step for that, so it is the band: {band}."
    if band.level < Level.MODERATE:
        return band, f"{stand}; the step higher begins at moderate, so it is the band: {band}."
    if band is Band.EXCEPTIONAL:
        return band, f"{stand}; no band is higher, so it is the band: {band}."
    higher = Band[Level(band.level + 1).name]
    return higher, f"{stand}, so the band is one step higher: {higher}."


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
