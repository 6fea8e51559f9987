"""Price files: what a provider's file of prices starts from, and its drafts as a file states them, all or none.

A setting that a file prices gets the file's lines and no others; settings that it does not price stay as they are. It
must never publish anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import BadFiles, Fault, Stale
from marketplace.models import (
    Band,
    Part,
    PriceSchedule,
    Provision,
    ScheduleStatus,
    Setting,
    SettingStatus,
)
from marketplace.permissions import Actor, can_edit_setting, require
from marketplace.services import price_file_checks
from marketplace.services.price_file_checks import FROM, FileRow, Offer, academic_year
from marketplace.services.schedule_drafts import (
    LineFields,
    key_of,
    next_september,
    save_schedule,
    start_schedule,
)
from marketplace.services.schedules import latest_published, place_of, settings_of

FIGURES = ("part", "discipline", "hours_a_week", "weeks", "amount")
NO_PRICE = "The file states no price. Fill in at least one core line with its amount."
TemplateRow = dict[str, Any]  # by column: a line as published (pence), or a core line that is still to be filled in


@dataclass(frozen=True, slots=True)
class Kept:
    """The drafts of a file by setting's name; `unchanged` of them held all that the file says already."""

    drafts: tuple[PriceSchedule, ...]
    unchanged: int


def open_settings(session: Session, provider_id: int) -> list[Setting]:
    """The settings that a provider runs and that are not closed, by name."""
    return [row for row in settings_of(session, provider_id) if row.status != SettingStatus.CLOSED]


def offers(session: Session, provider_id: int) -> list[Offer]:
    """What each open setting of a provider offers and has published, by name."""
    settings = open_settings(session, provider_id)
    latest = latest_published(session, [row.id for row in settings])
    provisions = session.scalars(
        select(Provision)
        .where(Provision.setting_id.in_([row.id for row in settings]))
        .order_by(Provision.name, Provision.id)
    ).all()
    return [
        Offer(row, tuple(each for each in provisions if each.setting_id == row.id), latest.get(row.id))
        for row in settings
    ]


def template(
    session: Session, actor: Actor, *, provider_id: int, setting_id: int | None = None, on: date
) -> list[TemplateRow]:
    """The rows of the file to fill in for the coming academic year: each line of the latest published prices, and for
    each provision offered a blank core line of each band without a price. Of all settings, or of one."""
    require(can_edit_setting(actor, provider_id), "set prices")
    year = academic_year(next_september(on))
    found = [offer for offer in offers(session, provider_id) if setting_id in (None, offer.setting.id)]
    return [row for offer in found for row in _template_of(offer, year)]


def _template_of(offer: Offer, year: str) -> Iterator[TemplateRow]:
    lines = offer.latest.lines if offer.latest else []
    for name, provision in offer.names.items():
        for band in Band:
            place = {
                "urn": offer.setting.urn, "setting": offer.setting.name, "provision": name, "band": band,
                "academic_year": year,
            }  # fmt: skip
            priced = [line for line in lines if (line.provision_id, line.band) == (provision.id, band)]
            for line in sorted(priced, key=place_of):
                yield {**place, **{figure: getattr(line, figure) for figure in FIGURES}}
            if not priced and provision.is_offered:
                yield {**place, **dict.fromkeys(FIGURES), "part": Part.CORE}


def drafts_of(session: Session, settings: Sequence[int]) -> dict[int, PriceSchedule]:
    """The draft of each setting that has one."""
    rows = session.scalars(
        select(PriceSchedule).where(
            PriceSchedule.setting_id.in_(settings), PriceSchedule.status == ScheduleStatus.DRAFT
        )
    )
    return {row.setting_id: row for row in rows}


def keep_price_file(
    session: Session,
    actor: Actor,
    *,
    provider_id: int,
    file: str,
    rows: Sequence[FileRow],
    faults: Sequence[Fault],
    starts_on: date,
    seen: Mapping[int, int],
    on: date,
    at: datetime,
) -> Kept:
    """Make the drafts of the settings that a file prices hold what it states, from `starts_on`; a draft that is there
    is used, and a file that was kept before changes nothing. `faults`: what was wrong in reading it. `seen`: the save
    of each draft that the person's page knew of.

    Raises BadFiles with everything that is wrong, Stale where a draft was saved since."""
    require(can_edit_setting(actor, provider_id), "set prices")
    found = price_file_checks.check(offers(session, provider_id), file=file, rows=rows, starts_on=starts_on, on=on)
    if faults or found.faults:
        of_start = [fault.words for fault in found.faults if fault.row is None and fault.column == FROM]
        raise BadFiles(
            sorted([*found.faults, *faults], key=lambda fault: fault.row or 0),
            {"starts_on": of_start} if of_start else {},
        )
    if not found.prices:
        raise BadFiles([Fault(file, None, "", "", NO_PRICE)])
    drafts = drafts_of(session, [offer.setting.id for offer, _ in found.prices])
    stale = [
        offer.setting.name
        for offer, _ in found.prices
        if (draft := drafts.get(offer.setting.id)) and seen.get(draft.id) != draft.edit
    ]
    if stale:
        raise Stale(
            f"Somebody else has saved drafts since you opened this page: {', '.join(stale)}. Look at them; choose the"
            " file and send it again to put its prices in their place."
        )
    kept, unchanged = [], 0
    for offer, lines in found.prices:
        draft = drafts.get(offer.setting.id) or start_schedule(
            session, actor, setting_id=offer.setting.id, on=on, is_copy=False
        )
        if draft.uploaded_at and draft.starts_on == starts_on and _holds(draft, lines):
            unchanged += 1
        else:
            save_schedule(
                session, actor, schedule_id=draft.id, version=draft.edit, starts_on=starts_on, lines=lines,
                uploaded_at=at,
            )  # fmt: skip
        kept.append(draft)
    return Kept(tuple(kept), unchanged)


def _holds(draft: PriceSchedule, lines: Sequence[LineFields]) -> bool:
    held = {line.key: (line.hours_a_week, line.weeks, line.amount) for line in draft.lines}
    return held == {key_of(line): (line["hours_a_week"], line["weeks"], line["amount"]) for line in lines}
