"""Money in whole pence: how it is rounded, written and added up line by line. It must never hold a float."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reckoning: what it is for, its pence (negative when taken off), and where the figure is from."""

    label: str
    amount: int
    basis: str

    def __str__(self) -> str:
        return f"{self.label}: {pounds(self.amount)} ({self.basis})"


def total(lines: Iterable[Line]) -> int:
    """The sum of the lines, in pence."""
    return sum(line.amount for line in lines)


def half_up(exact: Fraction | int) -> int:
    """The nearest whole number; a half goes up, that is towards plus infinity.

    >>> [half_up(Fraction(n, 2)) for n in (1, 3, -1, -3)]
    [1, 2, 0, -1]
    """
    return (2 * exact + 1) // 2


def whole_pounds(pence: int) -> int:
    """Pence to the nearest whole £, 50p going up. The batch file of prices is in whole £.

    >>> whole_pounds(4_800_049), whole_pounds(4_800_050)
    (48000, 48001)
    """
    return (pence + 50) // 100


def pounds(pence: int) -> str:
    """Pence as people read them; the pence are shown only when there are some.

    >>> pounds(4_800_000), pounds(65_360), pounds(-1_000_000), pounds(5)
    ('£48,000', '£653.60', '−£10,000', '£0.05')
    """
    whole, rest = divmod(abs(pence), 100)
    return f"{'−' if pence < 0 else ''}£{whole:,}" + (f".{rest:02}" if rest else "")
