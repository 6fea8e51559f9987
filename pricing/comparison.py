"""The like-for-like price: what a provider's price would be for the standard content of its band, at area factor 1.

Each step is a line, so that a provider and a commissioner can find the figure they dispute. What is not stated is never
taken for zero: then there is no price and no variance, but a list of what is missing. It must never change a price.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pricing.content import HOURS, Content, Hours, hours_words
from pricing.framework import Framework
from pricing.guide import GuidePrice, standard_price
from pricing.money import Line, half_up, pounds, total
from pricing.schedule import BandPrice, Discipline, Part, PriceLine, weekly
from pricing.tariff import Pattern, Tariff

Of = tuple[Part, Discipline | None]  # the published line that a step rests on
Step = tuple[str, Fraction, str, Of | None]  # label, what it adds in pence, basis


@dataclass(frozen=True, slots=True)
class StepLine(Line):
    """One step of a comparison, and the published line that it rests on; None where it rests on all of them."""

    of: Of | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A price beside that of its band. `lines` sum to the like-for-like price; none while figures are `missing`."""

    lines: tuple[StepLine, ...]
    guide: GuidePrice
    missing: tuple[str, ...]

    @property
    def like_for_like(self) -> int | None:
        """Pence a year; None while figures are missing."""
        return None if self.missing else total(self.lines)

    @property
    def variance(self) -> Fraction | None:
        """like for like / (band price × pattern multiplier) − 1, exactly; None while figures are missing."""
        amount = self.like_for_like
        return None if amount is None else Fraction(amount, self.guide.amount) - 1

    @property
    def differences(self) -> tuple[StepLine, ...]:
        """The lines that make the difference from the band's price, the largest first; they sum to it."""
        if self.missing:
            return ()
        first, *others = self.lines
        label = f"{first.label}, less the band's price"
        core = StepLine(label, first.amount - self.guide.amount, self.guide.tariff, first.of)
        return tuple(sorted((line for line in (core, *others) if line.amount), key=lambda line: -abs(line.amount)))

    def __str__(self) -> str:
        amount, variance = self.like_for_like, self.variance
        if amount is None or variance is None:
            return f"No variance: {'; '.join(self.missing)}."
        where = f"{percent(abs(variance))} {'above' if variance > 0 else 'below'}" if variance else "at"
        return f"Like for like {pounds(amount)}, {where} {pounds(self.guide.amount)} in the {self.guide.tariff}."


def compare(price: BandPrice, *, pattern: Pattern, framework: Framework, tariff: Tariff, la_code: str) -> Comparison:
    """The like-for-like price of a full placement, and its variance from the band; `la_code` is the setting's LA.

    (core × standard weeks / weeks + therapy + one-to-one + residential − Σ (hours − standard hours) × rate × standard
    weeks) / area factor, rounded to the penny at each line shown; the sum is the exact figure so rounded. Equipment is
    paid once and stands apart. Hours of which the band has none as standard, and which nobody states, are none.

    Raises NotStated when the tariff has no price for the band and pattern.

    >>> from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
    >>> from pricing.profile import Band
    >>> from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff
    >>> framework, tariff = load_framework(DEMONSTRATION_FRAMEWORK), load_tariff(DEMONSTRATION_TARIFF)
    >>> from pricing.schedule import Discipline
    >>> core = PriceLine(Part.CORE, 3_120_000, weeks=39)
    >>> salt = PriceLine(Part.THERAPY, 627_000, Discipline.SALT, Decimal("1.5"), 38)
    >>> price = BandPrice("river-day", Band.MODERATE, (core, salt))
    >>> found = compare(price, pattern=Pattern.DAY, framework=framework, tariff=tariff, la_code="303")
    >>> print(found)  # the band has a quarter of an hour of it as standard, and the schedule does not say
    No variance: occupational therapy: hours a week (0 for none) and amount.
    >>> ot = PriceLine(Part.THERAPY, 0, Discipline.OCCUPATIONAL, Decimal("0.25"), 38)
    >>> price = BandPrice("river-day", Band.MODERATE, (core, salt, ot))
    >>> found = compare(price, pattern=Pattern.DAY, framework=framework, tariff=tariff, la_code="303")
    >>> print(*found.lines, sep="\\n")
    Core education: £31,200 (39 weeks)
    In 38 weeks: −£800 (× 38/39, the band's standard)
    Therapy, speech and language therapy: £6,270 (1.5 h a week)
    Therapy, occupational therapy: £0 (0.25 h a week)
    Speech and language therapy beyond standard: −£4,180 (1.5 h a week, standard 0.5; £110 an hour, 38 weeks)
    Area: −£2,406.67 (÷ 1.08, factor of LA 303)
    >>> print(found)
    Like for like £30,083.33, 0.3% above £30,000 in the Demonstration tariff (illustrative), version 1.
    """
    guide = standard_price(tariff, band=price.band, pattern=pattern)
    content = framework.content.get(price.band)
    if content is None:
        return Comparison((), guide, (f"the standard content of the {price.band} band in the {framework}",))
    missing = tuple(_missing(price, pattern, content))
    if missing:
        return Comparison((), guide, missing)
    steps = [*_stated(price, content), *_beyond_standard(price, content, framework)]
    return Comparison(tuple(_lines(steps, tariff, la_code)), guide, ())


