"""The product as the trials serve it: as it is, or with one guard taken out, or killed once at a named point.

TRIAL_MUTANT names the guard. TRIAL_FAILPOINT names the point, TRIAL_ARMED a file: the first process that passes the
point while the file is there removes it and is killed, so that each arming kills once.
"""

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from marketplace import audit, db, once
from marketplace.app import create_app
from marketplace.errors import BadFiles
from marketplace.models import OPEN_CONSULTATIONS, AuditEvent, Consultation, Need, Pool
from marketplace.services import award_steps, awards, capacity, consultations, ledger
from marketplace.services.matching import batch_files, options, plan_checks, plans
from marketplace.web import current
from optimiser import Problem, workbook
from optimiser.template import EXAMPLE


def kill_once() -> None:
    """End this process as the power cut would, if the trial has armed the point."""
    armed = Path(os.environ["TRIAL_ARMED"])
    try:
        armed.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _after(act: Callable[..., Any], *, is_meant: Callable[[], bool] = lambda: True) -> Callable[..., Any]:
    def acting(*arguments: Any, **named: Any) -> Any:
        found = act(*arguments, **named)
        if is_meant():
            kill_once()
        return found

    return acting


def _is_act() -> bool:
    """Whether the transaction that ends is that of a form that was acted upon."""
    intent = once.current()
    return intent is not None and intent.is_kept


def _kill_after_commit(_: Session) -> None:
    if _is_act():
        kill_once()


def set_failpoint(name: str) -> None:
    """`after_lock`: the pool is locked; `mid_batch`: a first part is written; `before_commit`; `after_commit`;
    `mid_plan`: one setting of a plan is consulted."""
    if name == "after_lock":
        capacity._lock = _after(capacity._lock)
    elif name == "mid_batch":
        ledger._charge = _after(ledger._charge)
    elif name == "mid_plan":
        consultations.send = _after(consultations.send)
    elif name == "before_commit":
        once.keep = _after(once.keep, is_meant=_is_act)
    elif name == "after_commit":
        event.listen(Session, "after_commit", _kill_after_commit)
    else:
        raise ValueError(name)


def _no_lock(session: Session, pool_id: int) -> Pool:
    return session.get_one(Pool, pool_id, populate_existing=True)


def _need_unlocked(session: Session, need_id: int) -> Need:
    return session.get_one(Need, need_id)


def _open_unlocked(session: Session, need: Need) -> list[Consultation]:
    wanted = (Consultation.need_id == need.id, Consultation.status.in_(OPEN_CONSULTATIONS))
    return list(session.scalars(select(Consultation).where(*wanted).order_by(Consultation.id)))


def _audit_apart(session: Session, actor: Any, name: str, subject: Any, **data: Any) -> None:
    """The trail is written in a transaction of its own, once the act is committed."""
    session.flush()
    session.info[once.ACTED] = True
    later = session.info.setdefault("later", [])
    later.append((actor, name, subject.__tablename__, subject.id, data))


def _write_later(session: Session) -> None:
    for actor, name, table, subject_id, data in session.info.pop("later", []):
        with db.transaction(actor) as other:
            other.add(
                AuditEvent(
                    user_id=actor.user_id, organisation_id=actor.organisation_id, event=name, subject_type=table,
                    subject_id=subject_id, data=data,
                )
            )  # fmt: skip


def _one_for_all(actor: Callable[[], Any]) -> Callable[[], Any]:
    """Who asks is kept for the process: the next request may be answered as somebody else's."""
    kept: list[Any] = []

    def last() -> Any:
        found = kept[0] if kept else actor()
        kept[:] = [actor()]
        return found

    return last


def _no_lock_of_need() -> None:
    awards.require_no_live_award = lambda *_: None
    for module in (awards, award_steps):
        module.lock_need, module.lock_open = _need_unlocked, _open_unlocked
    for model in (Need, Consultation):
        model.__mapper__.version_id_col = None


def _no_patience() -> None:
    db.TRIES = 1
    db.connect.__kwdefaults__ = {"options": db.OPTIONS.replace("lock_timeout=3000", "lock_timeout=1")}


def _no_lock_of_pool() -> None:
    capacity._lock = _no_lock


def _forget_key(session: Session, actor: Any) -> None:
    """The act counts as one, so that a failpoint knows it, but nothing is kept of its form."""
    intent = once.current()
    if intent is not None and intent.user_id == actor.user_id and once.ACTED in session.info:
        intent.is_kept = True


def _no_keys() -> None:
    once.require_new, once.keep = (lambda *_: None), _forget_key


def _no_audit_of_awards() -> None:
    record = audit.record
    audit.record = lambda session, actor, event_, *rest, **data: (
        None if event_ == "award made" else record(session, actor, event_, *rest, **data)
    )


def _audit_in_its_own_transaction() -> None:
    audit.record = _audit_apart
    event.listen(Session, "after_commit", _write_later)


def _no_errors() -> None:
    db._told = lambda: suppress(OperationalError)


def _no_scope() -> None:
    current.actor = _one_for_all(current.actor)


def _no_versions() -> None:
    plan_checks._changes = lambda *_: ()


def _no_look_for_a_plan() -> None:
    plans.live_plan = lambda *_, **__: None


def _no_errors_of_files() -> None:
    """What cannot be read of a file is passed over in silence."""
    read = batch_files.read_batch

    def reading(path: Path, name: str) -> Problem:
        try:
            return read(path, name)
        except BadFiles:
            return EXAMPLE

    batch_files.read_batch = reading


def _no_limits_of_files() -> None:
    batch_files.MOST_UNZIPPED = batch_files.MOST_RATIO = batch_files.MOST_ENTRIES = batch_files.MOST_PUPILS = 10**12
    workbook.MAX_RATIO = 10**12


def _no_order() -> None:
    """What is sorted comes as it may, as of a query without an order."""
    options.sorted = lambda rows, **_: random.sample(found := list(rows), len(found))  # type: ignore[attr-defined]


# What may be taken out, by the name that a trial gives.
GUARDS: dict[str, Callable[[], None]] = {
    "lock": _no_lock_of_pool,
    "retry": _no_patience,
    "one award": _no_lock_of_need,
    "keys": _no_keys,
    "audit": _no_audit_of_awards,
    "one transaction": _audit_in_its_own_transaction,
    "errors": _no_errors,
    "scope": _no_scope,
    "versions": _no_versions,
    "one plan": _no_look_for_a_plan,
    "errors of files": _no_errors_of_files,
    "limits of files": _no_limits_of_files,
    "order": _no_order,
}


def create() -> Flask:
    """What gunicorn serves."""
    if failpoint := os.environ.get("TRIAL_FAILPOINT"):
        set_failpoint(failpoint)
    if mutant := os.environ.get("TRIAL_MUTANT"):
        GUARDS[mutant]()
    return create_app()
