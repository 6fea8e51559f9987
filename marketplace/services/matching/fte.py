"""FTE: places, place-shares and staff hours in one unit, by the optimiser's own rule."""

from decimal import Decimal
from fractions import Fraction

from marketplace.models import Unit
from optimiser.options import HOURS_OF_FULL_TIME


def fte_of(unit: Unit, amount: Decimal) -> Fraction:
    """What an amount of a pool comes to: a place is 1, a share of one its tenths, staff hours a week a part of those of
    full time.

    >>> fte_of(Unit.PLACES, Decimal("0.4")), fte_of(Unit.HOURS, Decimal(5))
    (Fraction(2, 5), Fraction(1, 5))
    """
    return Fraction(amount) / (HOURS_OF_FULL_TIME if unit is Unit.HOURS else 1)
