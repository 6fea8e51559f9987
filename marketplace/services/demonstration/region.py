"""Building the demonstration region: once, whole, and only where nothing else is."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Fault
from marketplace.models import (
    AuditEvent,
    Calibration,
    Framework,
    HomeArea,
    Need,
    Organisation,
    PlacementSet,
    PriceSchedule,
    Region,
    Role,
    Setting,
    ShadowRun,
)
from marketplace.permissions import SYSTEM, Actor, require
from marketplace.services.benchmarks.survey import make_survey
from marketplace.services.demand import providers_to_tell, work_out
from marketplace.services.demonstration import names, places
from marketplace.services.demonstration.budgets import add_budgets
from marketplace.services.demonstration.cases import add_cases
from marketplace.services.demonstration.demand import add_demand
from marketplace.services.demonstration.outreach_orders import add_orders
from marketplace.services.demonstration.people import AREA_FACTORS, People, add_people
from marketplace.services.demonstration.placements import add_placements
from marketplace.services.demonstration.prices import add_prices
from marketplace.services.demonstration.supply import add_supply
from marketplace.services.demonstration.tariffs import Proposed, add_framework, add_tariffs
from marketplace.services.demonstration.uplifts import add_indices, add_uplifts, happened
from marketplace.services.tariff_files import keep_framework, keep_tariff, read_framework, read_tariff
from pricing.framework import DEMONSTRATION_FRAMEWORK
from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff

SEED = 12  # one whose match shows every reason for which a pupil is unplaced, and is proven in seconds
BUILT = "demonstration built"


def build_demonstration(session: Session, actor: Actor, *, on: date, seed: int | None = None) -> Region:
    """The demonstration's region: as it stands, or built now from a seed and a day, of which two builds are identical
    but for the salt of the passwords.

    Raises Conflict where other organisations are, or a demonstration of another seed.
    """
    require(actor == SYSTEM, "build the demonstration")
    built = session.scalar(select(AuditEvent).where(AuditEvent.event == BUILT))
    if built is None:
        _refuse_unless_empty(session)
        return _build(session, actor, on=on, seed=SEED if seed is None else seed)
    if seed is not None and built.data["seed"] != seed:
        raise Conflict(
            f"The demonstration here was built with the seed {built.data['seed']}. Leave --seed out to use it, "
            "or set MARKETPLACE_DATA to another folder to build another one."
        )
    return session.scalars(select(Region).where(Region.name == names.REGION)).one()


def _refuse_unless_empty(session: Session) -> None:
    found = session.scalars(select(Organisation.name).order_by(Organisation.id).limit(3)).all()
    if found:
        raise Conflict(
            f"The database holds organisations that are not the demonstration's, such as {', '.join(found)}. "
            "Set MARKETPLACE_DATA to another folder: made-up settings and prices must never stand beside real ones."
        )


def _build(session: Session, actor: Actor, *, on: date, seed: int) -> Region:
    at = datetime.combine(on - timedelta(days=90), time(9), UTC)
    people = add_people(session, seed=seed, at=at)
    _add_home_areas(session)
    framework = _framework(session, on)
    content = _tariff(session, on)
    tariff = load_tariff(content)
    supply = add_supply(session, people, seed=seed, on=on)
    add_prices(session, supply, tariff, seed=seed, on=on)
    add_placements(session, people, supply, seed=seed, on=on, at=at)
    add_demand(session, people, supply, framework, seed=seed, on=on)
    add_budgets(session, people, tariff)
    make_survey(session, actor, on=on, at=datetime.combine(on, time(0), UTC))
    for provider_id in providers_to_tell(session, on=on):
        work_out(session, actor, provider_id=provider_id, on=on)
    add_indices(session, at=at, starts_on=_financial_year(on))
    add_uplifts(session, people, supply, seed=seed, on=on)
    proposed = add_tariffs(session, people, framework, content, seed=seed, on=on, at=at)
    proposed.append(add_framework(session, people, framework, on=on, at=at))
    _record(session, actor, people, proposed, seed=seed, at=at)
    add_cases(session, people, on=on)
    add_orders(session, people, on=on)
    return people.region


def _add_home_areas(session: Session) -> None:
    for district in places.districts():
        easting, northing = places.easting_northing(*district.centre)
        session.add(HomeArea(code=district.code, name=district.name, easting=easting, northing=northing))
    session.flush()


def _framework(session: Session, on: date) -> Framework:
    faults: list[Fault] = []
    content = read_framework(DEMONSTRATION_FRAMEWORK, faults)
    assert content is not None
    content = {**content, "starts_on": _financial_year(on)}
    framework = keep_framework(session, SYSTEM, content, DEMONSTRATION_FRAMEWORK.name, faults, on=on)
    assert framework is not None, faults
    return framework


def _tariff(session: Session, on: date) -> dict[str, Any]:
    """The content of the demonstration tariff, with the fictional authorities' area factors in place of real ones."""
    faults: list[Fault] = []
    content = read_tariff(DEMONSTRATION_TARIFF, faults)
    assert content is not None
    content = {**content, "valid_from": _financial_year(on), "area": AREA_FACTORS}
    assert keep_tariff(session, SYSTEM, content, DEMONSTRATION_TARIFF.name, faults, on=on) is not None, faults
    return content


