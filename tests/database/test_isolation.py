"""Whose rows an actor sees and writes: decided by the database, closed where nobody says who is asking."""

from datetime import date

import pytest
from sqlalchemy import Engine, func, inspect, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from marketplace.db import transaction
from marketplace.errors import Conflict, NotPermitted
from marketplace.models import (
    ApiToken,
    AuditEvent,
    Authority,
    Band,
    Base,
    Budget,
    Calibration,
    Corridor,
    Demand,
    DemandCount,
    Framework,
    FrameworkComment,
    MatchingRun,
    Need,
    PlacementSet,
    Pool,
    PriceLine,
    PriceRun,
    PriceSchedule,
    Provider,
    Provision,
    Recommendation,
    Region,
    RunBudget,
    RunResult,
    RunStatus,
    ScenarioChanges,
    ScheduleStatus,
    ShadowRun,
    Stance,
    Standing,
    Study,
    Survey,
    SurveyedPrice,
    Tariff,
    TariffComment,
    TariffStatus,
    Uplift,
    UpliftAnswer,
    UpliftCount,
    UpliftStep,
    User,
    UserRole,
    Vacancy,
)
from marketplace.permissions import NOBODY, SYSTEM
from tests import builders
from tests.database.world import World

# What everybody may read: the public register and the rules. Everything else has an owner.
OPEN = {
    "organisations",
    "regions",
    "authorities",
    "providers",
    "home_areas",
    "settings",
    "frameworks",
    "tariffs",
    "price_indices",
}
OWNED = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if mapper.local_table.name not in OPEN),
    key=lambda model: model.__name__,
)


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
def test_without_an_actor_no_owned_row_is_seen(world: World, database: Engine, model: type[Base]) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(model)), "the world lacks a row of this table"
    with transaction(NOBODY) as session:
        assert session.scalar(select(func.count()).select_from(model)) == 0
    with database.connect() as connection:  # not even the settings of an actor
        assert connection.scalar(select(func.count()).select_from(model)) == 0


SEES = [
    # (kind, model, rows seen of two)
    ("la", Need, 1),
    ("la", Budget, 1),
    ("la", Recommendation, 1),
    ("la", RunResult, 0),  # the result of a region's run is the region's
    ("la", RunBudget, 1),  # but what it says of one's own budget
    ("la", MatchingRun, 2),  # that its own region ran one, and asked what if, it knows
    ("la", ScenarioChanges, 0),  # what is made otherwise names pupils and budgets of others
    ("la", Study, 0),  # what a region's run comes to for others
    ("region", Study, 1),
    ("provider", Study, 0),
    ("operator", Study, 0),
    ("la", User, 2),  # its own two, of four
    ("la", UserRole, 2),
    ("la", AuditEvent, 1),
    ("la", ApiToken, 1),
    ("region", ApiToken, 0),
    ("operator", ApiToken, 0),  # though it reads who the people of all organisations are
    ("la", Pool, 2),
    ("la", Vacancy, 2),
    ("la", PriceLine, 6),
    ("la", PlacementSet, 1),
    ("la", ShadowRun, 1),
    ("la", Survey, 2),
    ("la", SurveyedPrice, 2),
    ("la", Standing, 0),  # what a provider is told is the provider's
    ("region", Need, 1),
    ("region", PlacementSet, 0),  # what an LA pays is the LA's
    ("region", Calibration, 0),
    ("provider", PlacementSet, 0),
    ("provider", ShadowRun, 0),
    ("operator", PlacementSet, 0),
    ("operator", Corridor, 0),
    ("region", Budget, 1),
    ("region", Recommendation, 1),
    ("region", RunResult, 1),
    ("region", ScenarioChanges, 1),
    ("region", RunBudget, 1),
    ("region", User, 0),
    ("la", Uplift, 1),
    ("la", UpliftCount, 1),
    ("la", UpliftStep, 1),
    ("la", UpliftAnswer, 1),
    ("region", Uplift, 0),
    ("region", UpliftCount, 0),
    ("region", UpliftStep, 0),
    ("region", UpliftAnswer, 0),
    ("operator", Uplift, 2),
    ("operator", UpliftAnswer, 2),
    ("provider", Uplift, 1),
    ("provider", UpliftCount, 1),
    ("provider", UpliftStep, 1),
    ("provider", UpliftAnswer, 1),
    ("provider", Need, 0),
    ("provider", Recommendation, 0),
    ("provider", RunBudget, 0),
    ("provider", Pool, 1),
    ("provider", Provision, 1),
    ("provider", Vacancy, 1),
    ("provider", PriceSchedule, 2),
    ("provider", PriceLine, 4),
    ("la", Tariff, 1),  # its own consultation; of two, and of two national drafts
    ("region", Tariff, 1),  # the consultation of its LA
    ("provider", Tariff, 1),  # where it runs a setting
    ("operator", Tariff, 2),  # the national drafts, and no LA's consultation
    ("la", TariffComment, 1),  # on its own tariff
    ("region", TariffComment, 0),  # what providers say to its LA
    ("provider", TariffComment, 1),  # its own
    ("operator", TariffComment, 0),
    ("la", Framework, 3),  # the one in force, and both that are in consultation; no draft
    ("region", Framework, 3),
    ("provider", Framework, 3),
    ("operator", Framework, 5),
    ("la", FrameworkComment, 0),
    ("region", FrameworkComment, 0),
    ("provider", FrameworkComment, 1),  # its own
    ("operator", FrameworkComment, 2),
    ("provider", Survey, 0),
    ("provider", SurveyedPrice, 0),  # not even its own: it has its schedules
    ("provider", Standing, 1),
    ("provider", Demand, 1),
    ("provider", DemandCount, 2),
    ("la", Demand, 0),  # what a provider is told is the provider's
    ("la", DemandCount, 0),
    ("operator", DemandCount, 0),
]


