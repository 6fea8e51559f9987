"""How values are written for people: money, days, moments, distances. Registered as template filters by name.

Never reads a form and never rounds what is kept: each takes an exact value and returns text in plain British English.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

from marketplace.vocabulary import LONDON, in_words, moment_in_words


def pounds(pence: int) -> str:
    """Whole pence as pounds, with the pence only where there are any: "£48,000", "£653.60", "−£1,200"."""
    whole, rest = divmod(abs(pence), 100)
    return f"{_minus(pence)}£{whole:,}" + (f".{rest:02}" if rest else "")


def whole_pounds(pence: int) -> str:
    """Whole pence as pounds rounded half away from zero, as tables show them: "£654"."""
    rounded = (abs(pence) + 50) // 100
    return f"{_minus(pence) if rounded else ''}£{rounded:,}"


def short_pounds(pence: int | float) -> str:
    """Pence as pounds in thousands or millions, for the axes of charts only: "£48k", "£2.5m", "£750"."""
    amount = abs(pence) / 100
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if amount >= size:
            return f"{_minus(pence)}£{_trimmed(amount / size)}{letter}"
    return f"{_minus(pence)}£{_trimmed(amount)}"


def typed_pounds(value: object) -> str:
    """What a money box shows: pence as pounds without the sign, or what the person typed, unchanged."""
    return pounds(value).replace("£", "") if isinstance(value, int) else control(value)


def day(value: date | str) -> str:
    """A date, the ISO text of one as the audit trail holds it, or the London day of an aware moment: "3 March 2027"."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if isinstance(value, datetime):
        value = _in_london(value)
    return in_words(value)


def iso_day(text: str) -> str:
    """A date that is kept as text: "2027-03-03" as "3 March 2027"."""
    return in_words(date.fromisoformat(text))


def moment(value: datetime) -> str:
    """An aware moment on the London clock: "3 March 2027 at 2:05pm"."""
    return moment_in_words(_in_london(value))


def financial_year(year: int) -> str:
    """The financial year that begins on 1 April of a year: "2026 to 2027"."""
    return f"{year} to {year + 1}"


def km(value: float) -> str:
    """Kilometres to one decimal place: "12.3 km"."""
    return f"{value:,.1f} km"


def minutes(value: float) -> str:
    """A length of time given in minutes, to the nearest: "35 minutes", "1 hour 5 minutes"."""
    hours, rest = divmod(round(value), 60)
    return " ".join(counted(n, unit) for n, unit in ((hours, "hour"), (rest, "minute")) if n) or "0 minutes"


def number(value: int | float) -> str:
    """A count or measure with thousands separated and at most two decimal places: "4,472", "0.45"."""
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def exact(value: float | Decimal) -> str:
    """A number as it is, thousands separated and without idle zeros: "16,000", "0.001"."""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """A share between 0 and 1 as a whole percentage: "62%"."""
    return f"{share:.0%}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: "1 place", "1,204 places", "2 authorities" (give the plural where it is not "-s")."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def control(value: object) -> str:
    """A value as a form control carries it: an enum by its value, a date in ISO form, true or false, "" for none."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _in_london(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: pass an aware moment, such as one read from the database")
    return value.astimezone(UTC).astimezone(LONDON)


def _minus(amount: float) -> str:
    return "−" if amount < 0 else ""


def _trimmed(amount: float) -> str:
    """At most three figures and no trailing zeros: axis marks fall on round amounts."""
    return f"{amount:.3g}" if amount < 1000 else f"{amount:,.0f}"


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        pounds,
        whole_pounds,
        short_pounds,
        typed_pounds,
        day,
        iso_day,
        moment,
        financial_year,
        km,
        minutes,
        number,
        exact,
        percent,
        counted,
        control,
    )
}
