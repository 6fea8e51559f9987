"""Two sides that must not learn of each other: in each a region, an LA, a provider and the operator's people, and one
object for every kind of id that a route can carry. What is private bears its side's canary."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.models import (
    ApplicationStatus,
    ApprovalThreshold,
    Authority,
    AwardStatus,
    Band,
    Budget,
    ConsultationStatus,
    EventKind,
    FrameworkComment,
    MatchingRun,
    MemberKind,
    Need,
    NeedStatus,
    OrderStatus,
    OrganisationKind,
    Part,
    Placement,
    PlacementEvent,
    PorousPlan,
    PriceLine,
    PriceSchedule,
    Provision,
    Recommendation,
    Role,
    RunResult,
    RunStatus,
    ScenarioChanges,
    Scope,
    Stance,
    Study,
    Tariff,
    TariffComment,
    TariffStatus,
    User,
    now,
)
from marketplace.permissions import SYSTEM
from marketplace.services import calibrations, corridors, shadow_runs
from marketplace.services.api_tokens import create_token
from marketplace.services.calibrations import start_calibration
from marketplace.services.corridors import start_corridor
from marketplace.services.people import ROLES
from marketplace.services.shadow_runs import start_shadow_run
from tests import applying, builders, commissioning, ordering, partnering
from tests.pricing.placements import placement

UNKNOWN = 10**9
PERSONAS = [(kind, role) for kind, roles in ROLES.items() for role in roles]


@dataclass
class Side:
    """One side's ids, addresses of its people, and two texts: `canary`, which nobody of the other side may see, and
    `rival`, in what a provider publishes to all LAs and regions but to no other provider."""

    canary: str
    rival: str
    ids: dict[str, int] = field(default_factory=dict)
    people: dict[tuple[OrganisationKind, Role], str] = field(default_factory=dict)


def build_side(session: Session, canary: str) -> Side:
    """Make one side; its schedules, needs, run and people hold the canary wherever a person could have typed it."""
    side = Side(canary, rival=f"Rival{canary}".replace("Canary", ""))
    region = builders.region(session)
    la = builders.authority(session, region)
    provider = builders.provider(session)
    setting = builders.setting(session, la, provider)
    pool = builders.pool(session, setting)  # offered: every LA and region may see it
    provision = builders.provision(session, pool)
    unoffered = builders.pool(session, setting, name=f"{side.rival} pool")
    builders.provision(session, unoffered, name=f"{side.rival} provision", is_offered=False)
    published = builders.schedule(session, provision)
    uplift = builders.uplift(session, provision, la, f"{canary} uplift")
    builders.surveyed(session, provision, area=f"{canary} area")  # what one provider is told, no other reads
    builders.demand(session, setting)
    draft = PriceSchedule(setting_id=setting.id, version=2, starts_on=date(2027, 9, 1))
    draft.lines = [PriceLine(provision_id=provision.id, band=Band.MODERATE, part=Part.CORE, weeks=38, amount=3_100_000)]
    builders.kept(session, draft)
    need = builders.need(session, la, reference=f"{canary}-1", mainstream=f"{canary} mainstream")
    replied = commissioning.consultation(session, need, provision, seen_at=commissioning.REPLIED_AT)
    commissioning.offer(session, replied, note=f"{canary} note")
    commissioning.identity(session, need, name=f"{canary} name", family_view=f"{canary} family", child_view=canary)
    document = commissioning.document(session, need, name=f"{canary}.pdf", content=commissioning.pdf(canary))
    placed = builders.need(
        session, la, reference=f"{canary}-3", mainstream=f"{canary} placed", status=NeedStatus.PLACED
    )
    placement = _placement(session, canary, placed, provision)
    order, visit = _order(session, canary, la, provision)
    draft_need = builders.need(session, la, reference=f"{canary}-2", status="draft", published_at=None)
    other_need = builders.need(session, la, need.framework, reference=f"{canary}-5", status="consulting")
    unopened = commissioning.consultation(session, other_need, provision)  # which no look at it may open
    _waiting_award(session, canary, la, provision)
    session.add(Budget(authority=la, amount=123_456_00))
    for kind, organisation in (
        (OrganisationKind.LA, la),
        (OrganisationKind.REGION, region),
        (OrganisationKind.PROVIDER, provider),
        (OrganisationKind.OPERATOR, builders.operator(session)),
    ):
        for role in ROLES[kind]:
            user = builders.user(session, organisation, role, name=f"{canary} {kind} {role}")
            side.people[kind, role] = user.email
            side.ids[f"{kind}-user"] = user.id
    framework = builders.framework(session)
    drafts = {
        owner: builders.tariff_in_consultation(
            session, owner=owner, framework=framework, name=f"{canary} draft", version=f"{number}", closes_on=None,
            status=TariffStatus.DRAFT,
        )
        for number, owner in ((la.id, None), (1, region), (2, la))
    }  # fmt: skip
    consulted = builders.tariff_in_consultation(session, owner=la, framework=framework, name=f"{side.rival} tariff")
    session.add(TariffComment(subject=consulted, provider=provider, stance=Stance.TOO_LOW, words=f"{canary} says so"))
    hidden = builders.framework(
        session, name=f"{canary} framework", status=TariffStatus.DRAFT, starts_on=date(2027, 4, 1)
    )
    proposed = builders.framework_in_consultation(session, version=f"{la.id}")
    session.add(FrameworkComment(subject=proposed, provider=provider, stance=Stance.TOO_LOW, words=f"{canary} says so"))
    owner = session.get_one(User, side.ids[f"{OrganisationKind.LA}-user"])
    for_reading = {"scopes": [Scope.NEEDS_READ], "days": 30, "at": now()}
    kept_token, _ = create_token(session, SYSTEM, owner=owner, name=f"{canary} system", **for_reading)
    runs = {scope: _run(session, scope, need, provision, user.id) for scope in (region, la)}
    side.ids |= _partnership(session, canary, la, provision)
    side.ids |= _price_runs(session, canary, region=region, la=la)
    side.ids |= {
        "region": region.id,
        "la": la.id,
        "setting": setting.id,
        "pool": pool.id,
        "provision": provision.id,
        "published": published.id,
        "draft": draft.id,
        "need": need.id,
        "document": document.id,
        "uplift": uplift.id,
        "consultation": replied.id,
        "provider-consultation": unopened.id,
        "order": order,
        "visit": visit,
        "draft_need": draft_need.id,
        "placement": placement.id,
        "plan": session.scalars(select(PorousPlan.id).where(PorousPlan.placement_id == placement.id)).one(),
        "destination-plan": _destinations(session, canary, placed),
        "award": placement.award_id,
        "region-run": runs[region].id,
        "region-scenario": _scenario(session, canary, runs[region]),
        "la-scenario": _scenario(session, canary, runs[la]),
        "region-study": _study(session, runs[region]),
        "la-study": _study(session, runs[la]),
        "la-run": runs[la].id,
        "application": _returned_plan(session, canary, la, side.ids["la-user"], runs[la]),
        "framework": framework.id,
        "operator-framework": hidden.id,
        "operator-tariff": drafts[None].id,
        "region-tariff": drafts[region].id,
        "la-tariff": drafts[la].id,
        "provider-tariff": consulted.id,
        "token": kept_token.id,
    }
    return side


def _placement(session: Session, canary: str, need: Need, provision: Provision) -> Placement:
    """A placement that runs, with what its LA wrote about it, in the provider's setting."""
    consultation = commissioning.consultation(session, need, provision, status=ConsultationStatus.AWARDED)
    award = commissioning.award(session, need, provision, consultation, reasons=f"{canary} reasons")
    agreement = commissioning.letter(need) | {"title": f"{canary} agreement"}
    placement = commissioning.placement(session, award, agreement=agreement)
    last = placement.events[-1]
    varied = PlacementEvent(
        number=3, kind=EventKind.VARIED, on=last.on, organisation_id=need.authority_id, officer=f"{canary} officer",
        reason=f"{canary} reason", before=last.after, after=last.after,
    )  # fmt: skip
    placement.events.append(varied)
    plan = commissioning.plan(
        session, placement, school=f"{canary} school", reason=f"{canary} reason", officer=f"{canary} one"
    )
    texts = {name: f"{canary} {name}" for name in ("purpose", "school", "steps", "lead")}
    commissioning.way_back(session, placement, **texts, officer=f"{canary} one")
    commissioning.review(session, plan, pupil=f"{canary} pupil", family=f"{canary} family", officer=f"{canary} one")
    return placement