@pytest.mark.parametrize(("kind", "model", "rows"), SEES, ids=[f"{kind}-{model.__name__}" for kind, model, _ in SEES])
def test_an_actor_sees_only_the_rows_of_its_scope(world: World, kind: str, model: type[Base], rows: int) -> None:
    with transaction(world.actor(kind)) as session:
        assert session.scalar(select(func.count()).select_from(model)) == rows
        assert len(session.scalars(select(model)).all()) == rows


def test_a_draft_price_is_seen_by_its_provider_only(world: World) -> None:
    drafts = select(func.count()).select_from(PriceSchedule).where(PriceSchedule.status == ScheduleStatus.DRAFT)
    for actor, seen in [
        (world.actor("provider"), 1),
        (world.actor("operator"), 0),
        (world.actor("la"), 0),
        (world.actor("region"), 0),
    ]:
        with transaction(actor) as session:
            assert session.scalar(drafts) == seen


def test_what_was_adopted_is_seen_by_everybody_and_a_national_consultation_by_all_who_would_be_bound(
    world: World,
) -> None:
    with transaction(SYSTEM) as session:
        ids = [
            builders.tariff(session).id,
            builders.tariff_in_consultation(session, owner=None, framework=builders.framework(session)).id,
        ]
    seen = select(Tariff.id).where(Tariff.id.in_(ids)).order_by(Tariff.id)
    for kind in ("la", "region", "provider", "operator"):
        with transaction(world.actor(kind)) as session:
            assert session.scalars(seen).all() == ids
    with transaction(NOBODY) as session:
        assert session.scalars(seen).all() == ids[:1]


def test_a_tariff_is_written_by_its_owner_only_and_begins_as_a_draft(world: World) -> None:
    mine, theirs = (side["la"] for side in world.sides)
    statement = select(Tariff).where(Tariff.status == TariffStatus.IN_CONSULTATION, Tariff.owner_id == mine)
    with transaction(world.actor("provider")) as session:
        row = session.scalars(statement).one()
        assert session.execute(text("UPDATE tariffs SET status = 'adopted'")).rowcount == 0  # type: ignore[attr-defined]
    fields = {"framework_id": row.framework_id, "name": "X", "version": "1", "starts_on": row.starts_on, "content": {}}
    for owner_id, status in ((theirs, "draft"), (None, "draft"), (mine, "adopted")):
        with pytest.raises(NotPermitted), transaction(world.actor("la")) as session:
            session.add(Tariff(owner_id=owner_id, status=status, **fields))
    with transaction(world.actor("la")) as session:
        session.add(Tariff(owner_id=mine, status="draft", **fields))