def percent(share: Fraction) -> str:
    """A share as a percentage with one decimal, a half going up.

    >>> percent(Fraction(1, 8)), percent(Fraction(-1, 16))
    ('12.5%', '−6.2%')
    """
    return f"{Decimal(half_up(1000 * share)).scaleb(-1)}%".replace("-", "−")


def hours_stated(price: BandPrice, of: Hours) -> Decimal | None:
    """The hours a week that a price states; None when it does not."""
    hours = [line.hours_a_week for line in price.lines if _hours_of(line) == of]
    return None if not hours or None in hours else sum((each for each in hours if each is not None), Decimal(0))


def _hours_of(line: PriceLine) -> Hours | None:
    return line.discipline if line.part is Part.THERAPY else line.part if line.part is Part.ONE_TO_ONE else None


def _missing(price: BandPrice, pattern: Pattern, content: Content) -> Iterator[str]:
    core = [line for line in price.lines if line.part is Part.CORE]
    if not core:
        yield "core education: amount and weeks a year"
    elif any(line.weeks is None for line in core):
        yield "core education: weeks a year"
    if any(line.part is Part.THERAPY and line.discipline is None for line in price.lines):
        yield "therapy: its discipline"
    given = {_hours_of(line) for line in price.lines}
    without_hours = [hours_words(of) for of in HOURS if of in given and hours_stated(price, of) is None]
    not_given = [hours_words(of) for of in HOURS if of not in given and content.hours[of]]
    for names, what in ((without_hours, "hours a week"), (not_given, "hours a week (0 for none) and amount")):
        if names:
            yield f"{_listed(names)}: {what}"
    if pattern != Pattern.DAY and price.stated(Part.RESIDENTIAL) is None:
        yield "residential care: amount (0 if it is in another line)"


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _stated(price: BandPrice, content: Content) -> Iterator[Step]:
    for line in price.lines:
        if line.part is Part.CORE and line.weeks is not None:
            share = Fraction(content.weeks) / line.weeks
            yield Part.CORE.words, Fraction(line.amount), f"{line.weeks} weeks", (Part.CORE, None)
            if share != 1:
                weeks = f"{content.weeks.normalize():f}"
                basis = f"× {weeks}/{line.weeks}, the band's standard"
                yield f"In {weeks} weeks", line.amount * (share - 1), basis, (Part.CORE, None)
    for part in (Part.THERAPY, Part.ONE_TO_ONE, Part.RESIDENTIAL):
        for line in (line for line in price.lines if line.part is part):
            name = f"{part.words}, {line.discipline.words}" if line.discipline else part.words
            hours = weekly(line.hours_a_week) if line.hours_a_week is not None else "as published"
            yield name, Fraction(line.amount), hours, (part, line.discipline)


def _beyond_standard(price: BandPrice, content: Content, framework: Framework) -> Iterator[Step]:
    for of in HOURS:
        hours, standard, rate = hours_stated(price, of), content.hours[of], framework.rates[of]
        if hours is not None and hours != standard:
            label = f"{hours_words(of).capitalize()} {'beyond' if hours > standard else 'short of'} standard"
            basis = (
                f"{weekly(hours)}, standard {standard.normalize():f}; {pounds(rate)} an hour,"
                f" {content.weeks.normalize():f} weeks"
            )
            stated: Of = (Part.THERAPY, of) if isinstance(of, Discipline) else (of, None)
            yield label, -Fraction((hours - standard) * rate * content.weeks), basis, stated


def _lines(steps: list[Step], tariff: Tariff, la_code: str) -> Iterator[StepLine]:
    factor = tariff.area.get(la_code, Decimal(1))
    basis = f"÷ {factor}, factor of LA {la_code}" if la_code in tariff.area else f"÷ 1, none is stated for LA {la_code}"
    exact = sum((amount for _, amount, _, _ in steps), Fraction(0))
    shown = Fraction(0)
    for label, amount, why, of in [*steps, ("Area", exact / Fraction(factor) - exact, basis, None)]:
        yield StepLine(label, half_up(shown + amount) - half_up(shown), why, of)
        shown += amount
