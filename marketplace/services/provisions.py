"""Provisions: what a setting offers, added and changed by its provider, withdrawn from offer and offered again.

A provision is never deleted: placements and prices may point at it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import audit
from marketplace.errors import Conflict, Invalid, NotFound, Stale
from marketplace.models import Authority, Kind, Pattern, Pool, Provision, Setting, SettingStatus, Unit
from marketplace.permissions import Actor, can_edit_setting, require
from marketplace.services import registration
from marketplace.services.schedules import find_setting, settings_of

PLAIN = (
    "name", "low_year", "high_year", "sex", "needs", "max_ci", "max_cl", "max_semh", "max_sp", "facilities", "las",
)  # fmt: skip
OF_KIND = ("pattern", "sessions", "shares", "radius_km")


def list_provisions(session: Session, actor: Actor) -> dict[Setting, list[Provision]]:
    """The provider's own settings that are not closed, by name, each with its provisions, those on offer first."""
    settings = [row for row in settings_of(session, actor.organisation_id or 0) if row.status != SettingStatus.CLOSED]
    found: dict[Setting, list[Provision]] = {row: [] for row in settings}
    rows = session.scalars(
        select(Provision)
        .where(Provision.setting_id.in_([row.id for row in settings]))
        .options(joinedload(Provision.pool), joinedload(Provision.setting))
        .order_by(Provision.is_offered.desc(), Provision.name, Provision.id)
    )
    for row in rows:
        found[row.setting].append(row)
    return found


def find_setting_to_edit(session: Session, actor: Actor, setting_id: int) -> Setting:
    """A setting whose provisions the actor keeps. Raises NotFound for a rival's, NotPermitted for whoever only sees."""
    setting = find_setting(session, actor, setting_id)
    require(can_edit_setting(actor, setting.provider_id), "change what this setting offers")
    return setting


def find_provision_to_edit(session: Session, actor: Actor, provision_id: int) -> Provision:
    """A provision that the actor keeps. Raises NotFound for a rival's, NotPermitted for whoever only sees."""
    provision = session.get(Provision, provision_id, options=[joinedload(Provision.setting)])
    if provision is None:
        raise NotFound("There is no such provision.")
    require(can_edit_setting(actor, provision.setting.provider_id), "change this provision")
    return provision


def pools_of(session: Session, setting_id: int) -> Sequence[Pool]:
    """The pools of a setting, by name."""
    return session.scalars(
        select(Pool)
        .where(Pool.setting_id == setting_id)
        .options(selectinload(Pool.vacancies))
        .order_by(Pool.name, Pool.id)
    ).all()


def unit_of(kind: Kind) -> Unit:
    """What a provision of this kind draws on: outreach on staff hours, all else on places."""
    return Unit.HOURS if kind is Kind.OUTREACH else Unit.PLACES


def add_provision(session: Session, actor: Actor, *, setting_id: int, kind: Kind, **said: Any) -> Provision:
    """Offer something new, drawing on a pool of the setting, or on a new pool of that name. Raises Invalid, by field,
    where the kind asks for more, the pool counts the wrong unit or an LA is not known; Conflict for a full placement of
    a setting that is not registered as a school."""
    setting = find_setting_to_edit(session, actor, setting_id)
    if kind is Kind.FULL and (words := registration.fault(setting, kind, None)) is not None:
        raise Conflict(words)
    provision = Provision(setting=setting, kind=kind, is_offered=True)
    _say(session, actor, provision, said)
    session.add(provision)
    audit.record(session, actor, "provision added", provision, kind=kind)
    return provision


def change_provision(session: Session, actor: Actor, *, provision_id: int, version: int, **said: Any) -> list[str]:
    """Change what a provision is, except its kind. Returns the names of what changed. Raises Stale when somebody else
    has changed it since it was seen, and what `add_provision` raises."""
    provision = find_provision_to_edit(session, actor, provision_id)
    if provision.version != version:
        raise Stale(
            "Nothing was saved: somebody else has changed this provision since you opened it. What is kept now stands "
            "above what you typed. Correct it, then save again."
        )
    before = _told(provision)
    _say(session, actor, provision, said)
    after = _told(provision)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        audit.record(session, actor, "provision changed", provision, changed=changed)
    return changed


