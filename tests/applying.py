"""A run that is done, of a region of two LAs, and the people who act upon it, for tests of plans. Every act is that of
a use case, by its own actor, under row-level security. Every name is fictional."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.db import repeated, transaction
from marketplace.models import (
    ApplicationRow,
    ApplicationStatus,
    Authority,
    Budget,
    Consultation,
    Kind,
    MatchingRun,
    Need,
    Phase,
    Provision,
    Recommendation,
    Role,
    RowResult,
    RunApplication,
    RunStatus,
    SettingType,
    Unit,
    User,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.matching import plan_acts, plans, runs
from marketplace.services.matching.steps import STEPS
from tests import builders

ON = date(2026, 11, 30)
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
FROM = date(2026, 9, 1)  # places and prices
T = TypeVar("T")


def plan(
    session: Session,
    la: Authority,
    officer: User,
    second: User,
    *rows: tuple[Recommendation, Consultation | None],
    status: ApplicationStatus = ApplicationStatus.PROPOSED,
    run: MatchingRun | None = None,
    typed: str = "Too many at once.",
) -> RunApplication:
    """A plan as it stands, of recommendations of a run, each with its consultation where it is applied or undone."""
    if run is None:
        run = MatchingRun(scope_id=la.id, status=RunStatus.DONE, on=ON, seconds=60, policy={})
        builders.kept(session, run)
    row = RunApplication(run_id=run.id, authority_id=la.id, proposed_by_id=officer.id, status=status, proposed_at=AT)
    if status is ApplicationStatus.RETURNED:
        row.returned_at, row.returned_by_id, row.reason = AT, second.id, typed
    elif status is not ApplicationStatus.PROPOSED:
        row.approved_at, row.approved_by_id = AT, second.id
    if status in {ApplicationStatus.APPLIED, ApplicationStatus.UNDONE}:
        row.applied_at, row.applied_by_id = AT, second.id
    if status is ApplicationStatus.UNDONE:
        row.undone_at, row.undone_by_id = AT, officer.id
    for recommendation, consultation in rows:
        result = RowResult.CONSULTED if consultation else RowResult.LEFT_OUT
        is_applied = row.applied_at is not None
        row.rows.append(
            ApplicationRow(
                recommendation_id=recommendation.id, result=result if is_applied else None,
                words=None if consultation or not is_applied else typed,
                consultation_id=consultation.id if consultation else None,
            )
        )  # fmt: skip
    return builders.kept(session, row)


def plan_of(session: Session, consultation: Consultation, first: Actor, second: Actor) -> RunApplication:
    """A plan that was applied, of one pupil who was consulted about, with its record."""
    run = MatchingRun(scope_id=consultation.authority_id, status=RunStatus.DONE, on=ON, seconds=60, policy={})
    builders.kept(session, run)
    row = recommendation(session, run, consultation)
    officer, approver = (session.get_one(User, actor.user_id) for actor in (first, second))
    la = session.get_one(Authority, consultation.authority_id)
    found = plan(session, la, officer, approver, (row, consultation), status=ApplicationStatus.APPLIED, run=run)
    for actor, event in ((first, "plan proposed"), (second, "plan approved"), (second, "plan applied")):
        audit.record(session, actor, event, found)
    return found


def recommendation(session: Session, run: MatchingRun, consultation: Consultation) -> Recommendation:
    """That the setting of a consultation was recommended for its pupil."""
    row = Recommendation(
        run_id=run.id, need_id=consultation.need_id, authority_id=consultation.authority_id, phase=Phase.CHOICES,
        provision_id=consultation.provision_id, price=1, transport=0,
    )  # fmt: skip
    return builders.kept(session, row)


class Applying:
    """Norbury has three pupils, of whom two are recommended a place of Ash or Birch, each with one, and one outreach of
    Reed; Southbury has one, recommended Cedar. A run over their region is done, unless `is_run` is false."""

    def __init__(self, *, on: date = ON, is_run: bool = True, budget: int | None = None) -> None:
        self.on = on
        self.at = datetime(on.year, on.month, on.day, 10, tzinfo=UTC)
        with transaction(SYSTEM) as session:
            framework = builders.framework(session)
            builders.tariff(session, framework=framework)
            region = builders.region(session, "Fenshire")
            la, other = (builders.authority(session, region, name=name) for name in ("Norbury", "Southbury"))
            self.region, self.la, self.other = region.id, la.id, other.id
            if budget is not None:
                session.add(Budget(authority=la, amount=budget))
            self.provisions: dict[str, int] = {}
            self.settings: dict[str, int] = {}
            self.people, self.emails = {}, {}
            for number, name in enumerate(("Ash", "Birch", "Cedar", "Reed")):
                self._setting(session, number, name, la)
            wanted = {"A": (la, 404_000, {}), "B": (la, 403_000, {}), "O": (la, 401_000, {"kinds": ["outreach"]})}
            wanted["S"] = (other, 402_000, {})
            self.needs = {
                name: builders.need(session, owner, framework, reference=f"{name}-1", easting=easting, **fields).id
                for name, (owner, easting, fields) in wanted.items()
            }
            for name, organisation, roles in (
                ("commissioner", la, [Role.COMMISSIONER]),
                ("colleague", la, [Role.COMMISSIONER]),
                ("approver", la, [Role.APPROVER]),
                ("second", la, [Role.APPROVER]),
                ("both", la, [Role.COMMISSIONER, Role.APPROVER]),
                ("procurement", la, [Role.PROCUREMENT]),
                ("other", other, [Role.COMMISSIONER]),
                ("other approver", other, [Role.APPROVER]),
                ("region", region, [Role.PROCUREMENT]),
            ):
                self._person(session, name, organisation, roles)
        self.run = self.match() if is_run else 0

    def _setting(self, session: Session, number: int, name: str, la: Any) -> None:
        provider = builders.provider(session, f"{name} Trust")
        setting = builders.setting(
            session, la, provider, name=f"{name} School", type=SettingType.SECTION41, easting=404_000 - 1000 * number,
            northing=305_000,
        )  # fmt: skip
        is_outreach = name == "Reed"
        pool = builders.pool(
            session, setting, (7, 11, FROM, "25" if is_outreach else "1"),
            unit=Unit.HOURS if is_outreach else Unit.PLACES,
        )  # fmt: skip
        provision = builders.provision(session, pool, kind=Kind.OUTREACH if is_outreach else Kind.FULL)
        builders.schedule(session, provision, starts_on=FROM)
        self.provisions[name], self.settings[name] = provision.id, setting.id
        self._person(session, name, provider, [Role.PROVIDER_EDITOR])

    def _person(self, session: Session, name: str, organisation: Any, roles: list[Role]) -> None:
        user = builders.user(session, organisation, *roles, name=f"{name.capitalize()} Person")
        self.people[name], self.emails[name] = builders.acting(user), user.email

    def match(self, scope_id: int | None = None) -> int:
        """A run, done as a worker does it."""
        with transaction(SYSTEM) as session:
            run = runs.start_run(session, SYSTEM, scope_id=scope_id or self.region, on=self.on, seconds=30)
            claim = STEPS.claim(session, SYSTEM, run.id)
            assert claim is not None
            frozen = STEPS.freeze(session, SYSTEM, claim)
            STEPS.keep(session, SYSTEM, claim, frozen, STEPS.solve(claim, frozen, lambda _: None))
            return run.id

    def act(self, who: str, service: Callable[..., T], **fields: Any) -> T:
        """One use case, as a request of this person would run it."""
        actor = self.people[who]
        return repeated(actor, lambda session: service(session, actor, **fields))

    def system(self, query: Callable[[Session], T]) -> T:
        """What the database holds, past row-level security."""
        with transaction(SYSTEM) as session:
            return query(session)

    def recommendations(self, *names: str) -> list[int]:
        """Of these needs; by default all of Norbury's."""
        wanted = [self.needs[name] for name in names or ("A", "B", "O")]
        of = (Recommendation.run_id == self.run, Recommendation.need_id.in_(wanted))
        return list(self.system(lambda session: session.scalars(select(Recommendation.id).where(*of)).all()))

    def propose(self, *names: str, who: str = "commissioner") -> int:
        ids = self.recommendations(*names)
        return self.act(who, plans.propose_plan, run_id=self.run, recommendation_ids=ids, on=self.on, at=self.at).id

    def _step(self, who: str, service: Callable[..., RunApplication], plan_id: int, **fields: Any) -> RunApplication:
        version = fields.pop("version", None) or self.plan(plan_id).version
        return self.act(who, service, application_id=plan_id, version=version, at=self.at, **fields)

    def approve(self, plan_id: int, who: str = "approver", **fields: Any) -> RunApplication:
        return self._step(who, plans.approve_plan, plan_id, **fields)

    def give_back(self, plan_id: int, who: str = "approver", reason: str = "Too many at once.") -> RunApplication:
        return self._step(who, plans.return_plan, plan_id, reason=reason)

    def apply(
        self, plan_id: int, who: str = "approver", left_out: Collection[str] = (), **fields: Any
    ) -> RunApplication:
        """Apply it, but for the pupils of these needs."""
        ids = [self.row(plan_id, name).id for name in left_out]
        return self._step(who, plan_acts.apply_plan, plan_id, left_out=ids, on=self.on, **fields)

    def undo(self, plan_id: int, who: str = "commissioner", **fields: Any) -> RunApplication:
        return self._step(who, plan_acts.undo_plan, plan_id, **fields)

    def approved(self, *names: str) -> int:
        """A plan of these needs that waits to be applied."""
        plan_id = self.propose(*names)
        self.approve(plan_id)
        return plan_id

    def applied(self, *names: str) -> int:
        """A plan of these needs that is applied."""
        plan_id = self.approved(*names)
        self.apply(plan_id)
        return plan_id

    def plan(self, plan_id: int) -> RunApplication:
        return self.system(lambda session: session.get_one(RunApplication, plan_id))

    def row(self, plan_id: int, name: str) -> ApplicationRow:
        """The row of a need."""
        return self.system(
            lambda session: session.scalars(
                select(ApplicationRow)
                .join(ApplicationRow.recommendation)
                .where(ApplicationRow.application_id == plan_id, Recommendation.need_id == self.needs[name])
            ).one()
        )

    def asked(self) -> dict[str, str]:
        """The settings that are, or were, consulted, by need, with where the consultation stands."""
        names = {at: name for name, at in self.settings.items()}
        needs = {at: name for name, at in self.needs.items()}
        rows = self.system(
            lambda session: session.scalars(select(Consultation).order_by(Consultation.need_id, Consultation.id)).all()
        )
        return {needs[row.need_id]: f"{names[row.setting_id]} {row.status}" for row in rows}

    def change(self, kind: type[Need] | type[Provision], row_id: int, **fields: Any) -> None:
        """A change of a row, as somebody else makes it."""
        with transaction(SYSTEM) as session:
            row = session.get_one(kind, row_id)
            for name, value in fields.items():
                setattr(row, name, value)
