"""An uplift as tables to read: what each authority pays, by provision and band, beside the bands; and its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import Band, Kind, Provision, StepKind, Uplift, UpliftStep
from marketplace.permissions import Actor
from marketplace.services.schedules import priced, provisions_to_price
from marketplace.services.uplift_assessment import Assessed
from marketplace.services.uplift_comparisons import Moved
from marketplace.services.uplift_effects import Effect
from marketplace.services.uplift_letters import change
from marketplace.services.uplift_prices import agreed_lines, as_schedule
from marketplace.web.formats import counted
from marketplace.web.price_grid import percent_change
from pricing.comparison import Comparison
from pricing.quote import Variance


@dataclass(frozen=True, slots=True)
class Paid:
    """One row of what is paid: `is_own` for the reader's LA."""

    name: str
    effect: Effect
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """A price beside that of its band, like for like: its variance in each of the columns; None where it has none."""

    moved: Moved
    variances: dict[str, Variance | None]


@dataclass(frozen=True, slots=True)
class Tables:
    """What the page of a request shows. `columns` name what is set side by side, with headings: as published, as asked
    for, and the last proposal or agreement where that is something else."""

    columns: dict[str, str]
    authorities: list[Paid]
    bands: list[Paid]
    total: Paid | None
    beside: list[Beside]
    not_compared: list[str]

    @property
    def headings(self) -> list[dict[str, Any]]:
        """The headings of the columns, as macros/tables.html reads them."""
        return [{"text": heading, "numeric": True} for heading in self.columns.values()]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timeline."""

    at: datetime
    words: str
    who: str
    quoted: str | None


def tables(found: Assessed, uplift: Uplift, actor: Actor) -> Tables:
    """The tables of an assessment as this person may see it."""
    total = found.total
    columns = {"before": "Now", "asked": "As asked"}
    if any(each.current != each.asked for each in (*found.by_authority, *found.cells)):  # sums may be alike by chance
        columns["current"] = "Proposed now" if uplift.agreed_percent is None else "Agreed"
    return Tables(
        columns=columns,
        authorities=[
            Paid(_authority(each, found), each, is_own=each.key == (actor.organisation_id,))
            for each in found.by_authority
        ],
        bands=[Paid(_band(each, found), each) for each in found.by_band],
        total=Paid("All", total) if total else None,
        beside=[
            Beside(each, {name: _variance(getattr(each, name)) for name in columns})
            for each in found.compared.prices
            if not _why_not(each)
        ],
        not_compared=[
            f"{each.provision.name}, {each.band}: {why}" for each in found.compared.prices if (why := _why_not(each))
        ],
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


def _why_not(each: Moved) -> str:
    """Why no amount of a price can be compared; nothing where one can."""
    if any(amount is not None for amount in each.amounts):
        return ""
    if each.provision.kind is not Kind.FULL:
        return "porous and outreach prices are not compared"
    missing = next((found.missing for found in (each.before, each.asked, each.current) if found), None)
    return f"not stated: {'; '.join(missing)}" if missing else "the tariff states no price for this band and pattern"


def _variance(found: Comparison | None) -> Variance | None:
    amount = found.like_for_like if found else None
    return Variance(amount, found.guide) if found and amount is not None else None


def missing_words(found: Assessed) -> Sequence[str]:
    """What the schedule asked for does not price, in words."""
    return [f"{found.provisions[provision]}, {band}" for provision, band in found.missing]
