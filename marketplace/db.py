"""The database: one engine a process, and `transaction`, the only place in the product that commits."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Engine, create_engine, func, or_, select, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from marketplace import embedded, once, sealing
from marketplace.config import Config, encryption_keys
from marketplace.errors import (
    AlreadyDone,
    BadSetting,
    Conflict,
    Crowded,
    Invalid,
    MarketplaceError,
    NotPermitted,
    Stale,
    Unavailable,
)
from marketplace.models.sealed import sealed_columns
from marketplace.permissions import SYSTEM, Actor

# A request that waits longer than this is better refused than queued.
OPTIONS = "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=3000"

INSUFFICIENT_PRIVILEGE = "42501"  # what row-level security answers to a write outside the actor's scope
CROWDED = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not had in time
TRIES = 5

# constraint → (field of the form, what the person reads). A broken constraint that is not here is a plain conflict.
CONSTRAINTS: dict[str, tuple[str, str]] = {
    "uq_needs_authority_id_reference": ("reference", "You already have a need with this reference. Use another one."),
    "pk_identities": ("_form", "Somebody else has just stated who this pupil is. Look at what is kept now."),
    "uq_organisations_kind_name": ("name", "An organisation of this kind already has this name."),
    "uq_approval_thresholds_authority_id_starts_on": (
        "starts_on",
        "A threshold is stated from this day already. Choose another day.",
    ),
    "uq_outreach_orders_placement_id": (
        "_form",
        "Somebody else has just said what this outreach is for. See theirs.",
    ),
    "uq_partnerships_lead_id_name": ("name", "Your authority leads a partnership of this name. Use another one."),
    "uq_partnership_members_authority": ("authority_id", "Somebody else has just asked this authority."),
    "uq_partnership_members_setting": ("setting_urn", "Somebody else has just asked this setting."),
    "uq_partnership_members_urn": ("urn", "A school with this URN takes part already."),
    "uq_partnership_reports_partnership_id_year_term": (
        "_form",
        "Somebody else has just worked out the figures of this term. See them.",
    ),
    "uq_registers_member_id_year_term": ("_form", "Somebody else has just entered this register. Open it again."),
    "uq_run_applications_live": ("_form", "Somebody else has just proposed a plan of this run. Look at theirs."),
    "uq_users_email": ("email", "Somebody already signs in with this e-mail address."),
    "ex_vacancies_overlap": ("vacancies", "Two rows with the same date overlap in year groups. Change one of them."),
    "uq_placement_sets_owner_id_name": ("name", "You already have placements under this name. Use another one."),
    "uq_price_schedules_setting_id_version": ("_form", "Somebody else has just started these prices. Use theirs."),
    "uq_tariffs_owner_id_name_version": ("version", "There is a tariff of this name and version already. Use another."),
    "ex_tariffs_overlap": ("_form", "Somebody else has just adopted a tariff for days of these. Look at it first."),
    "uq_frameworks_name_version": ("version", "There is a framework of this name and version already. Use another."),
    "ex_frameworks_overlap": ("_form", "Somebody else has just adopted a framework for these days. Look at it first."),
    "uq_uplifts_open": ("starts_on", "This setting has a request for that school year already. Go on with that one."),
    "ex_price_schedules_overlap": ("starts_on", "A published schedule already covers this date. Choose a later one."),
}

T = TypeVar("T")

_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def addresses(config: Config) -> embedded.Addresses:
    """Where the owner and the application role connect; starts the embedded server when no DATABASE_URL is set."""
    if config.database_url is None:
        return embedded.start(config.data)
    return embedded.Addresses(owner=config.owner_database_url or config.database_url, application=config.database_url)


def connect(url: str, *, options: str = OPTIONS) -> Engine:
    """An engine that connects on first use and checks a connection before it is lent."""
    return create_engine(url, pool_pre_ping=True, connect_args={"options": options, "connect_timeout": 3})


def connect_as_application(url: str) -> Engine:
    """An engine for the application role. Raises Unavailable when the database cannot be reached or lacks its tables,
    BadSetting when the role owns them and so would see every organisation's rows."""
    engine = connect(url)
    try:
        _refuse_unless_held(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _refuse_unless_held(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            is_held = connection.scalar(text("SELECT row_security_active('needs')"))
    except OperationalError as error:
        raise Unavailable("The database cannot be reached. Check DATABASE_URL and that the server runs.") from error
    except ProgrammingError as error:
        raise Unavailable("The database has no tables yet. Run `marketplace db upgrade`.") from error
    if not is_held:
        raise BadSetting(
            "DATABASE_URL",
            "names a role that row-level security does not hold",
            "use a login role that is a member of marketplace_app and owns nothing",
        )


def configure(bind: Engine) -> None:
    """Say which database this process works on."""
    _sessions.configure(bind=bind)


def start(config: Config) -> Engine:
    """What every process does first: connect as the application role, and hold the keys that open what is sealed.

    Raises Unavailable, and BadSetting where the role or the keys are the wrong ones."""
    engine = connect_as_application(addresses(config).application)
    configure(engine)
    try:
        sealing.configure(encryption_keys(config))
        with transaction(SYSTEM) as session:
            refuse_unless_opened(session)
    except ProgrammingError as error:
        engine.dispose()
        raise Unavailable("The database lacks tables. Run `marketplace db upgrade`.") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def refuse_unless_opened(session: Session) -> None:
    """Raise BadSetting where anything is sealed with a key that this process has not: better now than when somebody
    first reads it."""
    for model, columns in sealed_columns():
        labels = [func.substring(getattr(model, each.kept), 1, sealing.LABEL_BYTES) for each in columns]
        others = [label.not_in(sealing.labels()) for label in labels]
        for row in session.execute(select(*labels).where(or_(*others)).limit(1)):
            raise sealing.lacks(next(label for label in row if label not in (None, *sealing.labels())))


@contextmanager
def transaction(actor: Actor) -> Iterator[Session]:
    """One unit of work of one actor: commits at the end, or leaves nothing behind.

    Row-level security goes by the actor; without this no row that has an owner is seen or written. Raises Invalid or
    Conflict for a broken constraint, Invalid for what a column cannot hold, Stale for a lost update, Crowded when
    others were in the way, Unavailable when the database cannot be reached; AlreadyDone, whatever else went wrong, when
    the form that is acted upon was acted upon before (once.py).
    """
    try:
        with _told(), _sessions.begin() as session:
            _act_as(session, actor)
            once.require_new(session, actor)
            yield session
            if not (session.in_transaction() and session.is_active):  # nobody shall be told that this succeeded
                raise RuntimeError("What failed was caught inside the transaction that it had ended. Let it pass.")
            once.keep(session, actor)
    except AlreadyDone:
        raise
    except MarketplaceError:
        _require_new(actor)  # of two who act upon one form at once, the second may find what the first has changed
        raise


def _require_new(actor: Actor) -> None:
    if once.current() is None:
        return
    with _told(), _sessions.begin() as session:
        _act_as(session, actor)
        once.require_new(session, actor)


@contextmanager
def _told() -> Iterator[None]:
    """The database's errors in the words of the domain."""
    try:
        yield
    except IntegrityError as error:
        raise _in_words(error) from error
    except StaleDataError as error:
        raise Stale("Somebody else has changed this since you opened it. Look at it again, then repeat.") from error
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) == INSUFFICIENT_PRIVILEGE:
            raise NotPermitted("These data belong to another organisation.") from error
        raise
    except DataError as error:  # a schema let it through: too long a text, too large a number, a NUL
        raise Invalid({"_form": ["A text or number is longer than can be kept. Nothing was changed."]}) from error
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in CROWDED:
            raise Crowded("Too many people act on this at once. Nothing was changed; try again.") from error
        raise Unavailable("The database cannot be reached. Nothing was changed; try again in a minute.") from error


def repeated(actor: Actor, act: Callable[[Session], T]) -> T:
    """What `act` returns, done in one transaction of the actor; again from the start, up to TRIES times, where others
    who act on the same rows were in the way: a place must not stay empty because two reached for it. Raises what
    transaction() raises."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction(actor) as session:
                return act(session)
        except Crowded:
            if not tries_left:
                raise
            time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - so that they do not meet again
    raise AssertionError  # the loop returns or raises


@contextmanager
def as_system(session: Session, actor: Actor) -> Iterator[None]:
    """What one act changes beyond the rows of its actor: a provider's vacancy that an award takes, an LA's need to
    which an offer was made. The use case has asked before whether the actor may. What was pending before is written as
    whoever acted until then, and so is what follows. Whatever fails inside ends the transaction."""
    session.flush()
    before: Actor = session.info["actor"]  # the system already, where one of these stands in another
    _act_as(session, replace(actor, scope=SYSTEM.scope))
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    session.flush()
    _act_as(session, before)


def _act_as(session: Session, actor: Actor) -> None:
    session.info["actor"] = actor
    session.execute(
        text(
            "SELECT set_config('marketplace.scope', :scope, true),"
            " set_config('marketplace.organisation_id', :organisation_id, true)"
        ),
        {"scope": actor.scope, "organisation_id": str(actor.organisation_id or 0)},
    )


def _in_words(error: IntegrityError) -> Conflict | Invalid:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "unnamed"
    if name in CONSTRAINTS:
        field, message = CONSTRAINTS[name]
        return Invalid({field: [message]})
    return Conflict(f"This cannot be kept: it would break the rule {name}. Nothing was changed.")
