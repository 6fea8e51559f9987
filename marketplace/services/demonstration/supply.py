"""The settings of the demonstration: where they lie, what they offer, the pools that their provisions share, and what
is vacant from two dates: this school year's start, and the start of a term to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy.orm import Session

from marketplace.models import (
    Kind,
    Pattern,
    Pool,
    Provision,
    Role,
    Setting,
    SettingType,
    Sex,
    Unit,
    Vacancy,
)
from marketplace.services.demonstration import names, places
from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.offer import HIGH_AGE, LOW_AGE, PLANS, Plan, Specialism
from marketplace.services.demonstration.people import People

FIRST_URN = 900_001  # the register has given none above 200,000
STAGES = ((-1, 6), (7, 11), (12, 14))
SPREAD = 2.5  # km of a setting about the centre of its district
SUFFIXES = {
    SettingType.STATE_SPECIAL: ("School", "Academy"),
    SettingType.NMSS: ("School",),
    SettingType.SECTION41: ("School", "House School"),
    SettingType.INDEPENDENT: ("School", "Learning Centre"),
    SettingType.AP: ("Alternative Provision", "Pupil Referral Unit"),
    SettingType.RESOURCED_MAINSTREAM: ("Community School",),
}


@dataclass(slots=True, kw_only=True)
class Offered:
    """One setting with what it offers."""

    setting: Setting
    specialism: Specialism
    provisions: list[Provision]


@dataclass(frozen=True, slots=True)
class Terms:
    """The days from which places are vacant: the last 1 September, and the next start of a term after the day."""

    started: date
    coming: date


def terms_of(on: date) -> Terms:
    """The two days as seen from a day. Terms start on 1 September, 4 January and 15 April here."""
    starts = sorted(date(year, *day) for year in (on.year, on.year + 1) for day in ((9, 1), (1, 4), (4, 15)))
    september = date(on.year if on >= date(on.year, 9, 1) else on.year - 1, 9, 1)
    return Terms(september, next(day for day in starts if day > on))


def add_supply(session: Session, people: People, *, seed: int, on: date) -> list[Offered]:
    """Add the settings with pools, vacancies and provisions."""
    random = chance("supply", seed)
    terms = terms_of(on)
    stems = random.sample(names.STEMS, len(names.STEMS))
    rings = {code: places.outline(code) for code in places.CORNERS}
    districts = places.districts()
    found = []
    for number, plan in enumerate(each for each in PLANS for _ in range(each.count)):
        # Round the authorities, so that each has some of every type, in whichever of its districts.
        code = list(rings)[number % len(rings)]
        district = random.choice([each for each in districts if each.authority_code == code])
        centre = places.near(district.centre, rings[code], random, spread=SPREAD)
        name = f"{stems[number]} {random.choice(SUFFIXES[plan.type])}"
        setting = _setting(people, plan, code, FIRST_URN + number, name, centre, random)
        found.append(_offered(people, plan, setting, random, terms, on=on))
    for each in found:
        session.add(each.setting)
        session.add_all(each.provisions)
    session.flush()
    return found


def _setting(
    people: People, plan: Plan, code: str, urn: int, name: str, centre: places.Point, random: Random
) -> Setting:
    low, high = random.choice(plan.years)
    easting, northing = places.easting_northing(*centre)
    capacity = random.randrange(16, 41) if plan.type is SettingType.RESOURCED_MAINSTREAM else random.randrange(48, 181)
    is_stated = plan.type is not SettingType.INDEPENDENT or random.random() < 0.4  # as GIAS leaves most blank
    return Setting(
        urn=urn,
        name=name,
        type=plan.type,
        provider=people.provider(plan.type, code, random),
        authority=next(row for row in people.authorities if row.code == code),
        low_age=LOW_AGE[low],
        high_age=HIGH_AGE[high],
        boarders="Boarding school" if plan.boarding else "No boarders",
        capacity=capacity,
        pupils=round(capacity * random.uniform(0.86, 1.02)),
        needs=list(plan.specialism.needs) if is_stated else None,
        postcode=None,
        easting=easting,
        northing=northing,
    )


def _offered(people: People, plan: Plan, setting: Setting, random: Random, terms: Terms, *, on: date) -> Offered:
    assert setting.low_age is not None
    assert setting.high_age is not None
    assert setting.provider is not None
    low = next(year for year, age in LOW_AGE.items() if age == setting.low_age)
    high = next(year for year, age in HIGH_AGE.items() if age == setting.high_age)
    editor = people.who(setting.provider, Role.PROVIDER_EDITOR)

    def pool(name: str, unit: Unit, vacancies: Iterator[Vacancy]) -> Pool:
        # Most confirmed lately, some long ago: a buyer sees the age of each figure.
        age = timedelta(days=random.choice((0, 1, 2, 4, 6, 9, 12, 20, 45)))
        at = datetime.combine(on - age, time(random.randrange(8, 17), 15), UTC)
        return Pool(
            setting=setting, name=name, unit=unit, confirmed_at=at, confirmed_by_id=editor.id, vacancies=list(vacancies)
        )

    day = pool("Day places", Unit.PLACES, _places(plan, low, high, random, terms))
    common = {"low_year": low, "high_year": high, "las": [setting.authority.code] if plan.is_local else []}
    provisions = [_provision(plan, setting, day, Kind.FULL, common)]
    if random.random() < plan.porous:
        provisions.append(_provision(plan, setting, day, Kind.POROUS, {**common, "sessions": random.choice((2, 5, 5))}))
    if plan.boarding:
        beds = pool("Boarding places", Unit.PLACES, _beds(low, high, random, terms))
        boarding = {**common, "low_year": max(low, 5)}  # few board before year 5
        provisions += (_provision(plan, setting, beds, Kind.FULL, boarding, pattern) for pattern in plan.boarding)
    if random.random() < plan.outreach:
        hours = Vacancy(low_year=-1, high_year=14, starts_on=terms.started, amount=Decimal(random.randrange(10, 31)))
        staff = pool("Outreach staff", Unit.HOURS, iter((hours,)))
        reach = {**common, "radius_km": Decimal(random.choice((20, 30, 40)))}
        provisions.append(_provision(plan, setting, staff, Kind.OUTREACH, reach))
    if setting.type is SettingType.INDEPENDENT and plan.boarding and random.random() < 0.3:
        setting.sex = random.choice((Sex.FEMALE, Sex.MALE))
        for provision in provisions:
            provision.sex = setting.sex
    return Offered(setting=setting, specialism=plan.specialism, provisions=provisions)


def _places(plan: Plan, low: int, high: int, random: Random, terms: Terms) -> Iterator[Vacancy]:
    """Places by stage: now, and perhaps some more from the coming term."""
    for first, last in STAGES:
        if first <= high and low <= last:
            years = {"low_year": max(first, low), "high_year": min(last, high)}
            yield Vacancy(**years, starts_on=terms.started, amount=Decimal(random.randint(*plan.places)))
            if random.random() < 0.5:
                yield Vacancy(**years, starts_on=terms.coming, amount=Decimal(random.randint(1, 4)))


def _beds(low: int, high: int, random: Random, terms: Terms) -> Iterator[Vacancy]:
    years = {"low_year": max(low, 5), "high_year": high}
    yield Vacancy(**years, starts_on=terms.started, amount=Decimal(random.randint(1, 3)))
    yield Vacancy(**years, starts_on=terms.coming, amount=Decimal(random.randint(1, 2)))


def _provision(
    plan: Plan,
    setting: Setting,
    pool: Pool,
    kind: Kind,
    fields: dict[str, object],
    pattern: Pattern = Pattern.DAY,
) -> Provision:
    specialism = plan.specialism
    is_whole = kind is Kind.FULL and plan.type is not SettingType.RESOURCED_MAINSTREAM
    ci, cl, semh, sp = (
        level if is_whole else max(2, level - 1) for level in specialism.levels
    )  # a unit or a visit meets less than the whole setting
    return Provision(
        setting=setting,
        pool=pool,
        name=f"{specialism.words}: {_WORDS[kind, pattern]}",
        kind=kind,
        pattern=pattern,
        needs=list(specialism.needs),
        max_ci=ci,
        max_cl=cl,
        max_semh=semh,
        max_sp=sp,
        facilities=list(specialism.facilities),
        **fields,
    )


_WORDS = {
    (Kind.FULL, Pattern.DAY): "day places",
    (Kind.FULL, Pattern.WEEKLY): "weekly boarding",
    (Kind.FULL, Pattern.TERMLY): "termly boarding",
    (Kind.FULL, Pattern.ANNUAL): "52-week placements",
    (Kind.POROUS, Pattern.DAY): "shared week",
    (Kind.OUTREACH, Pattern.DAY): "outreach",
}
