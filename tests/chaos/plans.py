"""R14, R15: a plan is applied on what holds now, whole and once, whoever else acts at the same moment."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from marketplace.db import transaction
from marketplace.models import (
    LIVE_APPLICATIONS,
    ApplicationStatus,
    ApprovalThreshold,
    Consultation,
    Need,
    NeedStatus,
    PriceSchedule,
    Provision,
    Recommendation,
    RunApplication,
    ScheduleStatus,
    today,
)
from marketplace.permissions import SYSTEM
from tests import builders, commissioning
from tests.applying import Applying
from tests.chaos.cluster import Cluster
from tests.chaos.contention import with_totals
from tests.chaos.crashes import LOST, patiently, wait_until_idle
from tests.chaos.market import PLENTY, Try, award_try
from tests.chaos.site import Site, serving
from tests.chaos.verified import breaches
from tests.chaos.visitor import Answer, Visitor

DROP = "DROP INDEX uq_run_applications_live"
KEY = (
    "CREATE UNIQUE INDEX uq_run_applications_live ON run_applications (run_id, authority_id)"
    " WHERE status IN ('proposed', 'approved', 'applied')"
)
PUPILS = 3  # of a plan
# Where the awards that were made stand in the order of commits, before and after the plan that was applied.
ORDER = """
    SELECT count(*) FROM audit_events a JOIN audit_links x ON x.event_id = a.id, audit_events p
    JOIN audit_links y ON y.event_id = p.id
    WHERE a.event = 'award made' AND p.event = 'plan applied' AND x.position < y.position
"""


@dataclass
class Stale:
    """What the trials of stale plans came to."""

    changed: int = 0  # plans of which something had changed before they were applied
    applied: int = 0  # of them, those that were applied all the same
    races: int = 0  # plans that were applied while a place of them was awarded
    wrong: int = 0  # of them, those applied after the award, or in part, or with anything oversold
    statuses: Counter[int] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)


@dataclass
class Once:
    """What the trials of plans that are proposed and applied by two at once, and killed midway, came to."""

    trials: int = 0
    plans: int = 0  # trials with another number than one of live plans
    applied: int = 0  # trials in which another number than one of two has applied it, or anybody was consulted twice
    kills: int = 0
    parts: int = 0  # kills after which a part was consulted, or the same form again had not its one effect
    statuses: Counter[int] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)


def signed_in(site: Site, world: Applying, *names: str) -> list[Visitor]:
    """These people, signed in."""
    found = []
    for name in names:
        visitor = site.visitor()
        visitor.sign_in(world.emails[name], builders.PASSWORD)
        found.append(visitor)
    return found


def at_once(*acts: Callable[[], Answer]) -> list[Answer]:
    """All at one moment; the answers in the same order."""
    barrier = threading.Barrier(len(acts))
    answers: list[Answer | None] = [None] * len(acts)

    def act(number: int) -> None:
        barrier.wait()
        answers[number] = acts[number]()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def propose(visitor: Visitor, world: Applying, recommendation_id: int) -> Callable[[], Answer]:
    """The form that proposes a plan of one pupil."""
    form = {"sent": "1", "recommendation_ids": str(recommendation_id)}
    return lambda: visitor.post(f"/runs/{world.run}/plan", **form)


def apply(visitor: Visitor, world: Applying, plan_id: int) -> Callable[[], Answer]:
    """The form that applies a plan, as it was opened now."""
    version = str(world.plan(plan_id).version)
    return lambda: visitor.post(f"/runs/plans/{plan_id}/apply", version=version)


def _setting(world: Applying) -> tuple[int, int]:
    """The provision and setting that the run recommends for the first pupil."""
    with transaction(SYSTEM) as session:
        row = session.scalars(
            select(Recommendation).where(Recommendation.run_id == world.run, Recommendation.need_id == world.needs["A"])
        ).one()
        assert row.provision is not None
        return row.provision.id, row.provision.setting_id


def _need(world: Applying) -> None:
    world.change(Need, world.needs["A"], priority=1)


def _provision(world: Applying) -> None:
    world.change(Provision, _setting(world)[0], max_ci=4)


def _capacity(world: Applying) -> None:
    with transaction(SYSTEM) as session:
        pool = session.get_one(Provision, _setting(world)[0]).pool
        pool.vacancies[0].amount += 1


def _price(world: Applying) -> None:
    provision_id, setting_id = _setting(world)
    with transaction(SYSTEM) as session:
        old = session.scalars(select(PriceSchedule).where(PriceSchedule.setting_id == setting_id)).one()
        old.status, old.ends_on = ScheduleStatus.SUPERSEDED, today()
        session.flush()
        provision = session.get_one(Provision, provision_id)
        builders.schedule(session, provision, starts_on=today(), version=2, intensive=5_000_000)


CHANGES = (_need, _provision, _capacity, _price)


def stale(cluster: Cluster, folder: Path, *, changes: int, races: int, mutant: str = "") -> Stale:
    """R14: one thing that a plan rests on changes before it is applied; and meanwhile another LA awards its place."""
    counts, totals = Stale(), {}
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        for number in range(changes):
            cluster.empty()
            world = Applying(on=today())
            plan_id = world.approved()
            CHANGES[number % len(CHANGES)](world)
            (approver,) = signed_in(site, world, "approver")
            counts.statuses[apply(approver, world, plan_id)().status] += 1
            counts.changed += 1
            counts.applied += bool(world.asked())
        for _ in range(races):
            cluster.empty()
            totals.clear()
            _race(site, counts, totals)
    return counts


def _race(site: Site, counts: Stale, totals: dict[str, str]) -> None:
    world = Applying(on=today())
    plan_id = world.approved()
    rival = _rival(world)
    approver, other = signed_in(site, world, "approver", "other")
    (award,) = with_totals([other], [rival], totals)
    answers = at_once(apply(approver, world, plan_id), lambda: other.post(award.path, **award.form))
    counts.statuses.update(answer.status for answer in answers)
    with transaction(SYSTEM) as session:
        late = session.scalar(text(ORDER)) or 0
        of_plan = select(func.count(Consultation.id)).where(Consultation.need_id != rival.need_id)
        count = session.scalar(of_plan) or 0
    is_applied = world.plan(plan_id).status is ApplicationStatus.APPLIED
    found = breaches()
    counts.races += 1
    counts.wrong += bool(late) or count != PUPILS * is_applied or "capacity" in found
    counts.breaches.update(_without_told(found))


def _rival(world: Applying) -> Try:
    """The other LA's pupil has an offer of the place that the plan would consult about."""
    starts_on = today() + timedelta(days=30)
    with transaction(SYSTEM) as session:
        session.add(
            ApprovalThreshold(
                authority_id=world.other, starts_on=today(), amount=PLENTY, reason="A trial of contention."
            )
        )
        need = session.get_one(Need, world.needs["S"])
        provision = session.get_one(Provision, _setting(world)[0])
        need.status = NeedStatus.OFFERED
        row = commissioning.consultation(session, need, provision)
        commissioning.offer(session, row, starts_on=starts_on)
        session.flush()
        return award_try(0, need, provision, row, starts_on)


