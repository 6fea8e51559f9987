"""Choices: the settings that an LA can decide between for a need, side by side, each with what it would cost the
public, what it has said, and what the law asks of an award of it.

An award keeps this comparison as its evidence. It must never rank by price alone, nor leave one out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import (
    OPEN_CONSULTATIONS,
    Band,
    Consultation,
    ConsultationStatus,
    Need,
    Provision,
    Setting,
    SettingStatus,
)
from marketplace.services import law
from marketplace.services.consultations import consultations_of
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.law import Verdict
from marketplace.services.matching.journeys import journeys
from marketplace.services.published_prices import PublishedPrice, published_price
from marketplace.services.quotes import guide_of
from marketplace.services.tariffs import loaded, tariff_in_force
from pricing.quote import Variance, marginal_price


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One setting, by one of its provisions. Money in pence a year: `fee` with the variation that is asked, `place`
    what the LA pays of it, `total` with transport the marginal public cost. None where nothing is known: no price, no
    way."""

    provision: Provision
    consultation: Consultation | None
    verdict: Verdict
    is_requested: bool
    starts_on: date
    band: Band | None
    published: PublishedPrice | None
    fee: int | None
    variation: int
    place: int | None
    transport: int | None
    road_km: float | None
    variance: Variance | None

    @property
    def total(self) -> int | None:
        """The marginal public cost a year."""
        return None if self.place is None or self.transport is None else self.place + self.transport

    def as_evidence(self) -> dict[str, Any]:
        """What an award keeps of it."""
        return {
            "setting_id": self.provision.setting_id,
            "provision_id": self.provision.id,
            "setting": self.provision.setting.name,
            "provision": self.provision.name,
            "reply": self.consultation.status.value if self.consultation else None,
            "is_requested": self.is_requested,
            "band": self.band.value if self.band else None,
            "starts_on": self.starts_on.isoformat(),
            "fee": self.fee,
            "transport": self.transport,
            "total": self.total,
            "road_km": None if self.road_km is None else round(self.road_km, 1),
            "variance": self.variance.amount if self.variance else None,
        }


def choices(session: Session, *, need: Need, on: date) -> list[Choice]:
    """The choices for a need on a day: every open consultation, by its offer where there is one; the provision that an
    order fixes; and of the setting that the parents request one, also where it was not
    consulted. The requested one first, then offers by what they cost, then the others by id."""
    consulted = [row for row in consultations_of(session, need) if row.status in OPEN_CONSULTATIONS]
    settings = {row.setting_id for row in consulted}
    wanted: list[tuple[Provision, Consultation | None]] = [
        *((row.offer.provision if row.offer else row.provision, row) for row in consulted),
        *((row, None) for row in _unasked(session, need) if row.setting_id not in settings),
    ]
    ways = journeys(session, need=need, provision_ids={provision.id for provision, _ in wanted}, on=on)
    tariff = tariff_in_force(session, authority_id=need.authority_id, on=on)
    guide = loaded(tariff) if tariff else None
    framework = rule(framework_in_force(session, on=on))
    found = []
    for provision, consultation in wanted:
        offer = consultation.offer if consultation else None
        starts_on = offer.starts_on if offer else on
        band = offer.band if offer else need.band
        published = published_price(session, provision, band, on=starts_on) if band else None
        if offer is not None:  # the price of the day on which it was offered, whatever was published since
            published = PublishedPrice(
                schedule_id=offer.schedule_id, fee=offer.price, hours_a_week=offer.hours_a_week, lines=offer.lines
            )
        variation = offer.variation if offer else 0
        fee = published.fee + variation if published else None
        way = ways.get(provision.id)
        price = guide_of(guide, provision, band) if band else None
        found.append(
            Choice(
                provision=provision,
                consultation=consultation,
                verdict=_verdict(need, provision, consultation, on=on),
                is_requested=provision.setting_id == need.request_id,
                starts_on=starts_on,
                band=band,
                published=published,
                fee=fee,
                variation=variation,
                place=None
                if fee is None
                else marginal_price(fee, kind=provision.kind, setting_type=provision.setting.type, framework=framework),
                transport=way.transport if way else None,
                road_km=way.road_km if way else None,
                variance=Variance(fee, price) if price and fee is not None else None,
            )
        )
    return sorted(found, key=_place)


def _place(choice: Choice) -> tuple[bool, bool, int, int]:
    has_offered = choice.consultation is not None and choice.consultation.status is ConsultationStatus.OFFERED
    total = choice.total if choice.total is not None else 10**15
    return not choice.is_requested, not has_offered, total, choice.provision.id


def _verdict(need: Need, provision: Provision, row: Consultation | None, *, on: date) -> Verdict:
    return law.verdict(
        provision.setting.type,
        requested=need.request.type if need.request else None,
        is_named_requested=provision.setting_id == need.request_id,
        reply=row.status if row else None,
        is_overdue=row is not None and on > row.due_on,
    )


def _unasked(session: Session, need: Need) -> Sequence[Provision]:
    """The provision that an order fixes, then those offered of the setting that is requested, by kind and id."""
    named = [at for at in (need.locked_id,) if at is not None]
    rows = session.scalars(
        select(Provision)
        .join(Provision.setting)
        .where(
            (Provision.id.in_(named))
            | (
                (Provision.setting_id == (need.request_id or 0))
                & Provision.is_offered
                & Provision.kind.in_(need.kinds)
                & (Setting.status != SettingStatus.CLOSED)
            )
        )
        .options(joinedload(Provision.setting).joinedload(Setting.authority))
        .order_by(Provision.id)
    ).all()
    first: dict[int, Provision] = {}
    for row in sorted(rows, key=lambda row: (row.id not in named, row.id)):
        first.setdefault(row.setting_id, row)
    return list(first.values())
