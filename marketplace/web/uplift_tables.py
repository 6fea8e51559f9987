"""An uplift as tables to read: what each authority pays, by provision and band, like for like; and its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.models import Band, Provision, StepKind, Uplift, UpliftStep
from marketplace.permissions import Actor
from marketplace.services.schedules import priced, provisions_to_price
from marketplace.services.uplift_assessment import Assessed, Moved
from marketplace.services.uplift_effects import Effect, change_of
from marketplace.services.uplift_letters import change
from marketplace.services.uplift_prices import agreed_lines, as_schedule
from marketplace.web.formats import counted
from marketplace.web.price_grid import percent_change
from pricing.comparison import Comparison
from pricing.quote import Variance


@dataclass(frozen=True, slots=True)
class Paid:
    """One row of what is paid: `is_own` for the reader's LA; the change that is asked for, in per cent."""

    name: str
    effect: Effect
    change: Decimal | None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """What the page of a request shows; `has_current` where the last proposal or agreement is not what was asked."""

    authorities: list[Paid]
    bands: list[Paid]
    total: Paid | None
    has_current: bool
    moved: list[tuple[Moved, Variance | None, Variance | None]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timeline."""

    at: datetime
    words: str
    who: str
    quoted: str | None


def tables(found: Assessed, actor: Actor) -> Tables:
    """The tables of an assessment as this person may see it."""
    total = found.total
    rows = [*found.by_authority, *([total] if total else [])]
    return Tables(
        authorities=[
            Paid(_authority(each, found), each, _change(each), is_own=each.key == (actor.organisation_id,))
            for each in found.by_authority
        ],
        bands=[Paid(_band(each, found), each, _change(each)) for each in found.by_band],
        total=Paid("All", total, _change(total)) if total else None,
        has_current=any(each.current != each.asked for each in rows),
        moved=[(each, _variance(each.before), _variance(each.after)) for each in found.moved],
    )


def agreed_fees(session: Session, uplift: Uplift) -> list[tuple[Provision, Band, int, int | None, Decimal | None]]:
    """Each published fee with what was agreed, and the change in per cent: provision, band, before, after."""
    assert uplift.base is not None
    before, after = priced(uplift.base), as_schedule(uplift.base, agreed_lines(uplift))
    found = []
    for row in provisions_to_price(session, uplift.base):
        for band in Band:
            now, then = before.price(str(row.id), band), after.price(str(row.id), band)
            if now:
                fee = then.annual_fee if then else None
                found.append((row, band, now.annual_fee, fee, percent_change(fee, now.annual_fee)))
    return found


def timeline(uplift: Uplift) -> list[Entry]:
    """Every step and every answer that this person may see, newest first."""
    steps = [
        Entry(step.at, _words(step), f"{step.officer}, {step.organisation.name}", step.reasons) for step in uplift.steps
    ]
    answers = [
        Entry(
            row.answered_at,
            f"{row.authority.name} {'accepted' if row.is_accepted else 'declined'}",
            f"{row.officer}, {row.authority.name}",
            row.reason,
        )
        for row in uplift.answers
        if row.answered_at is not None
    ]
    return sorted([*reversed(steps), *reversed(answers)], key=lambda each: each.at, reverse=True)


def _words(step: UpliftStep) -> str:
    percent = change(step.percent) if step.percent is not None else ""
    return {
        StepKind.PROPOSED: f"{'Asked for' if step.number == 1 else 'Proposed'} {percent}",
        StepKind.AGREED: f"Agreed to {percent}",
        StepKind.LINK_OFFERED: "Offered to negotiate for all",
        StepKind.LINK_CHANGED: "Another link authority",
        StepKind.LINK_KEPT: "Goes on negotiating for all",
        StepKind.WITHDRAWN: "Withdrew the request",
        StepKind.PUBLISHED: "Published the agreed prices",
    }[step.kind]


def _authority(each: Effect, found: Assessed) -> str:
    if each.others:
        return counted(each.others, "other authority", "other authorities") + ", together"
    return found.authorities[_number(each.key[0])]


def _band(each: Effect, found: Assessed) -> str:
    provision, band = each.key
    return f"{found.provisions[_number(provision)]}, {band}"


def _number(key: int | Band) -> int:
    assert not isinstance(key, Band)
    return key


def _change(each: Effect) -> Decimal | None:
    return change_of(each.now, each.asked)


def _variance(found: Comparison | None) -> Variance | None:
    amount = found.like_for_like if found else None
    return Variance(amount, found.guide) if found and amount is not None else None


def missing_words(found: Assessed) -> Sequence[str]:
    """What the schedule asked for does not price, in words."""
    return [f"{found.provisions[provision]}, {band}" for provision, band in found.missing]