def once(cluster: Cluster, folder: Path, *, trials: int, mutant: str = "") -> Once:
    """R15: two commissioners propose at once; two approvers apply at once."""
    counts = Once()
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        for _ in range(trials):
            cluster.empty()
            world = Applying(on=today())
            people = signed_in(site, world, "commissioner", "colleague")
            pupils = world.recommendations("A", "B")
            proposed = at_once(*(propose(person, world, pupil) for person, pupil in zip(people, pupils, strict=True)))
            counts.plans += _live() != 1
            counts.trials += 1
            cluster.execute("DELETE FROM application_rows; DELETE FROM run_applications")
            plan_id = world.approved()
            one, two = signed_in(site, world, "approver", "second")
            applied = at_once(apply(one, world, plan_id), apply(two, world, plan_id))
            counts.statuses.update(answer.status for answer in (*proposed, *applied))
            counts.applied += sorted(answer.status for answer in applied) != [302, 409] or _consulted() != PUPILS
            counts.breaches.update(_without_told(breaches()))
    return counts


def killed(cluster: Cluster, folder: Path, counts: Once, *, kills: int) -> None:
    """R15: the process that applies a plan is killed once a first setting is consulted; then the same form again."""
    with cluster.application(), serving(cluster, folder, workers=3, failpoint="mid_plan") as site:
        while counts.kills < kills:
            cluster.empty()
            world = Applying(on=today())
            plan_id = world.approved()
            (approver,) = signed_in(site, world, "approver")
            path, key, form = f"/runs/plans/{plan_id}/apply", secrets.token_urlsafe(16), {"version": "2"}
            site.arm()
            try:
                answer = approver.post(path, once=key, **form)
            except LOST:
                counts.kills += 1
            else:
                raise RuntimeError(f"Nothing was killed: {answer.status}")
            wait_until_idle(cluster)
            is_part = _consulted() != 0 or world.plan(plan_id).status is not ApplicationStatus.APPROVED
            again = patiently(approver, path, key, form)
            counts.parts += is_part or again != 302 or _consulted() != PUPILS
            counts.breaches.update(_without_told(breaches()))


def _live() -> int:
    wanted = RunApplication.status.in_(LIVE_APPLICATIONS)
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count(RunApplication.id)).where(wanted)) or 0


def _consulted() -> int:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count(Consultation.id))) or 0


def _without_told(found: dict[str, int]) -> dict[str, int]:
    """The rival's offer was put there without a message."""
    return {name: count for name, count in found.items() if name != "told"}
