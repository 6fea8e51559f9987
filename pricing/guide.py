"""The guide price of one placement or outreach package under a tariff, step by step.

It must never stand for a price that somebody asked: where the tariff states nothing, there is no guide price.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from pricing.money import Line, half_up, pounds, total
from pricing.profile import Band
from pricing.tariff import Grade, Pattern, Tariff

HOURS_OF_HALF_DAY = 3  # of outreach


class Kind(StrEnum):
    """A full placement, a porous one (a share of the week), or outreach into mainstream."""

    FULL = "full"
    POROUS = "porous"
    OUTREACH = "outreach"


class NotStated(LookupError):
    """The data does not state what is asked for; the message says what is missing, for people to read."""


@dataclass(frozen=True, slots=True)
class GuidePrice:
    """What a tariff would expect a year, in pence. The lines are the steps, each with what it adds; they sum to it."""

    tariff: str
    is_illustrative: bool
    lines: tuple[Line, ...]

    @property
    def amount(self) -> int:
        """Pence a year."""
        return total(self.lines)


@dataclass(frozen=True, slots=True)
class _Step:
    label: str
    factor: Fraction
    basis: str


def guide_price(
    tariff: Tariff,
    *,
    kind: Kind,
    band: Band,
    pattern: Pattern,
    la_code: str,
    sessions: int | None = None,
    half_days: int | None = None,
    grade: Grade | None = None,
) -> GuidePrice:
    """The guide price a year; `la_code` is the authority in whose area the setting lies.

    full: band price × pattern multiplier × area factor. porous: sessions / 10 of that × (1 + coordination).
    outreach: half-days a year × the rate of the grade, the same for every band and area. The exact product is rounded
    to the penny at each line shown, a half going up; the sum is the exact product so rounded.

    Raises NotStated where the tariff says nothing, ValueError for sessions, half-days, grade or pattern that do not fit
    the kind.

    >>> from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff
    >>> tariff = load_tariff(DEMONSTRATION_TARIFF)
    >>> boarding = guide_price(tariff, kind=Kind.FULL, band=Band.INTENSIVE, pattern=Pattern.WEEKLY, la_code="202")
    >>> print(*boarding.lines, sep="\\n")
    Intensive band: £48,000 (day, 38 weeks, area factor 1)
    Pattern weekly: £24,000 (× 1.5)
    Area: £12,960 (× 1.18, factor of LA 202)
    >>> pounds(boarding.amount), boarding.is_illustrative
    ('£84,960', True)
    >>> week = guide_price(tariff, kind=Kind.POROUS, band=Band.MODERATE, pattern=Pattern.DAY, la_code="373", sessions=4)
    >>> pounds(week.amount)  # 4/10 of £30,000, and 10% for coordination
    '£13,200'
    >>> outreach = guide_price(tariff, kind=Kind.OUTREACH, band=Band.MILD, pattern=Pattern.DAY, la_code="373",
    ...                        half_days=20, grade=Grade.SPECIALIST_TEACHER)
    >>> print(*outreach.lines)
    20 half-days of a specialist teacher: £4,300 (£215 a half-day)
    """
    _check_quantities(kind, pattern, sessions, half_days, grade)
    if half_days is not None and grade is not None:
        lines = [_outreach_line(tariff, half_days, grade)]
    else:
        lines = _placement_lines(tariff, band, pattern, la_code, sessions)
    return GuidePrice(str(tariff), tariff.is_illustrative, tuple(lines))


def half_days(hours: Decimal) -> int:
    """The half-days that a visit of so many hours counts as: whole ones, and one at least.

    >>> [half_days(Decimal(hours)) for hours in ("0.5", "3", "3.25", "6")]
    [1, 1, 2, 2]
    """
    return max(1, ceil(hours / HOURS_OF_HALF_DAY))


def half_days_in_all(hours: Decimal, *, a_week: Decimal) -> int:
    """The half-days of so many hours in all, given in one visit a week; the last week has what is left.

    >>> half_days_in_all(Decimal(20), a_week=Decimal(2)), half_days_in_all(Decimal(31), a_week=Decimal(6))
    (10, 11)
    """
    weeks, rest = divmod(hours, a_week)
    return int(weeks) * half_days(a_week) + (half_days(rest) if rest else 0)


def standard_price(tariff: Tariff, *, band: Band, pattern: Pattern) -> GuidePrice:
    """Band price × pattern multiplier, at area factor 1: what a like-for-like price is compared with.

    Raises NotStated where the tariff says nothing.

    >>> from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff
    >>> price = standard_price(load_tariff(DEMONSTRATION_TARIFF), band=Band.MODERATE, pattern=Pattern.TERMLY)
    >>> print(*price.lines, sep="\\n")
    Moderate band: £30,000 (day, 38 weeks, area factor 1)
    Pattern termly: £27,000 (× 1.9)
    """
    return GuidePrice(str(tariff), tariff.is_illustrative, tuple(_placement_lines(tariff, band, pattern, None, None)))


def _check_quantities(
    kind: Kind, pattern: Pattern, sessions: int | None, half_days: int | None, grade: Grade | None
) -> None:
    if kind != Kind.FULL and pattern != Pattern.DAY:
        raise ValueError(f"A provision of kind {kind} is by day, not {pattern}.")
    if (kind == Kind.POROUS) != (sessions is not None) or (sessions is not None and not 1 <= sessions <= 9):
        raise ValueError(f"Porous takes 1 to 9 sessions of 10, other kinds none: {kind} with {sessions} does not fit.")
    is_outreach = kind == Kind.OUTREACH
    if is_outreach != (half_days is not None) or is_outreach != (grade is not None):
        raise ValueError(f"Outreach takes half-days and a grade, other kinds neither: {kind}, {half_days}, {grade}.")
    if half_days is not None and half_days < 1:
        raise ValueError(f"Outreach is by whole half-days a year, at least one, not {half_days}.")


def _outreach_line(tariff: Tariff, half_days: int, grade: Grade) -> Line:
    if grade not in tariff.outreach:
        raise NotStated(f"{tariff} states no outreach rate for a {grade.words}. Add {grade} to its [outreach].")
    rate = tariff.outreach[grade]
    count = f"{half_days} half-day{'' if half_days == 1 else 's'}"
    return Line(f"{count} of a {grade.words}", half_days * rate, f"{pounds(rate)} a half-day")


def _placement_lines(
    tariff: Tariff, band: Band, pattern: Pattern, la_code: str | None, sessions: int | None
) -> list[Line]:
    if band not in tariff.band:
        raise NotStated(f"{tariff} states no price for the {band} band. Add {band} to its [band].")
    if pattern not in tariff.pattern:
        raise NotStated(f"{tariff} states no multiplier for the pattern {pattern}. Add {pattern} to its [pattern].")
    steps = [_pattern_step(tariff, pattern)]
    if la_code is not None:
        steps.append(_area_step(tariff, la_code))
    if sessions is not None:
        steps += _porous_steps(tariff, sessions)
    lines = [Line(f"{band.capitalize()} band", tariff.band[band], "day, 38 weeks, area factor 1")]
    exact = Fraction(tariff.band[band])
    for step in steps:
        before, exact = half_up(exact), exact * step.factor
        lines.append(Line(step.label, half_up(exact) - before, step.basis))
    return lines


def _pattern_step(tariff: Tariff, pattern: Pattern) -> _Step:
    multiplier = tariff.pattern[pattern]
    return _Step(f"Pattern {pattern}", Fraction(multiplier), f"× {multiplier}")


def _area_step(tariff: Tariff, la_code: str) -> _Step:
    if la_code not in tariff.area:
        return _Step("Area", Fraction(1), f"× 1, no factor is stated for LA {la_code}")
    return _Step("Area", Fraction(tariff.area[la_code]), f"× {tariff.area[la_code]}, factor of LA {la_code}")


def _porous_steps(tariff: Tariff, sessions: int) -> list[_Step]:
    if tariff.coordination is None:
        raise NotStated(f"{tariff} states no rate of coordination for a porous week. Add coordination to its [porous].")
    share = _Step("Share of the week", Fraction(sessions, 10), f"{sessions} sessions of 10")
    rate = f"{(100 * tariff.coordination).normalize():f}"  # 10, not 10.0 or 1E+1
    return [share, _Step("Coordination", 1 + Fraction(tariff.coordination), f"+ {rate}%")]
