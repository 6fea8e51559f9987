"""The published price of one provision for one band on a day, in the lines in which it is kept by whatever rests on it.

An offer, an award and a placement keep the lines as they stood: a later schedule changes nothing for them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import Band, Part, PriceLine, PriceSchedule, Provision
from marketplace.services.schedules import in_force, place_of, provisions_to_price
from pricing.money import pounds
from pricing.schedule import ANNUAL, Discipline, weekly


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPrice:
    """`fee` is the sum of the annual parts, pence a year; `lines` are all parts, with what is paid once."""

    schedule_id: int
    fee: int
    hours_a_week: Decimal | None  # of the core line: what an outreach package buys
    lines: list[dict[str, Any]]


def published_price(session: Session, provision: Provision, band: Band, *, on: date) -> PublishedPrice | None:
    """What a provision asks for a band on a day; None where it has no core price then."""
    schedule = session.scalar(
        select(PriceSchedule).where(PriceSchedule.setting_id == provision.setting_id, *in_force(on))
    )
    return price_in(schedule, provision.id, band) if schedule else None


def published_prices(session: Session, setting_id: int, *, on: date) -> list[tuple[Provision, Band, PublishedPrice]]:
    """Every price of a setting that holds on a day, by provision as lists show them and rising band."""
    schedule = session.scalar(select(PriceSchedule).where(PriceSchedule.setting_id == setting_id, *in_force(on)))
    if schedule is None:
        return []
    return [
        (provision, band, found)
        for provision in provisions_to_price(session, schedule)
        for band in Band
        if (found := price_in(schedule, provision.id, band))
    ]


def price_in(schedule: PriceSchedule, provision_id: int, band: Band) -> PublishedPrice | None:
    """What a schedule states for a provision and a band; None where it states no core price."""
    rows = sorted(
        (line for line in schedule.lines if line.provision_id == provision_id and line.band is band), key=place_of
    )
    core = next((line for line in rows if line.part is Part.CORE), None)
    if core is None:
        return None
    return PublishedPrice(
        schedule_id=schedule.id,
        fee=sum(line.amount for line in rows if line.part in ANNUAL),
        hours_a_week=core.hours_a_week,
        lines=[_kept(line) for line in rows],
    )


def line_words(line: Mapping[str, Any]) -> tuple[str, str]:
    """What a kept line is for, and what is paid: ("Core education, 38 weeks", "£41,000 a year")."""
    part = Part(line["part"])
    words = [part.words]
    if line["discipline"]:
        words.append(Discipline(line["discipline"]).words)
    if line["hours_a_week"]:
        words.append(weekly(Decimal(line["hours_a_week"])))
    if line["weeks"]:
        words.append(f"{line['weeks']} weeks")
    return ", ".join(words), f"{pounds(line['amount'])} {'once' if part is Part.EQUIPMENT else 'a year'}"


def not_included(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """The parts of which kept lines state that there are none, as a sentence names them."""
    none = [line for line in lines if line["hours_a_week"] == "0"]
    return [
        (Discipline(each["discipline"]) if each["discipline"] else Part(each["part"])).words.lower() for each in none
    ]


def _kept(line: PriceLine) -> dict[str, Any]:
    return {
        "part": line.part.value,
        "discipline": line.discipline.value if line.discipline else None,
        "hours_a_week": None if line.hours_a_week is None else f"{line.hours_a_week.normalize():f}",
        "weeks": line.weeks,
        "amount": line.amount,
    }
