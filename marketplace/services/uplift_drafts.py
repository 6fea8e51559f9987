"""A provider's request before it is sent: kept as a draft that nobody else sees, checked, sent once.

Sending freezes what is asked and what it is asked on. It must never judge how much is asked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from marketplace import audit
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound
from marketplace.models import (
    Authority,
    PriceSchedule,
    Setting,
    StepKind,
    Uplift,
    UpliftAnswer,
    UpliftCount,
    UpliftStatus,
    school_year,
)
from marketplace.permissions import Actor, can_edit_setting, can_request_uplift, require
from marketplace.services import schedule_checks
from marketplace.services.schedules import find_setting, latest_published, priced, provisions_to_price
from marketplace.services.uplift_assessment import affected
from marketplace.services.uplift_effects import Affected, default_link, effects, total
from marketplace.services.uplift_placements import running_at
from marketplace.services.uplift_prices import draft_of, frozen
from marketplace.services.uplift_steps import add_step, locked, move, require_fresh
from marketplace.vocabulary import in_words

LOWEST, HIGHEST = -50, 100  # per cent; beyond it is a slip of the keyboard
NOTHING_PUBLISHED = "No prices are published yet, so there is nothing to raise. Set and publish prices first."


def start_of(session: Session, actor: Actor, setting_id: int) -> tuple[Setting, PriceSchedule]:
    """A setting of the provider's own, and its last published prices, on which a request is made. Raises NotFound, and
    Conflict where nothing is published."""
    setting = find_setting(session, actor, setting_id)
    require(can_edit_setting(actor, setting.provider_id), "ask for other prices")
    base = latest_published(session, [setting_id]).get(setting_id)
    if base is None:
        raise Conflict(NOTHING_PUBLISHED)
    return setting, base


def save_uplift(
    session: Session,
    actor: Actor,
    *,
    setting_id: int | None = None,
    uplift_id: int | None = None,
    version: int | None = None,
    percent: Decimal | None,
    starts_on: date,
    shares: Mapping[str, Decimal],
    reasons: str,
    counts: Mapping[int, Mapping[str, Any]],
    on: date,
) -> Uplift:
    """Keep a draft as it was typed, a new one of a setting or one that is there. `percent` None asks for the prices of
    the setting's draft. `counts` are rows of authority_id, provision_id, band and stated, by their number on the page.

    Raises Invalid with everything that is wrong, by field; Stale; InvalidTransition once it is sent."""
    if uplift_id is None:
        assert setting_id is not None
        setting, base = start_of(session, actor, setting_id)
        uplift = Uplift(setting=setting, provider_id=setting.provider_id, authority_ids=[])
    else:
        uplift = _own_draft(session, actor, uplift_id, version or 0)
        setting, base = start_of(session, actor, uplift.setting_id)
    faults = _start_faults(starts_on, base, on) | _count_faults(session, base, counts)
    if percent is None and draft_of(session, setting.id) is None:
        faults["basis"] = ["There is no draft of new prices. Start one under Prices, or ask for a percentage."]
    if faults:
        raise Invalid(faults)
    uplift.percent, uplift.starts_on, uplift.year = percent, starts_on, school_year(starts_on)
    uplift.staff, uplift.premises, uplift.other = shares["staff"], shares["premises"], shares["other"]
    uplift.reasons = reasons
    kept = {(row.authority_id, row.provision_id, row.band): row for row in uplift.counts}
    uplift.counts = [_counted(kept, row) for row in counts.values()]
    session.add(uplift)
    if uplift_id is not None:
        flag_modified(uplift, "starts_on")  # a change of placements alone also counts as a save
    audit.record(session, actor, "uplift saved", uplift)
    return uplift


def send_uplift(session: Session, actor: Actor, *, uplift_id: int, version: int, on: date, at: datetime) -> Uplift:
    """Send a draft: what it asks for is frozen, the LAs that it names see it, and the one with most placements
    negotiates for all. The request is the first proposal.

    Raises Invalid where its start has passed since or its prices cannot be published, Stale, InvalidTransition."""
    uplift = _own_draft(session, actor, uplift_id, version)
    _, base = start_of(session, actor, uplift.setting_id)
    faults = _start_faults(uplift.starts_on, base, on)
    if uplift.is_of_schedule:
        draft = draft_of(session, uplift.setting_id)
        if draft is None:
            faults["basis"] = ["The draft of new prices is gone. Ask for a percentage, or start a draft under Prices."]
        elif wrong := schedule_checks.faults(priced(draft), provisions_to_price(session, draft), latest=None, on=on):
            faults["basis"] = [f"The draft of new prices cannot be published as it is: {_first(wrong)}"]
        else:
            uplift.asked = frozen(draft.lines)
    priced_now = {(line.provision_id, line.band) for line in base.lines}
    if any((row.provision_id, row.band) not in priced_now for row in uplift.counts):
        faults["_form"] = [
            "A provision named here has no published price in that band any more. Change the placements."
        ]
    if lacking := _unstated(session, uplift, base):
        faults["_form"] = [lacking]
    if faults:
        raise Invalid(faults)
    with session.no_autoflush:  # it is sent as a whole
        uplift.base, uplift.sent_at = base, at
        rows = affected(session, uplift.setting_id, on=uplift.starts_on)
        uplift.authority_ids = sorted({row.authority_id for row in rows})
        uplift.link_id = default_link(session, rows)
        uplift.answers = [UpliftAnswer(authority_id=authority_id) for authority_id in uplift.authority_ids]
        move(uplift, UpliftStatus.NEGOTIATING)
        change = _change(uplift, rows)
    add_step(session, actor, uplift, StepKind.PROPOSED, at=at, percent=change, reasons=uplift.reasons)
    return uplift


def _unstated(session: Session, uplift: Uplift, base: PriceSchedule) -> str:
    """What is missing where fewer placements are stated than run in the marketplace when the prices would start."""
    running, stated = Counter[int](), Counter[int]()
    for (authority_id, _, _), count in running_at(session, base, on=uplift.starts_on).items():
        running[authority_id] += count
    for row in uplift.counts:
        stated[row.authority_id] += row.stated
    short = [each for each in running if stated[each] < running[each]]
    names = session.scalars(select(Authority).where(Authority.id.in_(short)).order_by(Authority.name, Authority.id))
    parts = [f"{row.name} {running[row.id]} (you state {stated[row.id]})" for row in names]
    if not parts:
        return ""
    return f"Through this marketplace more are placed here: {'; '.join(parts)}. Change the placements."


def _change(uplift: Uplift, rows: Sequence[Affected]) -> Decimal:
    """What is asked, in per cent over these placements."""
    if uplift.percent is not None:
        return uplift.percent
    change = total(effects(uplift, rows, [], lambda row: (row.authority_id,))).change
    if change is None or not LOWEST <= change <= HIGHEST:
        words = (
            f"Over these placements it is no change between {LOWEST}% and {HIGHEST}%. Check the draft of new prices."
        )
        raise Invalid({"basis": [words]})
    return change


def discard_uplift(session: Session, actor: Actor, *, uplift_id: int, version: int) -> None:
    """Give a draft up: nobody else has seen it, so it goes. Raises InvalidTransition once it is sent, Stale."""
    uplift = _own_draft(session, actor, uplift_id, version)
    audit.record(session, actor, "uplift discarded", uplift)
    session.delete(uplift)


def _own_draft(session: Session, actor: Actor, uplift_id: int, version: int) -> Uplift:
    uplift = locked(session, uplift_id)
    require(can_request_uplift(actor, uplift.provider_id), "change this request")
    if uplift.status is not UpliftStatus.DRAFT:
        raise InvalidTransition("The request is sent, so it no longer changes. Withdraw it to make another.")
    require_fresh(uplift, version)
    return uplift


def _start_faults(starts_on: date, base: PriceSchedule, on: date) -> dict[str, list[str]]:
    if starts_on < on:
        return {"starts_on": ["This day has passed. Enter today or a later day."]}
    if starts_on <= base.starts_on:
        return {"starts_on": [f"Prices from {in_words(base.starts_on)} are published already. Enter a later day."]}
    if starts_on - on > schedule_checks.FURTHEST:
        return {"starts_on": [f"{in_words(starts_on)} is more than three years from today. Check the year."]}
    return {}


def _count_faults(
    session: Session, base: PriceSchedule, counts: Mapping[int, Mapping[str, Any]]
) -> dict[str, list[str]]:
    """What is wrong with the rows of placements, by field."""
    if not counts:
        return {"counts": ["Say which local authorities have placements here, and how many."]}
    faults: dict[str, list[str]] = {}
    published = {(line.provision_id, line.band) for line in base.lines}
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in counts.items():
        key = (row["authority_id"], row["provision_id"], row["band"])
        if key[1:] not in published:
            faults[f"counts-{number}-priced"] = ["Choose a provision and band that have a published price."]
        elif key in seen:
            faults[f"counts-{number}-stated"] = [
                "A row above has this authority, provision and band. Make one of the two."
            ]
        seen[key] = number
    ids = {row["authority_id"] for row in counts.values()}
    if session.scalar(select(func.count()).select_from(Authority).where(Authority.id.in_(ids))) != len(ids):
        raise NotFound
    return faults


def _counted(kept: Mapping[tuple[Any, ...], UpliftCount], row: Mapping[str, Any]) -> UpliftCount:
    found = kept.get((row["authority_id"], row["provision_id"], row["band"])) or UpliftCount(
        authority_id=row["authority_id"], provision_id=row["provision_id"], band=row["band"]
    )
    found.stated = row["stated"]
    return found


def _first(faults: Mapping[str, Sequence[str]]) -> str:
    return next(iter(faults.values()))[0]