def _destinations(session: Session, canary: str, need: Need) -> int:
    """Where a placed pupil means to go, with a transfer; the id of the plan."""
    plan = commissioning.destination_plan(session, need, officer=f"{canary} officer", words=f"{canary} aim")
    commissioning.adult_transfer(session, need, team=f"{canary} team")
    commissioning.destination_outcome(session, need, words=f"{canary} words")
    return plan.id


def _order(session: Session, canary: str, la: Authority, provision: Provision) -> tuple[int, int]:
    """Outreach that runs, with what was written about it, and a visit; their ids."""
    text = {name: f"{canary} {name}" for name in ("outcome", "measure", "school", "purpose")}
    row = ordering.order(
        session, provision, la, status=OrderStatus.RUNNING, starts_on=date(2026, 9, 1), **text,
    )  # fmt: skip
    return row.id, row.visits[0].id


def _partnership(session: Session, canary: str, la: Authority, provision: Provision) -> dict[str, int]:
    """A partnership that the authority leads and the provider's setting takes part in, with all that is said there."""
    row = partnering.partnership(session, la, name=f"{canary} partnership")
    setting = provision.setting
    partnering.member(session, row, MemberKind.SETTING, setting.provider_id or 0, setting_id=setting.id)
    school = partnering.school(session, row, la, f"{canary} primary", 800_001)
    partnering.register(session, school, 12, 6)
    decided = partnering.decision(session, row, decided=f"{canary} decided", reasons=f"{canary} reasons")
    report = partnering.report(session, row, counted=[f"{canary} borough"])
    return {"partnership": row.id, "school": school.id, "decision": decided.id, "report": report.id}


