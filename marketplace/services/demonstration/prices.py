"""Price schedules of the demonstration: what the demonstration tariff would expect, a setting's own level, and noise.

Each setting has last year's prices, superseded, and this year's. Illustrative throughout.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.models import (
    Band,
    Discipline,
    Kind,
    Part,
    Pattern,
    PriceLine,
    PriceSchedule,
    Provision,
    ScheduleStatus,
    SettingType,
)
from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.supply import Offered, terms_of
from pricing.guide import HOURS_OF_HALF_DAY, guide_price
from pricing.tariff import Grade, Tariff

# How a type of setting asks, against the guide price of an independent day place.
LEVELS = {
    SettingType.STATE_SPECIAL: (0.62, 0.74),
    SettingType.NMSS: (0.88, 1.02),
    SettingType.SECTION41: (0.94, 1.15),
    SettingType.INDEPENDENT: (0.98, 1.3),
    SettingType.AP: (0.7, 0.85),
    SettingType.RESOURCED_MAINSTREAM: (0.5, 0.66),
}
LAST_YEAR = 0.955  # of this year's prices
NOISE = 0.04
WEEKS = {Pattern.DAY: 38, Pattern.WEEKLY: 38, Pattern.TERMLY: 38, Pattern.ANNUAL: 52}
BANDS = tuple(Band)
# Hours a week by band: of each therapy, of one-to-one support, of an outreach package (in half-days of three hours).
THERAPY_HOURS = {Band.MODERATE: "0.5", Band.INTENSIVE: "1", Band.PROFOUND: "1.5", Band.EXCEPTIONAL: "2"}
ONE_TO_ONE_HOURS = {Band.PROFOUND: 8, Band.EXCEPTIONAL: 15}
HALF_DAYS_A_WEEK = {Band.MILD: "0.5", Band.MODERATE: "1", Band.INTENSIVE: "1.5"}
SCHOOL_WEEKS = 38
THERAPY_RATE, ONE_TO_ONE_RATE = 9_500, 2_400  # pence an hour


def add_prices(session: Session, supply: list[Offered], tariff: Tariff, *, seed: int, on: date) -> None:
    """Publish last year's and this year's schedule of every setting."""
    random = chance("prices", seed)
    this_year = terms_of(on).started
    last_year = this_year.replace(year=this_year.year - 1)
    for offered in supply:
        level = random.uniform(*LEVELS[offered.setting.type])
        asked = {
            (provision.id, band): level * random.uniform(1 - NOISE, 1 + NOISE)
            for provision in offered.provisions
            for band in _bands(provision)
        }
        for version, (starts_on, factor) in enumerate(((last_year, LAST_YEAR), (this_year, 1.0)), start=1):
            session.add(
                PriceSchedule(
                    setting=offered.setting,
                    version=version,
                    starts_on=starts_on,
                    lines=[
                        line
                        for provision in offered.provisions
                        for band in _bands(provision)
                        for line in _lines(offered, provision, band, tariff, factor * asked[provision.id, band])
                    ],
                )
            )
    session.flush()
    _publish(session, last_year, this_year)


def _publish(session: Session, last_year: date, this_year: date) -> None:
    """Publish as drafts were published: one after the other, the second ending the first."""
    for version, starts_on in ((1, last_year), (2, this_year)):
        published_at = datetime.combine(starts_on - timedelta(days=60), time(9), UTC)
        session.execute(
            update(PriceSchedule)
            .where(PriceSchedule.version == version)
            .values(status=ScheduleStatus.PUBLISHED, published_at=published_at)
        )
        if version == 1:
            session.execute(
                update(PriceSchedule)
                .where(PriceSchedule.version == 1)
                .values(status=ScheduleStatus.SUPERSEDED, ends_on=this_year)
            )


def _bands(provision: Provision) -> tuple[Band, ...]:
    """The bands that pupils within the provision's levels come to: up to a step above the highest, for two areas."""
    if provision.kind is Kind.OUTREACH:
        return tuple(HALF_DAYS_A_WEEK)
    highest = max(provision.max_ci, provision.max_cl, provision.max_semh, provision.max_sp)
    return tuple(band for band in BANDS if Band.MODERATE.level <= band.level <= highest + 1)


def _lines(offered: Offered, provision: Provision, band: Band, tariff: Tariff, asked: float) -> Iterator[PriceLine]:
    common = {"provision_id": provision.id, "band": band, "weeks": WEEKS[provision.pattern]}
    code = offered.setting.authority.code
    if provision.kind is Kind.OUTREACH:
        a_week = Decimal(HALF_DAYS_A_WEEK[band])
        half_days = int(a_week * SCHOOL_WEEKS)
        guide = guide_price(
            tariff, kind=provision.kind, band=band, pattern=provision.pattern, la_code=code, half_days=half_days,
            grade=Grade.SPECIALIST_TEACHER if band is not Band.MILD else Grade.TA,
        )  # fmt: skip
        hours = a_week * HOURS_OF_HALF_DAY
        yield PriceLine(part=Part.CORE, amount=_rounded(guide.amount * asked), hours_a_week=hours, **common)
        return
    guide = guide_price(
        tariff, kind=provision.kind, band=band, pattern=provision.pattern, la_code=code, sessions=provision.sessions
    )
    day = guide_price(
        tariff, kind=provision.kind, band=band, pattern=Pattern.DAY, la_code=code, sessions=provision.sessions
    )
    share = Decimal(provision.sessions or 10) / 10
    extras = [*_therapies(offered.specialism.therapies, band, share), *_one_to_one(band, share)]
    fee = _rounded(day.amount * asked)
    core = fee - sum(line.amount for line in extras)
    yield PriceLine(part=Part.CORE, amount=core, **common)
    for line in extras:
        line.provision_id, line.band, line.weeks = provision.id, band, SCHOOL_WEEKS
        yield line
    if offered.setting.type is not SettingType.AP:  # which leaves unsaid what it does not give
        yield from _none_of_others(extras, common)
    if guide.amount > day.amount:
        yield PriceLine(part=Part.RESIDENTIAL, amount=_rounded((guide.amount - day.amount) * asked), **common)


def _therapies(disciplines: tuple[Discipline, ...], band: Band, share: Decimal) -> Iterator[PriceLine]:
    hours = Decimal(THERAPY_HOURS[band]) * share
    for discipline in disciplines:
        amount = _rounded(float(hours * SCHOOL_WEEKS * THERAPY_RATE) / 2)  # half the time is in groups of several
        yield PriceLine(part=Part.THERAPY, discipline=discipline, hours_a_week=hours, amount=amount)


def _one_to_one(band: Band, share: Decimal) -> Iterator[PriceLine]:
    if band in ONE_TO_ONE_HOURS:
        hours = ONE_TO_ONE_HOURS[band] * share
        amount = _rounded(float(hours * SCHOOL_WEEKS * ONE_TO_ONE_RATE))
        yield PriceLine(part=Part.ONE_TO_ONE, hours_a_week=hours, amount=amount)


def _none_of_others(extras: Iterable[PriceLine], common: Mapping[str, Any]) -> Iterator[PriceLine]:
    given = {(line.part, line.discipline) for line in extras}
    for part, discipline in (*((Part.THERAPY, each) for each in Discipline), (Part.ONE_TO_ONE, None)):
        if (part, discipline) not in given:
            yield PriceLine(part=part, discipline=discipline, hours_a_week=Decimal(0), amount=0, **common)


def _rounded(pence: float) -> int:
    """To whole £50, as schedules are written; £50 at least."""
    return max(1, round(pence / 5_000)) * 5_000