def _financial_year(on: date) -> str:
    """The last 1 April but one: last year's prices stood under the same framework and tariff."""
    return date(on.year - (2 if on < date(on.year, 4, 1) else 1), 4, 1).isoformat()


def _record(
    session: Session, actor: Actor, people: People, proposed: Sequence[Proposed], *, seed: int, at: datetime
) -> None:
    """The events that the acts would have left, so that every page with a history has one."""
    events = []
    for row in session.scalars(select(PriceSchedule).order_by(PriceSchedule.id)):
        assert row.setting.provider is not None
        who = people.who(row.setting.provider, Role.PROVIDER_EDITOR)
        events.append(_event("price schedule published", row, row.published_at, who))
    for need in session.scalars(select(Need).order_by(Need.id)):
        who = people.who(need.authority, Role.COMMISSIONER)
        events.append(_event("need started", need, need.created_at, who))
        if need.published_at:
            data = {"band": need.band, "framework_id": need.framework_id}
            events.append(_event("need posted", need, need.published_at, who, **data))
    buyer = people.who(people.region, Role.PROCUREMENT)
    sets = session.scalars(select(PlacementSet).order_by(PlacementSet.id))
    events += (_event("placement set added", row, row.added_at, buyer) for row in sets)
    runs = (*session.scalars(select(Calibration)), *session.scalars(select(ShadowRun)))
    events += (_event(f"{run.NOUN} {event}", run, at, buyer) for run in runs for event in ("started", "finished"))
    for each in proposed:
        events += (_event(event, each.row, when, who) for event, when, who in each.events)
    events += (_event(event, uplift, when, who, **data) for event, uplift, when, who, data in happened(session, people))
    settings = session.scalar(select(func.count()).select_from(Setting))
    counts = Counter(event["event"] for event in events)
    session.execute(insert(AuditEvent), events)
    session.add(
        AuditEvent(
            at=at,
            user_id=actor.user_id,
            organisation_id=actor.organisation_id,
            event=BUILT,
            subject_type="organisations",
            subject_id=people.region.id,
            data={"seed": seed, "settings": settings, "needs": counts["need started"]},
        )
    )
    session.flush()


def _event(event: str, subject: Any, at: Any, who: Any, **data: Any) -> dict[str, Any]:
    return {
        "at": at,
        "user_id": who.id,
        "organisation_id": who.organisation_id,
        "event": event,
        "subject_type": subject.__tablename__,
        "subject_id": subject.id,
        "data": data,
    }
