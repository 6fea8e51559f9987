"""Three school years of one pupil by two or three paths: a full placement; a porous one, a share of the week, that
leads back to the mainstream school; and outreach into that school.

It is arithmetic on assumptions that people make and name: no forecast, and it binds nobody. It must never rank kinds,
nor fill in what is not known.

In year y (1, 2, 3), every amount being whole pence a year as it stands in year 1 and u the uplift a year:

    full       (fee + transport) x (1 + u)^(y-1)
    porous     (fee + transport) x n_y / n x (1 + u)^(y-1), n_y the sessions of ten in the year and n those that the fee
               was published for, and what the mainstream school is paid meanwhile; once n_y is 0, support alone
    outreach   fee x (1 + u)^(y-1); the staff travel

What is paid once falls in year 1. Each line is rounded to the penny once, a half going up. Years count whole, and
nothing is discounted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pricing.money import Line, half_up, pounds, total

YEARS = 3
SESSIONS = 10  # in a school week
MOST_SESSIONS = 9  # of a porous placement

FEE = "Price of the placement"
TRANSPORT = "Transport"
ONCE = "Paid once"
MEANWHILE = "Support in the mainstream school while the week is shared"
AFTER = "Support in the mainstream school after the return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What a provision costs the LA as it stands in year 1: pence a year, and what is paid once. `sessions` of ten are
    those of a porous placement, None otherwise. Raises ValueError for amounts below 0 and sessions not 1 to 9."""

    fee: int
    transport: int = 0
    once: int = 0
    sessions: int | None = None

    def __post_init__(self) -> None:
        if min(self.fee, self.transport, self.once) < 0:
            raise ValueError("Amounts are 0 or more pence.")
        if self.sessions is not None and not 1 <= self.sessions <= MOST_SESSIONS:
            raise ValueError(
                f"A porous placement has 1 to {MOST_SESSIONS} sessions of {SESSIONS}, not {self.sessions}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a comparison rests on. `sessions` a week at the special setting, year by year: 1 to 9, and 0 from the year
    on in which the pupil is back in the mainstream school for the whole week. `uplift` is percent a year, of every
    amount; `meanwhile` and `after` are what the LA pays the mainstream school a year, in pence as in year 1, while the
    week is shared and after the return. Raises ValueError for what cannot be."""

    sessions: tuple[int, int, int]
    uplift: Decimal = Decimal(0)
    meanwhile: int = 0
    after: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= count <= MOST_SESSIONS for count in self.sessions) or not self.sessions[0]:
            raise ValueError("Sessions are 1 to 9 of 10 in the first year, and 0 to 9 after it.")
        if any(self.sessions[self.back_in - 1 :] if self.back_in else ()):
            raise ValueError("A pupil who is back in the mainstream school stays there in what is compared.")
        if self.uplift <= -100 or min(self.meanwhile, self.after) < 0:
            raise ValueError("The uplift is above -100%, and amounts are 0 or more pence.")

    @property
    def back_in(self) -> int | None:
        """The first year (1 to 3) without a session at the special setting; None = not within them."""
        return next((year for year, count in enumerate(self.sessions, 1) if not count), None)

    @property
    def steps_down_in(self) -> int | None:
        """The first year with fewer sessions than the one before."""
        return next((year for year in range(2, YEARS + 1) if self.sessions[year - 1] < self.sessions[year - 2]), None)


@dataclass(frozen=True, slots=True)
class Path:
    """What one path costs the LA: for each year the same lines, in the same order, 0 where nothing is paid."""

    years: tuple[tuple[Line, ...], ...]

    @property
    def by_year(self) -> tuple[int, ...]:
        """The sum of each year, pence."""
        return tuple(map(total, self.years))

    @property
    def by_line(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """What each line is for, with its pence year by year."""
        return tuple((lines[0].label, tuple(line.amount for line in lines)) for lines in zip(*self.years, strict=True))

    @property
    def so_far(self) -> tuple[int, ...]:
        """The sum up to the end of each year, pence."""
        return tuple(sum(self.by_year[: year + 1]) for year in range(len(self.years)))

    @property
    def total(self) -> int:
        """All years, pence."""
        return sum(self.by_year)


@dataclass(frozen=True, slots=True)
class Return:
    """The porous path if the pupil is back for the whole week from the start of a year: 2, 3, or 4 = not within the
    three. `total` is of all three years, `difference` to the full placement (negative = the porous path costs less)."""

    year: int
    total: int
    difference: int


def stay(package: Package, *, uplift: Decimal) -> Path:
    """Three years in a full placement, or of outreach, which is a package without transport.

    >>> path = stay(Package(fee=4_800_000, transport=570_000), uplift=Decimal("3"))
    >>> print(*path.years[1], sep="\\n")
    Price of the placement: £49,440 (£48,000, + 3% a year)
    Transport: £5,871 (£5,700, + 3% a year)
    Paid once: £0 (in the first year)
    >>> [pounds(amount) for amount in path.by_year], pounds(path.total)
    (['£53,700', '£55,311', '£56,970.33'], '£165,981.33')
    """
    return Path(
        tuple(
            (
                _rising(FEE, package.fee, year, uplift),
                _rising(TRANSPORT, package.transport, year, uplift),
                _once(package, year),
            )
            for year in range(1, YEARS + 1)
        )
    )


def step_down(package: Package, assumptions: Assumptions) -> Path:
    """Three years that begin in a porous placement. Raises ValueError for a package without sessions.

    >>> package = Package(fee=2_112_000, transport=228_000, sessions=4)
    >>> assumed = Assumptions(sessions=(4, 2, 0), uplift=Decimal("2.5"), meanwhile=100_000, after=650_000)
    >>> path = step_down(package, assumed)
    >>> print(*path.years[1], sep="\\n")
    Price of the placement: £10,824 (2 sessions of the 4 that £21,120 buys, + 2.5% a year)
    Transport: £1,168.50 (2 sessions of the 4 that £2,280 buys, + 2.5% a year)
    Support in the mainstream school while the week is shared: £1,025 (£1,000, + 2.5% a year)
    Support in the mainstream school after the return: £0 (not back yet)
    Paid once: £0 (in the first year)
    >>> [pounds(amount) for amount in path.by_year]
    ['£24,400', '£13,017.50', '£6,829.06']
    >>> (assumed.steps_down_in, assumed.back_in)
    (2, 3)
    """
    if package.sessions is None:
        raise ValueError("A path that steps down begins in a porous placement.")
    return Path(tuple(tuple(_shared(package, assumptions, year)) for year in range(1, YEARS + 1)))


def returns(package: Package, assumptions: Assumptions, full: Path) -> tuple[Return, ...]:
    """The porous path for each year in which the pupil could be back. Until then the sessions are those assumed; where
    the assumptions have the pupil back already, those of the year before go on.

    >>> full = stay(Package(fee=4_800_000), uplift=Decimal(0))
    >>> split = Package(fee=4_500_000, sessions=6)
    >>> assumed = Assumptions(sessions=(6, 6, 0), after=600_000)
    >>> [(row.year, pounds(row.total), pounds(row.difference)) for row in returns(split, assumed, full)]
    [(2, '£57,000', '−£87,000'), (3, '£96,000', '−£48,000'), (4, '£135,000', '−£9,000')]
    """
    found = []
    for year in range(2, YEARS + 2):
        path = step_down(package, _back_in(assumptions, year))
        found.append(Return(year, path.total, path.total - full.total))
    return tuple(found)


def break_even(found: Sequence[Return]) -> Return | None:
    """The latest return with which, and with every earlier one, the porous path costs less in all than the full
    placement; None where the earliest does not.

    >>> rows = [Return(2, 5_000_000, -100), Return(3, 6_000_000, -1), Return(4, 7_000_000, 900)]
    >>> break_even(rows).year, break_even(rows[2:])
    (3, None)
    """
    latest = None
    for row in sorted(found, key=lambda row: row.year):
        if row.difference >= 0:
            break
        latest = row
    return latest


def _back_in(assumptions: Assumptions, year: int) -> Assumptions:
    sessions: list[int] = []
    for at, count in enumerate(assumptions.sessions, 1):
        sessions.append(0 if at >= year else count or sessions[-1])
    first, second, third = sessions
    return Assumptions(
        sessions=(first, second, third),
        uplift=assumptions.uplift,
        meanwhile=assumptions.meanwhile,
        after=assumptions.after,
    )


def _shared(package: Package, assumptions: Assumptions, year: int) -> Iterator[Line]:
    count, uplift = assumptions.sessions[year - 1], assumptions.uplift
    yield _share(FEE, package.fee, package.sessions or 0, count, year, uplift)
    yield _share(TRANSPORT, package.transport, package.sessions or 0, count, year, uplift)
    if count:
        yield _rising(MEANWHILE, assumptions.meanwhile, year, uplift)
        yield Line(AFTER, 0, "not back yet")
    else:
        yield Line(MEANWHILE, 0, "back already")
        yield _rising(AFTER, assumptions.after, year, uplift)
    yield _once(package, year)


def _share(label: str, amount: int, sessions: int, count: int, year: int, uplift: Decimal) -> Line:
    if not count:
        return Line(label, 0, "back in the mainstream school")
    exact = Fraction(amount * count, sessions) * _factor(year, uplift)
    of = "session" if count == 1 else "sessions"
    basis = f"{count} {of} of the {sessions} that {pounds(amount)} buys{_raised(year, uplift)}"
    return Line(label, half_up(exact), basis)


def _rising(label: str, amount: int, year: int, uplift: Decimal) -> Line:
    return Line(label, half_up(amount * _factor(year, uplift)), f"{pounds(amount)}{_raised(year, uplift)}")


def _once(package: Package, year: int) -> Line:
    return Line(ONCE, package.once if year == 1 else 0, "in the first year")


def _factor(year: int, uplift: Decimal) -> Fraction:
    return (1 + Fraction(uplift) / 100) ** (year - 1)


def _raised(year: int, uplift: Decimal) -> str:
    if year == 1 or not uplift:
        return ""
    return f", {'+' if uplift > 0 else '−'} {abs(uplift).normalize():f}% a year"
