"""Choices: the settings that an LA can decide between for a need, side by side, each with what it would cost the
public, what it has said, and what the law asks of an award of it.

An award keeps this comparison as its evidence. It must never rank by price alone, nor leave one out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import pricing.framework
import pricing.tariff
from marketplace.models import (
    OPEN_CONSULTATIONS,
    Band,
    Consultation,
    ConsultationStatus,
    Kind,
    Need,
    Offer,
    Provision,
    Setting,
    SettingStatus,
    SettingType,
)
from marketplace.services import capacity, law, registration
from marketplace.services.consultations import consultations_of
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.law import Verdict
from marketplace.services.matching.journeys import Journey, journeys
from marketplace.services.published_prices import PublishedPrice, published_price
from marketplace.services.quotes import guide_of
from marketplace.services.tariffs import loaded, tariff_in_force
from pricing.quote import Variance, marginal_price


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One setting, by one of its provisions. Money in pence a year: `fee` with the variation that is asked, `place`
    what the LA pays of it, `total` with transport the marginal public cost. None where nothing is known: no price, no
    way. `room` is what is free for the pupil on the day, with what is held for this offer; `use` what an award would
    take, both in places or hours a week. `too_much`: why a setting that is not registered as a school may not take the
    pupil so."""

    provision: Provision
    consultation: Consultation | None
    verdict: Verdict
    is_requested: bool
    is_ordered: bool
    starts_on: date
    band: Band | None
    published: PublishedPrice | None
    variation: int
    place: int | None
    journey: Journey | None
    variance: Variance | None
    room: Decimal
    use: Decimal | None
    too_much: str | None = None

    @property
    def offer(self) -> Offer | None:
        """What the setting offers on this provision, if it does."""
        offer = self.consultation.offer if self.consultation else None
        return offer if offer and offer.provision_id == self.provision.id else None

    @property
    def fee(self) -> int | None:
        """The whole fee a year, with the variation."""
        return self.published.fee + self.variation if self.published else None

    @property
    def transport(self) -> int | None:
        """The transport of a year."""
        return self.journey.transport if self.journey else None

    @property
    def total(self) -> int | None:
        """The marginal public cost a year."""
        return None if self.place is None or self.transport is None else self.place + self.transport

    @property
    def has_room(self) -> bool:
        """Whether an award would find a place today."""
        return self.use is not None and self.room >= self.use


@dataclass(frozen=True, slots=True)
class _Rules:
    """What all choices of one comparison are judged by."""

    need: Need
    on: date
    framework: pricing.framework.Framework
    tariff: pricing.tariff.Tariff | None


def choices(session: Session, *, need: Need, on: date, starts_on: date | None = None) -> list[Choice]:
    """The choices for a need on a day: every open consultation, by its offer where there is one; the provision that an
    order fixes; and of the setting that the parents request one, also where it was not consulted. What is not offered
    is priced as of `starts_on` (as a rule the day on which the placement is needed).

    The requested one first, then offers by what they cost, then the others by id.
    """
    starts_on = starts_on or max(on, need.starts_on or on)
    consulted = {row.setting_id: row for row in consultations_of(session, need) if row.status in OPEN_CONSULTATIONS}
    wanted = _wanted(session, need, consulted)
    ways = journeys(session, need=need, provision_ids={provision.id for provision in wanted})
    tariff = tariff_in_force(session, authority_id=need.authority_id, on=starts_on)
    rules = _Rules(
        need=need,
        on=on,
        framework=rule(framework_in_force(session, on=starts_on)),
        tariff=loaded(tariff) if tariff else None,
    )
    found = [_choice(session, rules, row, consulted.get(row.setting_id), ways.get(row.id), starts_on) for row in wanted]
    return sorted(found, key=_order)


