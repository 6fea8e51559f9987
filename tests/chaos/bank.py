"""R11: the ledger's sums are equal in every snapshot, while many write."""

import random
import threading
import time
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace import db
from marketplace.db import transaction
from marketplace.models import Band, EventKind, LedgerLine, Placement, PlacementEvent, now
from marketplace.permissions import SYSTEM
from marketplace.services import ledger
from tests import builders, commissioning
from tests.chaos.cluster import Cluster

WRITERS, READERS, AUTHORITIES = 16, 4, 4
SNAPSHOT = (
    "SELECT count(*) FROM ledger_totals t FULL JOIN (SELECT authority_id, year, sum(amount) AS amount FROM ledger_lines"
    " GROUP BY authority_id, year) s USING (authority_id, year) WHERE t.amount IS DISTINCT FROM s.amount"
)


@dataclass
class Reads:
    """What the readers saw."""

    reads: int = 0
    unequal: int = 0
    writes: int = 0


def bank(cluster: Cluster, *, seconds: float, is_direct: bool = False) -> Reads:
    """16 write charges and reversals, 4 read snapshots. `is_direct`: totals are written apart from the lines, without
    the database's own sum."""
    cluster.empty()
    found, lock, until = Reads(), threading.Lock(), time.monotonic() + seconds
    with cluster.application():
        placements = _placements()
        if is_direct:
            cluster.execute("ALTER TABLE ledger_lines DISABLE TRIGGER ledger_lines_total")
        try:
            jobs = [
                threading.Thread(target=_write, args=(placements, seed, until, found, lock, is_direct, cluster))
                for seed in range(WRITERS)
            ]
            jobs += [threading.Thread(target=_read, args=(cluster, until, found, lock)) for _ in range(READERS)]
            for job in jobs:
                job.start()
            for job in jobs:
                job.join()
        finally:
            cluster.execute("ALTER TABLE ledger_lines ENABLE TRIGGER ledger_lines_total")
    return found


def _placements() -> list[int]:
    with transaction(SYSTEM) as session:
        found = []
        for _ in range(AUTHORITIES):
            la, provider = builders.authority(session), builders.provider(session)
            provision = builders.provision(session, builders.pool(session, builders.setting(session, la, provider)))
            builders.schedule(session, provision)
            need = builders.need(session, la, status="placed")
            award = commissioning.award(session, need, provision)
            found.append(commissioning.placement(session, award).id)
        return found


def _write(
    placements: list[int],
    seed: int,
    until: float,
    found: Reads,
    lock: threading.Lock,
    is_direct: bool,
    cluster: Cluster,
) -> None:
    choose = random.Random(seed)  # noqa: S311 - repeatable, not secret
    while time.monotonic() < until:
        first = date(2026, 9, 1) + timedelta(days=choose.randrange(700))

        def act(session: Session, first: date = first) -> list[tuple[int, int, int]]:
            at = choose.choice(placements)
            placement = session.scalars(select(Placement).where(Placement.id == at).with_for_update()).one()
            event = PlacementEvent(
                placement=placement,
                number=choose.randrange(2**31),
                kind=EventKind.CARRIED,
                on=first,
                at=now(),
                officer="Trial",
            )
            session.add(event)
            session.flush()
            last = first + timedelta(days=choose.randrange(400))
            wanted = [ledger.Stretch(first, last, choose.randrange(1, 9_000_000), Band.INTENSIVE)]
            ledger.settle(session, event, wanted)
            lines = session.scalars(select(LedgerLine).where(LedgerLine.event_id == event.id))
            return [(row.authority_id, row.year, row.amount) for row in lines]

        lines = db.repeated(SYSTEM, act)
        if is_direct:
            for authority_id, year, amount in lines:
                cluster.execute(
                    "INSERT INTO ledger_totals (authority_id, year, amount)"
                    f" VALUES ({authority_id}, {year}, {amount}) ON CONFLICT (authority_id, year)"
                    " DO UPDATE SET amount = ledger_totals.amount + EXCLUDED.amount"
                )
        with lock:
            found.writes += 1


def _read(cluster: Cluster, until: float, found: Reads, lock: threading.Lock) -> None:
    while time.monotonic() < until:
        with cluster.superuser.connect() as connection:
            unequal = connection.execute(text(SNAPSHOT)).scalar()
        with lock:
            found.reads += 1
            found.unequal += bool(unequal)
