"""Three school years of a need by the best option of each kind, by assumptions that people name (pricing/pathway.py).

It must never be kept, nor decide anything: whoever looks changes the assumptions in the address of the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

import pricing.guide
import pricing.tariff
from marketplace.models import Kind, Need, Pattern, school_year
from marketplace.services.kinds import Best, SideBySide
from marketplace.services.price_file_checks import academic_year
from marketplace.services.tariffs import loaded, tariff_in_force
from pricing.money import total
from pricing.pathway import YEARS, Assumptions, Package, Path, Return, break_even, returns, stay, step_down
from pricing.profile import Band
from pricing.tariff import Grade

HALF_DAYS = 38  # one a week of a school year: what support after the return is taken to be where no package is known

Value = int | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The assumptions that a comparison begins with, by name; `support_after` is None where nothing states it.
    `support_basis` says what it rests on, and whether that is illustrative."""

    values: Mapping[str, Value]
    support_basis: str
    is_illustrative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The paths of the kinds that have an option, the least restrictive first, over the school years ("2027/28").
    `years` names one more, from which a pupil may be back. `returns` and `latest` (see `break_even`) are there where
    both a porous and a full option are; the years of a return are counted from 1."""

    years: tuple[str, ...]
    assumptions: Assumptions
    paths: Mapping[Kind, Path]
    returns: tuple[Return, ...]
    latest: Return | None


def start_of(session: Session, *, need: Need, found: SideBySide) -> Start:
    """What is published of the options: the sessions of the porous one, then half of them, then none; each transport as
    estimated; support after the return as the outreach option costs, or by the guide price of outreach, half a day a
    week; and no uplift, of which nobody knows."""
    full, porous = found.best(Kind.FULL), found.best(Kind.POROUS)
    sessions = (porous.provision.sessions or 0) if porous else 0
    support, basis, is_illustrative = _support(session, need, found)
    values: dict[str, Value] = {
        "sessions_1": sessions,
        "sessions_2": -(-sessions // 2),
        "sessions_3": 0,
        "uplift": Decimal(0),
        "transport_full": full.option.transport if full else 0,
        "transport_porous": porous.option.transport if porous else 0,
        "support_meanwhile": 0,
        "support_after": support,
    }
    return Start(values=values, support_basis=basis, is_illustrative=is_illustrative)


def compare(found: SideBySide, values: Mapping[str, Value]) -> Comparison | None:
    """The paths by these assumptions, named as in `Start`; None where the support after the return is not known, or no
    porous option is there to lead back."""
    porous = found.best(Kind.POROUS)
    if porous is None or values["support_after"] is None:
        return None
    numbers = {name: int(value or 0) for name, value in values.items() if name != "uplift"}
    uplift = Decimal(values["uplift"] or 0)
    assumptions = Assumptions(
        sessions=(numbers["sessions_1"], numbers["sessions_2"], numbers["sessions_3"]),
        uplift=uplift,
        meanwhile=numbers["support_meanwhile"],
        after=numbers["support_after"],
    )
    split = _package(porous, transport=numbers["transport_porous"])
    paths: dict[Kind, Path] = {}
    if outreach := found.best(Kind.OUTREACH):
        paths[Kind.OUTREACH] = stay(_package(outreach, transport=0), uplift=uplift)
    paths[Kind.POROUS] = step_down(split, assumptions)
    back: tuple[Return, ...] = ()
    if full := found.best(Kind.FULL):
        paths[Kind.FULL] = stay(_package(full, transport=numbers["transport_full"]), uplift=uplift)
        back = returns(split, assumptions, paths[Kind.FULL])
    return Comparison(
        years=years_of(found.ranked.on), assumptions=assumptions, paths=paths, returns=back, latest=break_even(back)
    )


def years_of(on: date) -> tuple[str, ...]:
    """The school year of a day and those that follow, and the one after: a pupil may be back from then on."""
    first = school_year(on)
    return tuple(academic_year(date(first + at, 9, 1)) for at in range(YEARS + 1))


def _package(best: Best, *, transport: int) -> Package:
    quote = best.quote
    return Package(
        fee=quote.price if quote else best.option.price,
        transport=transport,
        once=total(quote.once) if quote else 0,
        sessions=best.provision.sessions,
    )


def _support(session: Session, need: Need, found: SideBySide) -> tuple[int | None, str, bool]:
    if outreach := found.best(Kind.OUTREACH):
        package = _package(outreach, transport=0)
        return package.fee, f"the outreach option of {outreach.provision.setting.name}", False
    row = tariff_in_force(session, authority_id=need.authority_id, on=found.ranked.on)
    if row is not None and need.band is not None:
        try:
            guide = _half_day_a_week(loaded(row), need.band)
        except pricing.guide.NotStated:
            pass
        else:
            return guide.amount, f"{guide.lines[0].label}, at the guide price of {guide.tariff}", guide.is_illustrative
    return None, "nothing that is known here", False


def _half_day_a_week(tariff: pricing.tariff.Tariff, band: Band) -> pricing.guide.GuidePrice:
    return pricing.guide.guide_price(
        tariff,
        kind=Kind.OUTREACH,
        band=band,
        pattern=Pattern.DAY,
        la_code="",
        half_days=HALF_DAYS,
        grade=Grade.SPECIALIST_TEACHER,
    )