def withdraw_provision(session: Session, actor: Actor, *, provision_id: int) -> Provision:
    """Take a provision from offer: nobody new is matched to it. Raises Conflict when it is not on offer."""
    return _offer(session, actor, provision_id, is_offered=False)


def offer_provision(session: Session, actor: Actor, *, provision_id: int) -> Provision:
    """Offer a withdrawn provision again. Raises Conflict when it is on offer."""
    return _offer(session, actor, provision_id, is_offered=True)


def _offer(session: Session, actor: Actor, provision_id: int, *, is_offered: bool) -> Provision:
    provision = find_provision_to_edit(session, actor, provision_id)
    if provision.is_offered == is_offered:
        raise Conflict(f"{provision.name} is already {'on offer' if is_offered else 'withdrawn from offer'}.")
    provision.is_offered = is_offered
    audit.record(session, actor, "provision offered again" if is_offered else "provision withdrawn", provision)
    return provision


def _say(session: Session, actor: Actor, provision: Provision, said: Mapping[str, Any]) -> None:
    """Put onto a provision what was said of it: its pool, and all but what is another kind's. Checks come first."""
    _require_of_kind(provision.setting, provision.kind, said)
    _require_known(session, said["las"])
    provision.pool = _pool(session, actor, provision, pool_id=said["pool_id"], name=said["pool_name"])
    for name in PLAIN:
        setattr(provision, name, said[name])
    provision.pattern = said["pattern"] if provision.kind is Kind.FULL else Pattern.DAY
    provision.sessions = said["sessions"] if provision.kind is Kind.POROUS else None
    provision.shares = said["shares"] if provision.kind is Kind.POROUS else None
    provision.radius_km = said["radius_km"] if provision.kind is Kind.OUTREACH else None


def _told(provision: Provision) -> dict[str, Any]:
    return {name: getattr(provision, name) for name in (*PLAIN, *OF_KIND, "pool")}


def _require_of_kind(setting: Setting, kind: Kind, said: Mapping[str, Any]) -> None:
    if kind is Kind.POROUS and said["sessions"] is None:
        raise Invalid({"sessions": ["Enter how many of the 10 sessions of a week are at the special setting."]})
    if kind is Kind.POROUS and (words := registration.fault(setting, kind, said["sessions"])) is not None:
        raise Invalid({"sessions": [words]})


def _require_known(session: Session, codes: Sequence[str]) -> None:
    known = set(session.scalars(select(Authority.code).where(Authority.code.in_(codes))))
    if unknown := [code for code in codes if code not in known]:
        raise Invalid({"las": [f"There is no local authority with the code {unknown[0]}. Choose from the list."]})


def _pool(session: Session, actor: Actor, provision: Provision, *, pool_id: int | None, name: str | None) -> Pool:
    setting, unit = provision.setting, unit_of(provision.kind)
    if pool_id is None:
        if any(pool.name == name for pool in pools_of(session, setting.id)):
            raise Invalid({"pool_name": ["This setting has a pool of this name. Choose it, or use another name."]})
        pool = Pool(setting=setting, name=name, unit=unit, vacancies=[])
        session.add(pool)
        audit.record(session, actor, "pool added", pool, unit=unit)
        return pool
    found = session.get(Pool, pool_id)
    if found is None or found.setting_id != setting.id:
        raise NotFound("There is no such pool.")
    if found.unit is not unit:
        counts = {Unit.PLACES: "places", Unit.HOURS: "hours of staff"}
        raise Invalid({"pool": [f"{found.name} counts {counts[found.unit]}. Choose a pool of {counts[unit]}."]})
    return found
