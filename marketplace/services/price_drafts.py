"""The drafts of a provider side by side: what each changes against what is published, and several published together.

It must never publish some of them: all that were chosen, or none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

import pricing.schedule
from marketplace.errors import Conflict, Invalid
from marketplace.models import PriceSchedule, Provision, ScheduleStatus, Setting
from marketplace.permissions import Actor, can_edit_setting, require
from marketplace.services import schedule_checks
from marketplace.services.schedule_drafts import publish_schedule
from marketplace.services.schedules import find_schedule, latest_published, priced
from pricing.money import half_up


@dataclass(frozen=True, slots=True)
class Changes:
    """What a schedule changes: its prices, how many of them are `new`, how many before it are `gone`, and by how many
    per cent the fees of those in both change, to one decimal; None where there is none."""

    prices: int
    new: int
    gone: int
    lowest: Decimal | None
    mean: Decimal | None
    highest: Decimal | None


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """A draft, the published schedule that it would end, what it changes, and what keeps it from being published."""

    draft: PriceSchedule
    before: PriceSchedule | None
    changes: Changes
    faults: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps it from being published."""
        return not self.faults


def changes(now: pricing.schedule.PriceSchedule, before: pricing.schedule.PriceSchedule | None) -> Changes:
    """What one schedule changes against another."""
    fees = {(price.provision, price.band): price.annual_fee for price in now.prices}
    old = {(price.provision, price.band): price.annual_fee for price in before.prices} if before else {}
    shares = [Fraction(100 * (fees[key] - old[key]), old[key]) for key in fees.keys() & old.keys() if old[key]]
    mean = sum(shares, Fraction(0)) / len(shares) if shares else None
    return Changes(
        prices=len(fees),
        new=len(fees.keys() - old.keys()),
        gone=len(old.keys() - fees.keys()),
        lowest=_tenths(min(shares, default=None)),
        mean=_tenths(mean),
        highest=_tenths(max(shares, default=None)),
    )


def _tenths(share: Fraction | None) -> Decimal | None:
    return None if share is None else Decimal(half_up(10 * share)).scaleb(-1)


def list_drafts(
    session: Session, actor: Actor, *, provider_id: int, on: date, only: Iterable[int] | None = None
) -> list[DraftSummary]:
    """The drafts of a provider's settings by name of setting: all, or only these."""
    require(can_edit_setting(actor, provider_id), "set prices")
    chosen = [] if only is None else [PriceSchedule.id.in_(only)]
    drafts = session.scalars(
        select(PriceSchedule)
        .join(PriceSchedule.setting)
        .where(Setting.provider_id == provider_id, PriceSchedule.status == ScheduleStatus.DRAFT, *chosen)
        .options(joinedload(PriceSchedule.setting), selectinload(PriceSchedule.lines))
        .order_by(Setting.name, PriceSchedule.id)
    ).all()
    ids = [draft.setting_id for draft in drafts]
    latest = latest_published(session, ids)
    provisions = session.scalars(select(Provision).where(Provision.setting_id.in_(ids)).order_by(Provision.id)).all()
    return [_summary(draft, latest.get(draft.setting_id), provisions, on) for draft in drafts]


def _summary(
    draft: PriceSchedule, before: PriceSchedule | None, provisions: Sequence[Provision], on: date
) -> DraftSummary:
    now = priced(draft)
    own = [row for row in provisions if row.setting_id == draft.setting_id]
    faults = schedule_checks.faults(now, own, latest=before, on=on)
    return DraftSummary(
        draft,
        before,
        changes(now, priced(before) if before else None),
        tuple(text for texts in faults.values() for text in texts),
    )


def publish_drafts(session: Session, actor: Actor, *, drafts: Mapping[int, int], on: date) -> list[PriceSchedule]:
    """Publish several drafts, each at the save (by id) that the person saw. Raises Conflict, naming each setting and
    what is in the way, where one of them cannot be published; then none is."""
    published, refused = [], []
    for schedule_id in sorted(drafts):
        name = find_schedule(session, schedule_id).setting.name
        try:
            published.append(
                publish_schedule(session, actor, schedule_id=schedule_id, version=drafts[schedule_id], on=on)
            )
        except (Conflict, Invalid) as error:
            refused.append(f"{name}: {error}")
    if refused:
        raise Conflict(f"Nothing was published. {' '.join(refused)}")
    return published