def test_a_provider_comments_for_itself_and_while_the_consultation_is_on(world: World, owner: Engine) -> None:
    with transaction(world.actor("provider")) as session:
        row = session.scalars(select(Tariff)).one()
    with pytest.raises(NotPermitted), transaction(world.actor("provider")) as session:
        session.add(TariffComment(subject_id=row.id, provider_id=world.sides[1]["provider"], stance=Stance.AGREE))
    change = text("UPDATE tariff_comments SET stance = 'too_low'")
    with transaction(world.actor("provider")) as session:
        assert session.execute(change).rowcount == 1  # type: ignore[attr-defined]
    with owner.begin() as connection:
        user_id = connection.scalar(text("SELECT max(id) FROM users"))
        adopt = "UPDATE tariffs SET status = 'adopted', adopted_by_id = :user WHERE id = :id"
        connection.execute(text(adopt), {"id": row.id, "user": user_id})
    with transaction(world.actor("provider")) as session:
        assert session.execute(change).rowcount == 0  # type: ignore[attr-defined]


TARIFF_CHANGES = [
    ("in_consultation", "content = '{}'"),
    ("in_consultation", "starts_on = starts_on + 1"),
    ("in_consultation", "closes_on = closes_on - 1"),
    ("in_consultation", "closes_on = closes_on + 1, content = '{}'"),
    ("in_consultation", "closes_on = closes_on + 1, status = 'adopted', adopted_by_id = (SELECT max(id) FROM users)"),
    ("in_consultation", "makers = '{}', status = 'adopted', adopted_by_id = makers[1]"),
    ("in_consultation", "status = 'draft', closes_on = NULL"),
    ("in_consultation", "status = 'superseded'"),
    ("draft", "status = 'adopted'"),
    ("adopted", "content = '{}'"),
    ("adopted", "status = 'draft'"),
    ("adopted", "starts_on = starts_on - 1"),
    ("adopted", "ends_on = starts_on + 1"),
    ("adopted", "ends_on = starts_on + 1, status = 'superseded', closes_on = starts_on - 9"),
    ("adopted", "status = 'superseded'"),
    ("superseded", "ends_on = ends_on - 1"),
    ("superseded", "status = 'adopted', ends_on = NULL"),
]


@pytest.mark.parametrize("noun", ["tariff", "framework"])
@pytest.mark.parametrize(("status", "change"), TARIFF_CHANGES)
def test_what_is_consulted_on_or_adopted_is_never_changed(world: World, noun: str, status: str, change: str) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        row = builders.tariff(session)
        held = row if noun == "tariff" else row.framework
        if status == "superseded":
            held.status, held.ends_on = TariffStatus.SUPERSEDED, date(2027, 4, 1)
    statement = text(f"UPDATE {noun}s SET {change} WHERE status = '{status}'")
    with transaction(SYSTEM) as session, pytest.raises(IntegrityError, match=f"a {noun} is changed as a draft only"):
        session.execute(statement)


@pytest.mark.parametrize("noun", ["tariff", "framework"])
def test_a_consultation_closes_later_and_nothing_else_of_it_changes(world: World, noun: str) -> None:
    statement = text(f"UPDATE {noun}s SET closes_on = closes_on + 1, edit = edit + 1 WHERE status = 'in_consultation'")
    with transaction(SYSTEM) as session:
        assert session.execute(statement).rowcount == len(world.sides)  # type: ignore[attr-defined]


@pytest.mark.parametrize("noun", ["tariff", "framework"])
@pytest.mark.parametrize("status", ["in_consultation", "adopted"])
def test_only_a_draft_of_either_is_removed(world: World, noun: str, status: str) -> None:  # noqa: ARG001
    remove = text(f"DELETE FROM {noun}s WHERE status = :status")
    with transaction(SYSTEM) as session:
        builders.tariff(session)
        assert session.execute(remove, {"status": "draft"}).rowcount == 2  # type: ignore[attr-defined]
    with transaction(SYSTEM) as session, pytest.raises(IntegrityError):
        session.execute(remove, {"status": status})


