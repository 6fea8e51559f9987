"""The band of a pupil: the level of price that four levels of need add up to. It must know no price."""

from optimiser.problem import BANDS, Levels

MODERATE = BANDS.index("moderate")


def band_index(levels: Levels, *, co_occurrence: bool) -> int:
    """The highest level; one step higher, at most exceptional, where two areas or more stand there from moderate up.

    Returns an index into BANDS; 0 (universal) means that no provision is needed.
    """
    highest = max(levels)
    raised = co_occurrence and highest >= MODERATE and levels.count(highest) > 1
    return min(highest + raised, len(BANDS) - 1)
