"""R04, R05, R06: processes and the database are killed; what was said to be done is done, once, and whole."""

import http.client
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from marketplace.db import transaction
from marketplace.models import AuditEvent, Award, Need
from marketplace.permissions import SYSTEM
from tests.chaos.cluster import Cluster
from tests.chaos.contention import people, with_totals
from tests.chaos.market import build, emptied, offered, places
from tests.chaos.site import serving
from tests.chaos.verified import breaches
from tests.chaos.visitor import Visitor

FAILPOINTS = ("after_lock", "mid_batch", "before_commit", "after_commit")
LOST = (OSError, http.client.HTTPException)
WRITERS = 4


@dataclass
class Kills:
    """What the kills at one point came to."""

    kills: int = 0
    orphans: int = 0  # kills after which verify finds a rule broken, or an act half done
    wrong: int = 0  # kills after which the form sent again did not have exactly one effect
    rules: dict[str, int] = field(default_factory=dict)


def killed_at(cluster: Cluster, folder: Path, failpoint: str, *, kills: int, mutant: str = "") -> Kills:
    """R05 with R04: the process that awards is killed at the point; then the same form is sent again."""
    counts, totals = Kills(), {}
    with cluster.application(), serving(cluster, folder, workers=3, failpoint=failpoint, mutant=mutant) as site:
        market = build(1, [places(1)])
        visitors = people(site, market)
        while counts.kills < kills:
            cluster.execute(emptied())
            (each,) = with_totals(visitors, offered(market, [(0, market.provisions)]), totals)
            key = secrets.token_urlsafe(16)
            site.arm()
            try:
                answer = visitors[0].post(each.path, once=key, **each.form)
            except LOST:
                counts.kills += 1
            else:
                raise RuntimeError(f"Nothing was killed at {failpoint}: {answer.status}")
            wait_until_idle(cluster)
            committed = _made()
            found = breaches()
            counts.orphans += bool(found) or committed != int(failpoint == "after_commit")
            counts.rules |= found
            again = patiently(visitors[0], each.path, key, each.form)
            counts.wrong += again != 302 or _made() != 1 or bool(breaches())
    return counts


def patiently(visitor: Visitor, path: str, key: str, form: dict[str, str]) -> int:
    """The status that the form is answered with, sent again under its key until there is an answer; 0 = none."""
    for _ in range(50):
        try:
            return visitor.post(path, once=key, **form).status
        except LOST:
            time.sleep(0.1)
    return 0


def _made() -> int:
    with transaction(SYSTEM) as session:
        return session.scalar(select(func.count(Award.id)).where(Award.status == "made")) or 0


def wait_until_idle(cluster: Cluster) -> None:
    """Until the server has noticed that the killed process is gone, and rolled back what it had begun."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'marketplace_app' AND state <> 'idle'"
        " AND backend_type = 'client backend'"
    )
    for _ in range(100):
        with cluster.superuser.connect() as connection:
            if not connection.exec_driver_sql(query).scalar():
                return
        time.sleep(0.02)


@dataclass
class Crashes:
    """What the crashes of the database came to."""

    crashes: int = 0
    acknowledged: int = 0
    lost: int = 0
    rules: dict[str, int] = field(default_factory=dict)


def database_killed(cluster: Cluster, folder: Path, *, crashes: int, least: int, commits: str = "on") -> Crashes:
    """R06: four people write without pause while the database is killed; whatever they were told is kept is there."""
    counts = Crashes()
    cluster.setting("synchronous_commit", commits)
    try:
        with cluster.application(), serving(cluster, folder) as site:
            market = build(WRITERS, [])
            visitors = people(site, market)
            acknowledged: list[str] = []
            stop = threading.Event()
            threads = [
                threading.Thread(target=_write, args=(visitor, number, acknowledged, stop))
                for number, visitor in enumerate(visitors)
            ]
            for thread in threads:
                thread.start()
            while counts.crashes < crashes:
                aim = least * (counts.crashes + 1) // (crashes + 1)
                while len(acknowledged) < aim:
                    time.sleep(0.02)
                cluster.kill()
                cluster.start()
                counts.crashes += 1
            while len(acknowledged) < least:
                time.sleep(0.02)
            stop.set()
            for thread in threads:
                thread.join()
            with transaction(SYSTEM) as session:
                kept = set(session.scalars(select(Need.reference)))
                audited = session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.event == "need started"))
            counts.acknowledged = len(acknowledged)
            counts.lost = len(set(acknowledged) - kept)
            counts.rules = breaches()
            if audited != len(kept):
                counts.rules["audit of needs"] = abs(len(kept) - (audited or 0))
    finally:
        cluster.setting("synchronous_commit", "on")
    return counts


def _write(visitor: Visitor, number: int, acknowledged: list[str], stop: threading.Event) -> None:
    for place in range(10**6):
        if stop.is_set():
            return
        reference = f"T{number}-{place}"
        form = {"reference": reference, "year_group": "8", "home": "405000, 305000"}
        key = secrets.token_urlsafe(16)
        while not stop.is_set():
            try:
                answer = visitor.post("/needs/new", once=key, **form)
            except LOST:
                continue
            if answer.status == 302 and "sign-in" not in answer.location:
                acknowledged.append(reference)
                break
            time.sleep(0.02)
