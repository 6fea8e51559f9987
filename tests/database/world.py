"""Two sides with a row of every table that has an owner, for tests of what the database refuses and hides."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import NotPermitted
from marketplace.models import (
    ApplicationStatus,
    ApprovalThreshold,
    AuditEvent,
    Authority,
    Band,
    Budget,
    Calibration,
    Consultation,
    ConsultationStatus,
    Corridor,
    Effect,
    FrameworkComment,
    MatchingRun,
    MemberKind,
    Need,
    OrderStatus,
    Organisation,
    Part,
    PriceIndex,
    PriceLine,
    PriceSchedule,
    Provision,
    RateLimit,
    Recommendation,
    ReintegrationResult,
    Role,
    RunBudget,
    RunResult,
    RunStatus,
    ScenarioChanges,
    Scope,
    Setting,
    ShadowRun,
    Stance,
    Study,
    Tariff,
    TariffComment,
    TariffStatus,
    User,
    UserSession,
    now,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.api_tokens import create_token
from tests import applying, builders, commissioning, ordering, partnering


def add_price_runs(session: Session, owner: Organisation, user_id: int) -> None:
    """A placement set with a calibration, a shadow run and a corridor, each of them done."""
    placements = builders.placement_set(session, owner)
    about = {"placement_set": placements, "owner_id": owner.id, "requested_by_id": user_id, "status": RunStatus.DONE}
    result = {"figures": {}, "files": b""}
    tariff = session.scalars(select(Tariff).order_by(Tariff.id.desc()).limit(1)).one()
    chosen = {"step": 1_000, "is_neutral": True, "fits_multipliers": False, "multipliers": {}}
    session.add(Calibration(name="Tested", valid_from=date(2027, 4, 1), **chosen, **about, **result))
    session.add(ShadowRun(tariff=tariff, content={}, limit=500, **about, **result))
    session.add(Corridor(on=date(2026, 11, 1), **about, **result))


def add_case(session: Session, need: Need, provision: Provision, user: User) -> dict[str, int]:
    """A setting that refused, was withdrawn and consulted again, and then offered a place that was awarded and has
    begun: the whole case of a need. Its ids."""
    refused = commissioning.consultation(session, need, provision)
    commissioning.refusal(session, refused)
    refused.status, refused.ended_at = ConsultationStatus.WITHDRAWN, commissioning.DECIDED_AT
    session.flush()
    consultation = commissioning.consultation(session, need, provision)
    commissioning.offer(session, consultation)
    consultation.status, consultation.ended_at = ConsultationStatus.AWARDED, commissioning.DECIDED_AT
    commissioning.identity(session, need)
    commissioning.document(session, need)
    commissioning.case_dates(session, need)
    award = commissioning.award(session, need, provision, consultation, proposed_by_id=user.id)
    placement = commissioning.placement(session, award)
    commissioning.review(session, commissioning.plan(session, placement))
    commissioning.way_back(session, placement)
    result = {"is_reached": True, "on": date(2027, 5, 28), "words": "Back.", "officer": "Noor Bury"}
    session.add(ReintegrationResult(placement_id=placement.id, **result))
    commissioning.destination_plan(session, need)
    commissioning.adult_transfer(session, need)
    commissioning.destination_outcome(session, need)
    commissioning.claim(session, provision.pool.vacancies[0], award)
    commissioning.message(session, user, consultation)
    of: dict[str, Any] = {"authority_id": need.authority_id, "starts_on": date(2026, 4, 1)}
    session.add(ApprovalThreshold(amount=10_000_000, reason="As the panel decided.", **of))
    session.add(Effect(key=f"{user.id}", organisation_id=need.authority_id, endpoint="tests", digest=""))
    session.flush()
    ids = {"consultation": consultation.id, "withdrawn": refused.id, "award": award.id, "placement": placement.id}
    return {**ids, "need": need.id}


def add_scenario(session: Session, base: MatchingRun) -> None:
    """A scenario of a done run, and what it makes otherwise."""
    fields = {"scope": base.scope, "status": RunStatus.DONE, "on": base.on, "seconds": 60, "policy": {}}
    scenario = builders.kept(session, MatchingRun(base_id=base.id, name="What if", **fields))
    session.add(ScenarioChanges(run_id=scenario.id, changes={"closed": ["900001"]}, words=["It is closed."]))


def add_study(session: Session, run: MatchingRun) -> None:
    """What a worker found when it asked what would change."""
    about = {"scope_id": run.scope_id, "requested_by_id": run.requested_by_id, "status": RunStatus.DONE}
    session.add(Study(run=run, figures={}, **about))


def add_partnership(session: Session, la: Authority, setting: Setting) -> int:
    """A partnership that the authority leads, with a setting, a mainstream school and its register, a decision, and
    figures. Its id."""
    row = partnering.partnership(session, la)
    partnering.member(session, row, MemberKind.SETTING, setting.provider_id or 0, setting_id=setting.id)
    school = partnering.school(session, row, la, "Little Elms Primary", 800_001)
    partnering.register(session, school, 12, 6)
    partnering.decision(session, row)
    partnering.report(session, row)
    return row.id


class World:
    """Two regions, an LA and a provider in each, with a row in every table that has an owner."""

    def __init__(self, session: Session) -> None:
        self.sides = [self._side(session) for _ in range(2)]
        index = {"name": "Pay", "percent": 4, "source": "Made up."}
        session.add_all(PriceIndex(part="other", starts_on=date(year, 4, 1), **index) for year in (2026, 2027))
        session.add(RateLimit(key="k", count=1, expires_at=datetime(2030, 1, 1, tzinfo=UTC)))

    def _side(self, session: Session) -> dict[str, int]:
        region = builders.region(session)
        la = builders.authority(session, region)
        provider = builders.provider(session)
        provision = builders.provision(session, builders.pool(session, builders.setting(session, la, provider)))
        builders.schedule(session, provision)
        framework = builders.framework(session)
        builders.kept(
            session,
            Tariff(
                framework=framework,
                name="National tariff",
                version=f"{la.id}",
                status="draft",
                starts_on=date(2026, 9, 1),
                content={},
            ),
        )
        draft = PriceSchedule(setting_id=provision.setting_id, version=2, starts_on=date(2027, 9, 1))
        draft.lines = [PriceLine(provision_id=provision.id, band=Band.MILD, part=Part.CORE, amount=1)]
        session.add(draft)
        need = builders.need(session, la)
        user = builders.user(session, la, Role.COMMISSIONER)
        consulted = builders.tariff_in_consultation(session, owner=la, framework=framework, makers=[user.id])
        session.add(TariffComment(subject=consulted, provider=provider, stance=Stance.AGREE))
        rule = builders.framework_in_consultation(session, version=f"{la.id}", makers=[user.id])
        builders.framework(session, name="Draft", status=TariffStatus.DRAFT)
        session.add(FrameworkComment(subject=rule, provider=provider, stance=Stance.AGREE))
        session.add(UserSession(user=user, token_hash=f"{user.id}"))
        create_token(session, SYSTEM, owner=user, name="Case management", scopes=[*Scope], days=30, at=now())
        session.add(Budget(authority=la, amount=100))
        run = MatchingRun(
            scope=region, requested_by_id=user.id, status=RunStatus.DONE, on=date(2026, 11, 1), seconds=60, policy={}
        )
        builders.kept(session, run)
        session.add(RunResult(run=run, problem=b"", sha256=""))
        add_scenario(session, run)
        add_study(session, run)
        line = {"amount": 100, "duties": 0, "choices": 1, "remaining": 99, "shadow_price": 0.0}
        session.add(RunBudget(run_id=run.id, authority_id=la.id, **line))
        recommended = Recommendation(
            run=run, need=need, authority_id=la.id, phase="choices", provision_id=provision.id, price=1, transport=0
        )
        session.add(recommended)
        add_price_runs(session, la, user.id)
        builders.uplift(session, provision, la)
        builders.surveyed(session, provision)
        builders.demand(session, provision.setting)
        session.add(AuditEvent(organisation_id=la.id, event="tested", subject_type="needs", subject_id=need.id))
        case = add_case(session, need, provision, user)
        second = builders.user(session, la, Role.APPROVER)
        consulted = (recommended, session.get_one(Consultation, case["consultation"]))
        plan = applying.plan(session, la, user, second, consulted, status=ApplicationStatus.APPLIED, run=run)
        order = ordering.order(session, provision, la, status=OrderStatus.RUNNING, asked_by_id=user.id)
        group = add_partnership(session, la, provision.setting)
        session.flush()
        ids = {
            "partnership": group,
            "region": region.id,
            "la": la.id,
            "provider": provider.id,
            "setting": provision.setting_id,
        }
        ids["plan"] = plan.id
        return {**ids, **case, "order": order.id, "provision": provision.id, "operator": builders.operator(session).id}

    def actor(self, kind: str, side: int = 0) -> Actor:
        return Actor(scope=kind, user_id=None, organisation_id=self.sides[side][kind])

    def another_need(self, side: int = 0) -> tuple[Need, Provision]:
        """A need of a side's LA about which nobody has been asked yet, and the provision of that side."""
        with transaction(SYSTEM) as session:
            need = builders.need(session, session.get_one(Authority, self.sides[side]["la"]))
            provision = session.get_one(Provision, self.sides[side]["provision"])
            assert provision.setting.provider_id is not None  # loaded, for whoever builds on it
            return need, provision


@contextmanager
def refused(actor: Actor, table: str) -> Iterator[Session]:
    """A transaction in which the actor tries to write what the table's policy must refuse."""
    with pytest.raises(NotPermitted) as caught, transaction(actor) as session:
        yield session
    assert f'policy for table "{table}"' in str(caught.value.__cause__)
