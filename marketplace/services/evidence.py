"""Evidence: a comparison as it was shown where somebody decided, kept with the award (Procurement Act 2023, s.98).

Figures and codes only. Who the pupil is, what the family says and what a setting wrote stand nowhere in it.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

from marketplace.models import Consultation, london_day
from marketplace.services.choices import Choice


class Compared(TypedDict):
    """One setting as it was compared. Money in pence a year, days as ISO, codes as in vocabulary.py; None = not known.
    `replied_at` is the instant of the reply, ISO."""

    setting_id: int
    provision_id: int
    setting: str
    provision: str
    provider: str | None
    type: str
    kind: str
    pattern: str
    sessions: int | None
    facts: dict[str, Any]
    is_requested: bool
    is_ordered: bool
    reply: str | None
    replied_at: str | None
    replied_on: str | None
    due_on: str | None
    reasons: list[str]
    starts_on: str
    band: str | None
    fee: int | None
    variation: int
    variation_reason: str | None
    place: int | None
    transport: int | None
    total: int | None
    guide: int | None
    guide_of: str | None
    is_illustrative: bool  # the guide price
    variance: int | None
    variance_percent: str | None
    road_km: float | None
    room: str
    use: str | None
    held_until: str | None


def comparison(found: Sequence[Choice]) -> list[Compared]:
    """The choices, in their order."""
    return [compared(choice) for choice in found]


def compared(choice: Choice) -> Compared:
    """What of one choice is shown and kept."""
    provision, row, offer = choice.provision, choice.consultation, choice.offer
    setting, variance, journey = provision.setting, choice.variance, choice.journey
    return Compared(
        setting_id=setting.id,
        provision_id=provision.id,
        setting=setting.name,
        provision=provision.name,
        provider=setting.provider.name if setting.provider else None,
        type=setting.type.value,
        kind=provision.kind.value,
        pattern=provision.pattern.value,
        sessions=provision.sessions,
        facts=_facts(choice),
        is_requested=choice.is_requested,
        is_ordered=choice.is_ordered,
        reply=row.status.value if row else None,
        replied_at=reply_of(row)[1],
        replied_on=london_day(row.replied_at).isoformat() if row and row.replied_at else None,
        due_on=row.due_on.isoformat() if row else None,
        reasons=[reason.code.value for reason in row.reasons] if row else [],
        starts_on=choice.starts_on.isoformat(),
        band=choice.band.value if choice.band else None,
        fee=choice.fee,
        variation=choice.variation,
        variation_reason=offer.variation_reason if offer else None,
        place=choice.place,
        transport=choice.transport,
        total=choice.total,
        guide=variance.guide.amount if variance else None,
        guide_of=variance.guide.tariff if variance else None,
        is_illustrative=variance is not None and variance.guide.is_illustrative,
        variance=variance.amount if variance else None,
        variance_percent=str(variance.percent) if variance else None,
        road_km=round(journey.road_km, 1) if journey else None,
        room=f"{choice.room.normalize():f}",
        use=None if choice.use is None else f"{choice.use.normalize():f}",
        held_until=london_day(offer.held_until).isoformat() if offer and offer.held_until else None,
    )


def reply_of(row: Consultation | None) -> tuple[str | None, str | None]:
    """What a consultation has been answered, and when: as long as it stays so, a decision rests on the same reply."""
    if row is None:
        return None, None
    return row.status.value, row.replied_at.isoformat() if row.replied_at else None


def _facts(choice: Choice) -> dict[str, Any]:
    """What the register says of the quality and the size of a setting. It holds no inspection outcome."""
    setting = choice.provision.setting
    return {
        "urn": setting.urn,
        "low_age": setting.low_age,
        "high_age": setting.high_age,
        "sex": setting.sex.value,
        "capacity": setting.capacity,
        "pupils": setting.pupils,
        "boarders": setting.boarders,
        "needs": setting.needs,
        "facilities": list(choice.provision.facilities),
    }
