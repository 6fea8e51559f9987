"""R19: the database stops under load, and comes back."""

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import Need
from marketplace.permissions import SYSTEM
from tests.chaos.cluster import Cluster
from tests.chaos.contention import people
from tests.chaos.market import build
from tests.chaos.site import serving
from tests.chaos.verified import breaches
from tests.chaos.visitor import Visitor

PEOPLE = 8


@dataclass
class Outage:
    """What was answered, and how long it took."""

    statuses: Counter[int] = field(default_factory=Counter)  # while the database is down
    slowest: float = 0.0  # seconds until an answer while it is down
    live: set[int] = field(default_factory=set)
    ready: set[int] = field(default_factory=set)
    healed: float = 0.0  # seconds from its return until everybody is served
    acknowledged: int = 0
    lost: int = 0
    rules: dict[str, int] = field(default_factory=dict)


def outage(cluster: Cluster, folder: Path, *, seconds: float, mutant: str = "") -> Outage:
    """Eight people read and write without pause; the database is gone for so many seconds."""
    found = Outage()
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        market = build(PEOPLE, [])
        visitors = people(site, market)
        acknowledged: list[str] = []
        is_down, stop = threading.Event(), threading.Event()
        threads = [
            threading.Thread(target=_work, args=(visitor, number, acknowledged, is_down, stop, found))
            for number, visitor in enumerate(visitors)
        ]
        for thread in threads:
            thread.start()
        time.sleep(3)
        cluster.kill()
        time.sleep(0.5)  # what was under way has ended
        is_down.set()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found.live.add(site.visitor().get("/live").status)
            found.ready.add(site.visitor().get("/ready").status)
            time.sleep(0.5)
        is_down.clear()
        cluster.start()
        back = time.monotonic()
        for visitor in visitors:
            while visitor.get("/needs").status != 200:
                time.sleep(0.05)
        found.healed = time.monotonic() - back
        time.sleep(2)
        stop.set()
        for thread in threads:
            thread.join()
        with transaction(SYSTEM) as session:
            kept = set(session.scalars(select(Need.reference)))
        found.acknowledged, found.lost = len(acknowledged), len(set(acknowledged) - kept)
        found.rules = breaches()
    return found


def _work(
    visitor: Visitor,
    number: int,
    acknowledged: list[str],
    is_down: threading.Event,
    stop: threading.Event,
    found: Outage,
) -> None:
    place = 0
    while not stop.is_set():
        place += 1
        reference = f"O{number}-{place}"
        was_down, started = is_down.is_set(), time.monotonic()
        try:
            if place % 2:
                form = {"reference": reference, "year_group": "8", "home": "405000, 305000"}
                answer = visitor.post("/needs/new", once=secrets.token_urlsafe(16), **form)
                if answer.status == 302:
                    acknowledged.append(reference)
            else:
                answer = visitor.get("/needs")
            status = answer.status
        except OSError:
            status = 0
        if was_down and is_down.is_set():
            found.statuses[status] += 1
            found.slowest = max(found.slowest, time.monotonic() - started)
