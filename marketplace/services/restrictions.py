"""Restrictions: a provision that an order fixes for a pupil, and those that the authority rules out, with reasons.

Matching obeys both. It must never restrict a need that is placed or withdrawn.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Invalid, InvalidTransition
from marketplace.models import Need, NeedStatus, Provision
from marketplace.permissions import Actor
from marketplace.services import registration
from marketplace.services.needs import find_need_to_change

OVER = frozenset({NeedStatus.PLACED, NeedStatus.WITHDRAWN})


def fix_provision(
    session: Session, actor: Actor, *, need_id: int, version: int, provision_id: int | None, reason: str
) -> Need:
    """Fix the provision that a tribunal's order names; None lifts what was fixed. The reason goes into the history.
    Raises Invalid for a provision that is not known, and for None when nothing is fixed."""
    need = _open_need(session, actor, need_id=need_id, version=version)
    is_known = need.locked_id is not None if provision_id is None else session.get(Provision, provision_id) is not None
    if not is_known:
        raise Invalid({"fix_provision_id": ["Choose the provision from the list."]})
    if provision_id is not None and not need.footing.has_plan:
        raise Invalid({"fix_provision_id": ["The pupil has no EHCP, so no tribunal orders a provision."]})
    if provision_id is not None:
        _require_registered(session.get_one(Provision, provision_id), need)
    need.locked_id = provision_id
    event = "provision fixed by order" if provision_id is not None else "order lifted"
    audit.record(session, actor, event, need, provision_id=provision_id, reason=reason)
    return need


def rule_out_provision(
    session: Session, actor: Actor, *, need_id: int, version: int, provision_id: int, reason: str
) -> Need:
    """Rule a provision out for this pupil, with the reason, which goes into the history. Raises Invalid for a provision
    that is not known or is fixed by an order."""
    need = _open_need(session, actor, need_id=need_id, version=version)
    if session.get(Provision, provision_id) is None:
        raise Invalid({"rule_provision_id": ["Choose the provision from the list."]})
    if provision_id == need.locked_id:
        raise Invalid({"rule_provision_id": ["An order fixes this provision. Lift the order first."]})
    if provision_id not in need.forbidden:
        need.forbidden = [*need.forbidden, provision_id]
        audit.record(session, actor, "provision ruled out", need, provision_id=provision_id, reason=reason)
    return need


def allow_provision(session: Session, actor: Actor, *, need_id: int, version: int, provision_id: int) -> Need:
    """Take back that a provision was ruled out."""
    need = _open_need(session, actor, need_id=need_id, version=version)
    if provision_id in need.forbidden:
        need.forbidden = [kept for kept in need.forbidden if kept != provision_id]
        audit.record(session, actor, "provision allowed again", need, provision_id=provision_id)
    return need


def restricted_provisions(session: Session, need: Need) -> tuple[Provision | None, list[Provision]]:
    """The provision that an order fixes, if any, and those ruled out, in the order in which they were."""
    ids = [*need.forbidden, *([need.locked_id] if need.locked_id else [])]
    rows = session.scalars(select(Provision).where(Provision.id.in_(ids)).options(joinedload(Provision.setting)))
    found = {row.id: row for row in rows} if ids else {}
    fixed = found.get(need.locked_id) if need.locked_id else None
    return fixed, [found[at] for at in need.forbidden if at in found]


def _require_registered(provision: Provision, need: Need) -> None:
    words = registration.fault(provision.setting, provision.kind, provision.sessions, footing=need.footing)
    if words is not None:
        raise Invalid({"fix_provision_id": [words]})


def _open_need(session: Session, actor: Actor, *, need_id: int, version: int) -> Need:
    need = find_need_to_change(session, actor, need_id=need_id, version=version)
    if need.status in OVER:
        raise InvalidTransition(f"This need is {need.status}, so nothing is fixed or ruled out for it any more.")
    return need