def _waiting_award(session: Session, canary: str, la: Authority, provision: Provision) -> None:
    """An award that waits for a second person, and the threshold over which it does."""
    need = builders.need(session, la, reference=f"{canary}-4", status="offered")
    asked = commissioning.consultation(session, need, provision)
    commissioning.offer(session, asked)
    commissioning.award(
        session, need, provision, asked, status=AwardStatus.PROPOSED, reasons=f"{canary} reasons",
        notice_reference=f"{canary} notice",
    )  # fmt: skip
    session.add(ApprovalThreshold(authority_id=la.id, amount=0, starts_on=date(2026, 9, 1), reason=f"{canary} cabinet"))
    session.flush()


def _returned_plan(session: Session, canary: str, la: Authority, user_id: int, run: MatchingRun) -> int:
    """A plan of a run that was returned, with the reason; its id."""
    officer, second = session.get_one(User, user_id), builders.user(session, la, Role.APPROVER, name=f"{canary} second")
    row = session.scalars(select(Recommendation).where(Recommendation.run_id == run.id)).one()
    status = ApplicationStatus.RETURNED
    return applying.plan(session, la, officer, second, (row, None), status=status, run=run, typed=f"{canary} reason").id


def _run(session: Session, scope: Any, need: Any, provision: Any, user_id: int) -> MatchingRun:
    run = MatchingRun(
        scope=scope, requested_by_id=user_id, status=RunStatus.FAILED, error="tested", on=date(2026, 11, 1),
        seconds=60, policy={},
    )  # fmt: skip
    builders.kept(session, run)
    session.add(RunResult(run=run, problem=b"", sha256=""))
    session.add(
        Recommendation(
            run=run,
            need=need,
            authority_id=need.authority_id,
            phase="choices",
            provision_id=provision.id,
            price=1,
            transport=0,
            road_km=3,
        )
    )
    session.flush()
    return run


def _scenario(session: Session, canary: str, base: MatchingRun) -> int:
    """A scenario of a run, and what it makes otherwise."""
    fields = {"scope": base.scope, "status": RunStatus.DONE, "on": base.on, "seconds": 60, "policy": {}}
    run = builders.kept(session, MatchingRun(base_id=base.id, name=f"{canary} scenario", **fields))
    session.add(ScenarioChanges(run_id=run.id, changes={"closed": []}, words=[f"{canary} House is closed."]))
    session.flush()
    return run.id


def _study(session: Session, run: MatchingRun) -> int:
    study = Study(run=run, scope_id=run.scope_id)
    session.add(study)
    session.flush()
    return study.id


def _price_runs(session: Session, canary: str, **owners: Any) -> dict[str, int]:
    """A placement set of each owner with a calibration, a shadow run and a corridor, each done as a worker would."""
    ids = {}
    tariff = session.scalar(select(Tariff).where(Tariff.status == TariffStatus.ADOPTED)) or builders.tariff(session)
    for kind, owner in owners.items():
        names = {"provider": f"{canary} Trust", "setting": f"{canary} House", "la": f"{canary} borough"}
        rows = [placement(f"{canary}-{n}", price=46_000 + 100 * n, **names) for n in range(40)]
        placements = builders.placement_set(session, owner, rows, name=f"{canary} set")
        start = {"placement_set_id": placements.id}
        runs = {
            "calibration": start_calibration(session, SYSTEM, name=canary, valid_from=date(2027, 4, 1), **start),
            "shadow-run": start_shadow_run(session, SYSTEM, tariff_id=tariff.id, **start),
            "corridor": start_corridor(session, SYSTEM, today=date(2026, 11, 1), **start),
        }
        ids |= {f"{kind}-{name}": run.id for name, run in runs.items()} | {f"{kind}-set": placements.id}
        for steps, run in zip((calibrations.STEPS, shadow_runs.STEPS, corridors.STEPS), runs.values(), strict=True):
            claim = steps.claim(session, SYSTEM, run.id)  # type: ignore[attr-defined]
            frozen = steps.freeze(session, SYSTEM, claim)  # type: ignore[attr-defined]
            steps.keep(session, SYSTEM, claim, frozen, steps.solve(claim, frozen, dict))  # type: ignore[attr-defined]
        session.execute(text("DELETE FROM procrastinate_jobs"))
    return ids