def test_a_framework_is_written_by_the_operator_only_and_begins_as_a_draft(world: World) -> None:
    fields = {"name": "X", "version": "1", "starts_on": date(2028, 4, 1), "content": {}, "makers": []}
    for kind, status in (("la", "draft"), ("region", "draft"), ("provider", "draft"), ("operator", "adopted")):
        with pytest.raises(NotPermitted), transaction(world.actor(kind)) as session:
            session.add(Framework(status=status, **fields))
        with transaction(world.actor("la")) as session:
            assert session.execute(text("UPDATE frameworks SET edit = edit")).rowcount == 0  # type: ignore[attr-defined]
    with transaction(world.actor("operator")) as session:
        session.add(Framework(status="draft", **fields))


def test_a_provider_comments_on_a_framework_for_itself_and_while_the_consultation_is_on(
    world: World, owner: Engine
) -> None:
    with transaction(world.actor("provider")) as session:
        row = session.scalars(select(FrameworkComment)).one()
    theirs = {"subject_id": row.subject_id, "provider_id": world.sides[1]["provider"], "band": Band.MILD}
    with pytest.raises(NotPermitted), transaction(world.actor("provider")) as session:
        session.add(FrameworkComment(stance=Stance.AGREE, **theirs))
    change = text("UPDATE framework_comments SET stance = 'too_low'")
    for kind, rows in (("provider", 1), ("operator", 0)):
        with transaction(world.actor(kind)) as session:
            assert session.execute(change).rowcount == rows  # type: ignore[attr-defined]
    with owner.begin() as connection:
        user_id = connection.scalar(text("SELECT max(id) FROM users"))
        adopt = "UPDATE frameworks SET status = 'adopted', adopted_by_id = :user WHERE id = :id"
        connection.execute(
            text("UPDATE frameworks SET status = 'superseded', ends_on = starts_on WHERE status = 'adopted'")
        )
        connection.execute(text(adopt), {"id": row.subject_id, "user": user_id})
    with transaction(world.actor("provider")) as session:
        assert session.execute(change).rowcount == 0  # type: ignore[attr-defined]


def test_a_set_and_what_was_computed_on_it_are_removed_by_their_owner_and_not_what_an_adopted_tariff_counts(
    world: World,
) -> None:
    runs = ("calibrations", "shadow_runs", "corridors")
    for kind in ("region", "provider", "operator"):
        with transaction(world.actor(kind)) as session:
            assert [session.execute(text(f"DELETE FROM {run}")).rowcount for run in runs] == [0, 0, 0]  # type: ignore[attr-defined]
            assert session.execute(text("DELETE FROM placement_sets")).rowcount == 0  # type: ignore[attr-defined]
    with transaction(SYSTEM) as session:
        tariff = builders.tariff(session)
        session.execute(text("DELETE FROM corridors"))
        placements = session.scalars(select(PlacementSet)).all()
        for row in placements:
            about = {"placement_set": row, "owner_id": row.owner_id, "status": RunStatus.DONE, "limit": 500}
            session.add(ShadowRun(tariff=tariff, content=tariff.content, figures={}, files=b"", **about))
        session.add(Corridor(on=date(2026, 11, 1), placement_set=placements[0], owner_id=placements[0].owner_id))
    with transaction(SYSTEM) as session:
        assert session.execute(text("DELETE FROM corridors")).rowcount == 0, "it is under way"  # type: ignore[attr-defined]
        assert session.execute(text("DELETE FROM shadow_runs")).rowcount == 2, "two of four are counted"  # type: ignore[attr-defined]
        assert session.execute(text("DELETE FROM calibrations")).rowcount == 2  # type: ignore[attr-defined]
    with pytest.raises(Conflict, match="fk_"), transaction(SYSTEM) as session:
        session.execute(text("DELETE FROM placement_sets"))