def _choice(
    session: Session,
    rules: _Rules,
    provision: Provision,
    consultation: Consultation | None,
    journey: Journey | None,
    starts_on: date,
) -> Choice:
    need = rules.need
    offer = consultation.offer if consultation else None
    if offer is not None and offer.provision_id != provision.id:
        offer = None  # an order fixes another provision of the setting
    starts_on = max(starts_on, offer.starts_on) if offer else starts_on
    band = offer.band if offer else need.band
    published = _published(session, provision, offer, band, starts_on)
    variation = offer.variation if offer else 0
    fee = published.fee + variation if published else None
    guide = guide_of(rules.tariff, provision, band) if band else None
    return Choice(
        provision=provision,
        consultation=consultation,
        verdict=_verdict(rules, provision, consultation),
        is_requested=provision.setting_id == need.request_id,
        is_ordered=provision.id == need.locked_id,
        starts_on=starts_on,
        band=band,
        published=published,
        variation=variation,
        place=None if fee is None else _owed(rules, provision, fee),
        journey=journey,
        variance=Variance(fee, guide) if guide and fee is not None else None,
        room=_room(session, need, provision, consultation, starts_on),
        use=_use(provision, published),
        too_much=registration.fault(provision.setting, provision.kind, provision.sessions, footing=need.footing),
    )


def _published(
    session: Session, provision: Provision, offer: Offer | None, band: Band | None, starts_on: date
) -> PublishedPrice | None:
    """The price of the day on which it was offered, whatever was published since; else of the first day."""
    if offer is not None:
        return PublishedPrice(
            schedule_id=offer.schedule_id, fee=offer.price, hours_a_week=offer.hours_a_week, lines=offer.lines
        )
    return published_price(session, provision, band, on=starts_on) if band else None


def _use(provision: Provision, published: PublishedPrice | None) -> Decimal | None:
    """What one pupil takes; of outreach it is not known without a price that says how many hours it buys."""
    hours = published.hours_a_week if published else None
    if provision.kind is Kind.OUTREACH and hours is None:
        return None
    return capacity.use_of(provision, hours_a_week=hours)


def _owed(rules: _Rules, provision: Provision, fee: int) -> int:
    return marginal_price(fee, kind=provision.kind, setting_type=provision.setting.type, framework=rules.framework)


def _room(
    session: Session, need: Need, provision: Provision, consultation: Consultation | None, starts_on: date
) -> Decimal:
    assert need.year_group is not None
    free = capacity.room(session, pool_id=provision.pool_id, year_group=need.year_group, on=starts_on)
    return free + (capacity.held(session, consultation) if consultation else 0)


def _verdict(rules: _Rules, provision: Provision, row: Consultation | None) -> Verdict:
    need = rules.need
    reply = row.status if row else None
    if row and row.offer and row.offer.provision_id != provision.id:
        reply = None  # what is ordered is not what was offered
    setting = provision.setting
    return law.verdict(
        # What is not registered as a school has no duty to admit either.
        setting.type if setting.is_registered else SettingType.INDEPENDENT,
        requested=need.request.type if need.request else None,
        is_named_requested=provision.setting_id == need.request_id,
        reply=reply,
        is_overdue=row is not None and rules.on > row.due_on,
        is_ordered_elsewhere=need.locked_id is not None and provision.id != need.locked_id,
        footing=need.footing,
    )


def _order(choice: Choice) -> tuple[bool, bool, bool, int, int]:
    has_offered = choice.consultation is not None and choice.consultation.status is ConsultationStatus.OFFERED
    total = choice.total if choice.total is not None else 10**15
    return not choice.is_ordered, not choice.is_requested, not has_offered, total, choice.provision.id


def _wanted(session: Session, need: Need, consulted: Mapping[int, Consultation]) -> list[Provision]:
    """One provision of each setting: what an order fixes, else what it offers or was asked about, else of the setting
    that is requested the first of what it offers in general."""
    asked = {row.offer.provision_id if row.offer else row.provision_id for row in consulted.values()}
    named = asked | ({need.locked_id} if need.locked_id else set())
    general = (
        (Provision.setting_id == (need.request_id or 0))
        & Provision.is_offered
        & Provision.kind.in_(need.kinds)
        & (Setting.status != SettingStatus.CLOSED)
    )
    rows: Sequence[Provision] = session.scalars(
        select(Provision)
        .join(Provision.setting)
        .where(Provision.id.in_(named) | general)
        .options(
            joinedload(Provision.setting).joinedload(Setting.authority),
            joinedload(Provision.setting).joinedload(Setting.provider),
        )
        .order_by(Provision.id)
    ).all()
    first: dict[int, Provision] = {}
    for row in sorted(rows, key=lambda row: (row.id != need.locked_id, row.id not in asked, row.id)):
        first.setdefault(row.setting_id, row)
    return list(first.values())