def objects(kind: OrganisationKind, mine: Side, theirs: Side) -> dict[str, tuple[int | None, int | None]]:
    """For each name of an id in a route: an object that a person of this kind may know of, and one that must be as
    unknown as a number nobody has. None where there is no such object."""
    is_provider = kind is OrganisationKind.PROVIDER
    is_operator = kind is OrganisationKind.OPERATOR  # who sees every request that was sent
    return {
        "uplift_id": (mine.ids["uplift"], None if is_operator else theirs.ids["uplift"]),
        "authority_id": (mine.ids["la"], theirs.ids["la"]),
        "consultation_id": (
            mine.ids.get(f"{kind}-consultation", mine.ids["consultation"]),
            None if is_operator else theirs.ids["consultation"],
        ),
        "token_id": (None, theirs.ids["token"]),  # each has their own alone: tests/web/test_api_tokens.py
        "need_id": (mine.ids["need"], theirs.ids["need"]),
        "document_id": (mine.ids["document"], theirs.ids["document"]),
        "placement_id": (mine.ids["placement"], theirs.ids["placement"]),
        "plan_id": (mine.ids["plan"], theirs.ids["plan"]),
        "destination_plan_id": (mine.ids["destination-plan"], theirs.ids["destination-plan"]),
        "application_id": (mine.ids["application"], theirs.ids["application"]),
        "award_id": (mine.ids["award"], theirs.ids["award"]),
        "partnership_id": (mine.ids["partnership"], theirs.ids["partnership"]),
        "member_id": (mine.ids["school"], theirs.ids["school"]),
        "decision_id": (mine.ids["decision"], theirs.ids["decision"]),
        "order_id": (mine.ids["order"], theirs.ids["order"]),
        "visit_id": (mine.ids["visit"], theirs.ids["visit"]),
        "setting_id": (mine.ids["setting"], theirs.ids["setting"] if is_provider else None),
        "provision_id": (mine.ids["provision"], theirs.ids["provision"] if is_provider else None),
        "pool_id": (mine.ids["pool"], theirs.ids["pool"] if is_provider else None),
        "schedule_id": (mine.ids["draft" if is_provider else "published"], theirs.ids["draft"]),
        "run_id": (
            mine.ids.get(f"{kind}-run"),
            theirs.ids["region-run" if kind is OrganisationKind.REGION else "la-run"],
        ),
        "scenario_id": (
            mine.ids.get(f"{kind}-scenario"),
            theirs.ids["region-scenario" if kind is OrganisationKind.REGION else "la-scenario"],
        ),
        "study_id": (
            mine.ids.get(f"{kind}-study"),
            theirs.ids["region-study" if kind is OrganisationKind.REGION else "la-study"],
        ),
        **_price_objects(kind, mine, theirs),
        "framework_id": (
            mine.ids["operator-framework" if is_operator else "framework"],
            None if is_operator else theirs.ids["operator-framework"],
        ),
        "tariff_id": (
            mine.ids[f"{kind}-tariff"],
            None if kind is OrganisationKind.OPERATOR else theirs.ids[f"{kind}-tariff"],
        ),
        "user_id": (
            mine.ids[f"{kind}-user"],
            None if kind is OrganisationKind.OPERATOR else theirs.ids[f"{kind}-user"],
        ),
    }


def _price_objects(kind: OrganisationKind, mine: Side, theirs: Side) -> dict[str, tuple[int | None, int | None]]:
    """Placement sets and what was computed on them; also a region's is none that its own LA may know of."""
    names = {
        "placement_set_id": "set",
        "calibration_id": "calibration",
        "shadow_run_id": "shadow-run",
        "corridor_id": "corridor",
    }
    foreign = {OrganisationKind.LA: (mine, "region"), OrganisationKind.REGION: (mine, "la")}
    side, owner = foreign.get(kind, (theirs, "la"))
    return {name: (mine.ids.get(f"{kind}-{what}"), side.ids[f"{owner}-{what}"]) for name, what in names.items()}
