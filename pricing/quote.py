"""A quote: what one need would cost the public purse at one provision on one date, line by line.

Averages and full fees are not the comparison; the marginal public cost is. It must never cap a price: the variance from
the guide price is shown beside it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pricing.framework import Framework, SettingType
from pricing.guide import GuidePrice, Kind, NotStated
from pricing.money import Line, half_up, pounds, total
from pricing.profile import Band
from pricing.schedule import Part, PriceLine, PriceSchedule, weekly


@dataclass(frozen=True, slots=True)
class Transport:
    """An estimate of transport, in pence a year, and what it rests on; 0 only where the basis says why."""

    amount: int
    basis: str

    def __post_init__(self) -> None:
        if self.amount < 0 or not self.basis.strip():
            raise ValueError("Transport is 0 or more pence a year, with words that say what the estimate rests on.")


@dataclass(frozen=True, slots=True)
class Variance:
    """How far a fee stands from its guide price. It is shown, with room to negotiate; it changes nothing."""

    fee: int
    guide: GuidePrice

    @property
    def amount(self) -> int:
        """Pence a year above the guide price; negative below it."""
        return self.fee - self.guide.amount

    @property
    def percent(self) -> Decimal:
        """Of the guide price, to one decimal, a half going up."""
        return Decimal(half_up(Fraction(1000 * self.amount, self.guide.amount))).scaleb(-1)

    def __str__(self) -> str:
        distance = f"{pounds(abs(self.amount))} ({abs(self.percent)}%)"
        where = f"{distance} above" if self.amount > 0 else f"{distance} below" if self.amount < 0 else "at"
        return f"The fee is {where} the guide price of {pounds(self.guide.amount)} in the {self.guide.tariff}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Every amount in pence. `once` (equipment) stands apart: it is in no annual sum."""

    on: date
    schedule_version: int
    price_lines: tuple[Line, ...]  # the published lines, less place funding where it is sunk
    transport: Line
    once: tuple[Line, ...]
    variance: Variance | None  # None = there is no guide price to compare with

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the total is made of."""
        return (*self.price_lines, self.transport)

    @property
    def price(self) -> int:
        """The LA's marginal cost of the place a year, without transport."""
        return total(self.price_lines)

    @property
    def total(self) -> int:
        """The marginal public cost a year."""
        return total(self.lines)


def quote(
    schedule: PriceSchedule,
    *,
    provision: str,
    band: Band,
    kind: Kind,
    setting_type: SettingType,
    framework: Framework,
    transport: Transport,
    on: date,
    guide: GuidePrice | None = None,
) -> Quote:
    """What the placement would cost a year at the prices of a day.

    Independent schools, section 41 or not, are paid their whole fee. Where the framework states place funding for the
    setting type it is paid whether or not the place is filled, so a full placement costs only what is above it. Porous
    and outreach prices count as published: the one place funding stays with the pupil's main school.

    Raises NotStated when the schedule does not hold on the day or has no price for the band.

    >>> from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
    >>> from pricing.schedule import BandPrice, ScheduleStatus
    >>> core = PriceLine(Part.CORE, 3_000_000, weeks=38)
    >>> care = PriceLine(Part.ONE_TO_ONE, 420_000, hours_a_week=Decimal(5), weeks=38)
    >>> schedule = PriceSchedule(version=3, starts_on=date(2026, 9, 1), status=ScheduleStatus.PUBLISHED,
    ...                          prices=(BandPrice("river-day", Band.MODERATE, (core, care)),))
    >>> found = quote(schedule, provision="river-day", band=Band.MODERATE, kind=Kind.FULL,
    ...               setting_type=SettingType.NMSS, framework=load_framework(DEMONSTRATION_FRAMEWORK),
    ...               transport=Transport(570_000, "10 km by road, 380 journeys at £1.50 a km"), on=date(2026, 11, 23))
    >>> for line in found.lines:
    ...     print(line.label, pounds(line.amount))
    Core education £30,000
    Additional one-to-one support £4,200
    Less place funding already paid −£10,000
    Transport £5,700
    >>> found.lines[1].basis
    'price schedule version 3, from 1 September 2026; 5 h a week, 38 weeks'
    >>> pounds(found.price), pounds(found.total)
    ('£24,200', '£29,900')
    """
    price = schedule.price(provision, band) if schedule.holds_on(on) else None
    if price is None:
        raise NotStated(f"Price schedule version {schedule.version} states no {band} price of {provision} on {on}.")
    sunk = _sunk_line(price.annual_fee, kind, setting_type, framework)
    return Quote(
        on=on,
        schedule_version=schedule.version,
        price_lines=tuple(_line(schedule, line) for line in price.annual_lines) + ((sunk,) if sunk else ()),
        transport=Line("Transport", transport.amount, transport.basis),
        once=tuple(_line(schedule, line) for line in price.lines if line.part == Part.EQUIPMENT),
        variance=Variance(price.annual_fee, guide) if guide else None,
    )


def marginal_price(fee: int, *, kind: Kind, setting_type: SettingType, framework: Framework) -> int:
    """What filling a place of this annual fee costs the LA, in pence a year, without transport: the whole fee, or what
    is above place funding where that is paid anyway; never below 0."""
    funding = _place_funding(kind, setting_type, framework)
    return fee if funding is None else max(0, fee - funding)


def _place_funding(kind: Kind, setting_type: SettingType, framework: Framework) -> int | None:
    return framework.place_funding.get(setting_type) if kind == Kind.FULL else None


def _sunk_line(fee: int, kind: Kind, setting_type: SettingType, framework: Framework) -> Line | None:
    funding = _place_funding(kind, setting_type, framework)
    if funding is None:
        return None
    basis = f"{setting_type.words}, {pounds(funding)} a place whether or not it is filled; {framework}"
    if fee < funding:
        basis += "; no more than the fee is taken off"
    price = marginal_price(fee, kind=kind, setting_type=setting_type, framework=framework)
    return Line("Less place funding already paid", price - fee, basis)


def _line(schedule: PriceSchedule, line: PriceLine) -> Line:
    start = f"{schedule.starts_on.day} {schedule.starts_on:%B %Y}"
    content = [
        line.discipline.words if line.discipline else None,
        weekly(line.hours_a_week) if line.hours_a_week is not None else None,
        f"{line.weeks} weeks" if line.weeks is not None else "weeks not stated",
    ]
    if line.part == Part.EQUIPMENT:
        content = ["paid once"]
    stated = ", ".join(words for words in content if words)
    return Line(line.part.words, line.amount, f"price schedule version {schedule.version}, from {start}; {stated}")