def test_an_la_cannot_post_a_need_for_another_la(world: World) -> None:
    with pytest.raises(NotPermitted), transaction(world.actor("la")) as session:
        session.add(Need(authority_id=world.sides[1]["la"], reference="X-1"))


def test_a_region_cannot_post_a_need(world: World) -> None:
    with pytest.raises(NotPermitted), transaction(world.actor("region")) as session:
        session.add(Need(authority_id=world.sides[0]["la"], reference="X-1"))


def test_a_provider_cannot_add_a_pool_to_a_rivals_setting(world: World) -> None:
    with pytest.raises(NotPermitted), transaction(world.actor("provider")) as session:
        session.add(Pool(setting_id=world.sides[1]["setting"], name="Places", unit="places"))


@pytest.mark.parametrize("model", [Region, Authority, Provider], ids=lambda model: model.__name__)
def test_nobody_but_the_system_changes_the_register(world: World, model: type[Base]) -> None:
    with pytest.raises(NotPermitted), transaction(world.actor("la")) as session:
        session.add(model(name="A new one", **({"code": "998", "region_id": 1} if model is Authority else {})))


def test_the_audit_trail_is_not_changed_by_the_application(world: World, database: Engine) -> None:  # noqa: ARG001
    for statement in ("UPDATE audit_events SET event = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"):
        with database.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement))


def test_the_application_role_owns_nothing_and_builds_nothing(database: Engine) -> None:
    with database.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("CREATE TABLE mine (id int)"))


@pytest.mark.parametrize("kind", [Calibration, ShadowRun, Corridor], ids=lambda kind: kind.__name__)
def test_what_has_ended_is_changed_by_nobody_and_a_set_by_nobody_at_all(world: World, kind: type[PriceRun]) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        changed = session.execute(update(kind).values(files=b"other"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]
    with transaction(SYSTEM) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("UPDATE placement_sets SET file = ''"))


def test_a_study_that_has_ended_is_changed_by_nobody(world: World) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        assert session.execute(update(Study).values(figures={"match": 1})).rowcount == 0  # type: ignore[attr-defined]


def test_a_study_is_of_the_scope_of_its_run(world: World) -> None:
    with transaction(SYSTEM) as session:
        run_id = session.scalars(select(MatchingRun.id).where(MatchingRun.base_id.is_(None))).first()
    mine = world.actor("la")
    with pytest.raises(Conflict, match="fk_studies_run_id"), transaction(mine) as session:
        session.add(Study(run_id=run_id, scope_id=mine.organisation_id))


def test_a_run_is_of_its_owners_own_set(world: World) -> None:
    with transaction(SYSTEM) as session:
        theirs = session.scalars(select(PlacementSet).order_by(PlacementSet.id)).all()[1]
    mine = world.actor("la")
    with pytest.raises(Conflict, match="fk_corridors_placement_set_id"), transaction(mine) as session:
        session.add(Corridor(on=date(2026, 11, 1), owner_id=mine.organisation_id, placement_set_id=theirs.id))


PUBLISHED_CHANGES = [
    "UPDATE price_lines SET amount = 1",
    "DELETE FROM price_lines",
    """INSERT INTO price_lines (schedule_id, provision_id, band, part, amount)
       SELECT min(schedule_id), min(provision_id), 'exceptional', 'core', 1 FROM price_lines""",
    "UPDATE price_schedules SET starts_on = starts_on - 1 WHERE status = 'published'",
    "UPDATE price_schedules SET status = 'draft', published_at = NULL",
    "DELETE FROM price_schedules",
]


@pytest.mark.parametrize("statement", PUBLISHED_CHANGES)
def test_a_published_price_is_never_changed(world: World, statement: str) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session, pytest.raises(IntegrityError, match="published"):
        session.execute(text(statement))


def test_every_table_has_row_level_security(owner: Engine) -> None:
    tables = {
        table for table in inspect(owner).get_table_names() if not table.startswith(("procrastinate_", "alembic"))
    }
    with owner.connect() as connection:
        held = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")))
    assert tables == held
