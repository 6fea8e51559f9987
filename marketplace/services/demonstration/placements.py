"""Today's placements of the demonstration's region with their prices, a tariff fitted to them, and a shadow run of the
demonstration tariff. Illustrative throughout; no placement is anybody's.
"""

from collections.abc import Iterator
from datetime import date, datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import (
    Band,
    Calibration,
    Kind,
    Part,
    PriceBasis,
    PriceLine,
    PriceSchedule,
    Provision,
    Role,
    RunStatus,
    ScheduleStatus,
    SettingType,
    ShadowRun,
    Tariff,
)
from marketplace.services import calibrations, shadow_runs
from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.people import AREA_FACTORS, People
from marketplace.services.demonstration.supply import Offered
from marketplace.services.placement_sets import set_of
from pricing.observed import Observed, Placement

BOUGHT = (SettingType.NMSS, SettingType.SECTION41, SettingType.INDEPENDENT)
OF_OWN_LA = 0.55  # of the placements of a setting
WEIGHTS = {Band.MODERATE: 3, Band.INTENSIVE: 5, Band.PROFOUND: 3, Band.EXCEPTIONAL: 1}
AGREED = (0.93, 1.05)  # of what the schedule asks: older awards are below it, extras above


def add_placements(
    session: Session, people: People, supply: list[Offered], *, seed: int, on: date, at: datetime
) -> None:
    """Add the set of the region, as its procurement would have, with what was computed on it."""
    random = chance("placements", seed)
    observed = Observed.of(_placements(people, supply, _fees(session), random))
    start = date(on.year - (on < date(on.year, 4, 1)), 4, 1)
    buyer = people.who(people.region, Role.PROCUREMENT)
    about = {"added_by": buyer, "added_at": at, "starts_on": start, "ends_on": date(start.year + 1, 3, 31)}
    name = f"Placements of {people.region.name}, {start.year}-{(start.year + 1) % 100:02}"
    placements = set_of(observed, owner=people.region, name=name, basis=PriceBasis.CONTRACTED, **about)
    session.add(placements)
    session.flush()
    tariff = session.scalars(select(Tariff).order_by(Tariff.id).limit(1)).one()
    ended = {"status": RunStatus.DONE, "created_at": at, "started_at": at, "finished_at": at, "requested_by": buyer}
    mine = {"owner_id": people.region.id, "placement_set": placements, **ended}
    fitted = Calibration(
        name=f"{people.region.name} bands",
        valid_from=date(start.year + 1, 4, 1),
        step=calibrations.STEP,
        is_neutral=True,
        fits_multipliers=False,
        multipliers=tariff.content,
        **mine,
    )
    run = ShadowRun(tariff=tariff, content=tariff.content, limit=shadow_runs.LIMIT, **mine)
    for row, found in ((fitted, calibrations.compute(fitted, observed)), (run, shadow_runs.compute(run, observed))):
        row.figures, row.files = found.figures, found.files
        session.add(row)
    session.flush()


def _fees(session: Session) -> dict[tuple[int, Band], int]:
    """What this year's schedules ask a year, in pence, by provision and band."""
    lines = session.scalars(
        select(PriceLine)
        .join(PriceSchedule, PriceSchedule.id == PriceLine.schedule_id)
        .where(PriceSchedule.status == ScheduleStatus.PUBLISHED, PriceLine.part != Part.EQUIPMENT)
        .order_by(PriceLine.id)
    )
    fees: dict[tuple[int, Band], int] = {}
    for line in lines:
        key = (line.provision_id, line.band)
        fees[key] = fees.get(key, 0) + line.amount
    return fees


def _placements(
    people: People, supply: list[Offered], fees: dict[tuple[int, Band], int], random: Random
) -> Iterator[Placement]:
    number = 0
    for offered in supply:
        full = [row for row in offered.provisions if row.kind is Kind.FULL]
        for provision in full if offered.setting.type in BOUGHT else ():
            bands = [band for band in WEIGHTS if (provision.id, band) in fees]
            for _ in range(random.randint(3, 14) if bands else 0):
                number += 1
                band = random.choices(bands, [WEIGHTS[each] for each in bands])[0]
                fee = fees[provision.id, band]
                yield _placement(people, offered, provision, band, f"P-{number:04}", fee, random)


def _placement(
    people: People, offered: Offered, provision: Provision, band: Band, reference: str, fee: int, random: Random
) -> Placement:
    setting = offered.setting
    assert setting.provider is not None
    payer = setting.authority if random.random() < OF_OWN_LA else random.choice(people.authorities)
    return Placement(
        placement=reference,
        la=payer.name,
        setting=setting.name,
        provider=setting.provider.name,
        setting_type=setting.type,
        pattern=provision.pattern,
        band=band,
        area_factor=AREA_FACTORS[setting.authority.code],
        price=50 * max(1, round(fee * random.uniform(*AGREED) / 5_000)),
    )
