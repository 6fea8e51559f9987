"""R12, R13, R16: workers are killed, hang and come back; a run's answer is there whole or not at all, and once."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from pathlib import Path

from sqlalchemy import func, select

from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.models import MatchingRun, Recommendation, Role, RunResult, RunStatus
from marketplace.permissions import SYSTEM
from marketplace.services.matching import archive, solving
from marketplace.services.matching import runs as matching
from tests import builders
from tests.chaos.cluster import Cluster
from tests.chaos.site import serving
from tests.chaos.verified import breaches
from tests.contention import at_once

FAILPOINTS = ("after_claim", "after_freeze", "after_solve", "mid_keep", "before_commit")
NEEDS, SETTINGS = 24, 4
ON = date(2026, 11, 23)
FORM = {"on-day": "23", "on-month": "11", "on-year": "2026", "seconds": "30"}
PATIENCE = 120  # seconds that anything here may take
CSVS = ("assignments.csv", "unplaced.csv", "pools.csv", "budgets.csv")


@dataclass(frozen=True, slots=True)
class Scope:
    """A region, and somebody of it who starts runs."""

    id: int
    procurement: str


def regions(number: int) -> list[Scope]:
    """Regions of one LA, each with settings of few places and pupils for more."""
    scopes = []
    with transaction(SYSTEM) as session:
        framework = builders.framework(session)
        for at in range(number):
            region = builders.region(session)
            la = builders.authority(session, region)
            east, north = 50_000 + 80_000 * (at % 8), 50_000 + 80_000 * (at // 8)  # too far from the next to share
            for place in range(SETTINGS):
                setting = builders.setting(session, la, easting=east + 4_000 * place, northing=north)
                pool = builders.pool(session, setting, (7, 11, date(2026, 9, 1), str(2 + place)))
                builders.schedule(session, builders.provision(session, pool))
            for child in range(NEEDS):
                home = {"easting": east + 700 * child, "northing": north + 500 * (child % 7)}
                builders.need(session, la, framework, priority=1 + child % 5, **home)
            scopes.append(Scope(region.id, builders.user(session, region, Role.PROCUREMENT).email))
    return scopes


@contextmanager
def workers(
    cluster: Cluster, folder: Path, failpoints: Sequence[str], *, mutant: str = ""
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A worker process for each failpoint ("": none), each armed and with a working folder of its own."""
    found = []
    for number, failpoint in enumerate(failpoints):
        place = folder / f"worker-{number}-{time.monotonic_ns()}"
        place.mkdir()
        armed = place / "armed"
        armed.touch()
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "DATABASE_URL": cluster.addresses.application,
            "MARKETPLACE_DATA": str(place / "data"),
            "TRIAL_ARMED": str(armed),
            "TRIAL_MUTANT": mutant,
            "TRIAL_FAILPOINT": failpoint,
        }
        command = [sys.executable, "-m", "tests.chaos.worker"]
        with (place / "log").open("wb") as log:
            found.append(subprocess.Popen(command, env=environment, cwd=place, stdout=log, stderr=log))
    try:
        yield found
    finally:
        for process in found:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


def start(scope: Scope) -> int:
    """Queue a run over a region."""
    with transaction(SYSTEM) as session:
        return matching.start_run(session, SYSTEM, scope_id=scope.id, on=ON, seconds=30).id


def statuses(run_ids: Sequence[int]) -> list[RunStatus]:
    """Where each run stands."""
    with transaction(SYSTEM) as session:
        rows = session.execute(select(MatchingRun.id, MatchingRun.status).where(MatchingRun.id.in_(run_ids)))
        found = dict(rows.tuples().all())
    return [found[at] for at in run_ids]


def wait(is_so: Callable[[], bool]) -> float:
    """Until it is so; the seconds that it took. Raises TimeoutError after PATIENCE."""
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > PATIENCE:
            raise TimeoutError("A trial of runs does not go on.")
        time.sleep(0.1)
    return time.monotonic() - begun


def visible(run_ids: Sequence[int]) -> int:
    """How many of the runs show anything of an answer."""
    with transaction(SYSTEM) as session:
        shown = set(session.scalars(select(Recommendation.run_id).where(Recommendation.run_id.in_(run_ids))))
        answered = RunResult.run_id.in_(run_ids) & RunResult.answer.is_not(None)
        shown |= set(session.scalars(select(RunResult.run_id).where(answered)))
    return len(shown)


@dataclass
class Kills:
    """What killing the workers of runs came to."""

    kills: int = 0
    partial: int = 0  # failed runs that show something of an answer
    slowest: float = 0.0  # seconds from a kill until its run is marked failed
    again: int = 0  # runs that were started again and are done, with a recommendation for every need
    rules: dict[str, int] = field(default_factory=dict)


def workers_killed(cluster: Cluster, folder: Path, *, rounds: int, mutant: str = "") -> Kills:
    """R12: in each round a worker is killed at each point, each at a run of its own; then the run is started again."""
    counts = Kills()
    cluster.empty()
    with cluster.application():
        scopes = regions(len(FAILPOINTS))
        for _ in range(rounds):
            run_ids = [start(scope) for scope in scopes]
            with workers(cluster, folder, FAILPOINTS, mutant=mutant) as armed:
                wait(lambda: all(process.poll() is not None for process in armed))
            killed = time.monotonic()
            with workers(cluster, folder, [""]):
                wait(lambda run_ids=run_ids: set(statuses(run_ids)) == {RunStatus.FAILED})  # type: ignore[misc]
                counts.slowest = max(counts.slowest, time.monotonic() - killed)
                counts.kills += len(run_ids)
                counts.partial += visible(run_ids)
                again = [start(scope) for scope in scopes]
                wait(lambda again=again: set(statuses(again)) == {RunStatus.DONE})  # type: ignore[misc]
                counts.again += sum(recommended(at) == NEEDS for at in again)
        counts.rules = breaches()
    return counts


def recommended(run_id: int) -> int:
    """For how many needs a run recommends something, or nothing and why."""
    with transaction(SYSTEM) as session:
        query = select(func.count()).select_from(Recommendation).where(Recommendation.run_id == run_id)
        return session.scalar(query) or 0


@dataclass
class Zombies:
    """What workers that hung and came back came to, and runs that many asked for at once."""

    asked: int = 0
    active: list[int] = field(default_factory=list)  # runs under way in each scope after all had asked
    zombies: int = 0
    wrote: int = 0  # zombies after which a given-up run shows an answer, or is not failed any more


def started_at_once(cluster: Cluster, folder: Path, *, trials: int, people: int = 8) -> Zombies:
    """R16, its first half: so many ask for a run of one region at once, over HTTP."""
    counts = Zombies()
    with cluster.application(), serving(cluster, folder) as site:
        for scope in regions(trials):
            visitors = [site.visitor() for _ in range(people)]
            for visitor in visitors:
                visitor.sign_in(scope.procurement, builders.PASSWORD)
            answers = at_once([lambda v=visitor: v.post("/runs/start", **FORM).status for visitor in visitors])
            if not set(answers) <= {302, 409}:
                raise RuntimeError(f"Starts of a run were answered {answers}.")
            counts.asked += people
            under_way = MatchingRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING])
            with transaction(SYSTEM) as session:
                query = select(func.count()).select_from(MatchingRun).where(MatchingRun.scope_id == scope.id, under_way)
                counts.active.append(session.scalar(query) or 0)
    return counts


def zombies(cluster: Cluster, folder: Path, *, number: int, mutant: str = "") -> Zombies:
    """R16, its second half: workers hang with the answer in hand, are given up, and come back."""
    counts = Zombies()
    cluster.empty()
    with cluster.application():
        run_ids = [start(scope) for scope in regions(number)]
        with workers(cluster, folder, ["stop after_solve"] * number, mutant=mutant) as hung:
            wait(lambda: set(statuses(run_ids)) == {RunStatus.RUNNING} and all(map(is_stopped, hung)))
            with workers(cluster, folder, [""]):
                wait(lambda: set(statuses(run_ids)) == {RunStatus.FAILED})
            for process in hung:
                process.send_signal(signal.SIGCONT)
            time.sleep(5)  # what a zombie writes, it writes at once
        counts.zombies = number
        counts.wrote = max(visible(run_ids), sum(status is not RunStatus.FAILED for status in statuses(run_ids)))
    return counts


def is_stopped(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process hangs."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@dataclass
class Drained:
    """What several workers made of many runs, one of them killed meanwhile."""

    runs: int = 0
    by: int = 0
    different: int = 0  # runs whose files are not, to the byte, those of one process alone


def drained(cluster: Cluster, folder: Path, *, number: int, is_dearer: bool = False) -> Drained:
    """Two workers, each with a folder of its own, work off the runs of so many regions; one of them is killed. With
    `is_dearer` they are compared with what comes of prices of £1 more."""
    counts = Drained(by=2)
    cluster.empty()
    with cluster.application():
        scopes = regions(number)
        run_ids = {scope: start(scope) for scope in scopes}
        with workers(cluster, folder, ["after_solve", ""]):
            while not all(status is RunStatus.DONE for status in statuses(list(run_ids.values()))):
                time.sleep(0.2)
                for scope, status in zip(scopes, statuses([run_ids[each] for each in scopes]), strict=True):
                    if status is RunStatus.FAILED:
                        try:
                            run_ids[scope] = start(scope)
                        except Conflict:
                            continue
        counts.runs = len(run_ids)
        counts.different = sum(not is_as_alone(at, more=int(is_dearer)) for at in run_ids.values())
    return counts


def is_as_alone(run_id: int, *, more: int) -> bool:
    """Whether the kept files are those of the kept problem, its rows in another order, solved here at prices of so many
    £ more."""
    with transaction(SYSTEM) as session:
        result = session.get_one(RunResult, run_id)
        problem, kept = archive.problem_in(result.problem), result.answer
    assert kept is not None
    dearer = (replace(row, price=row.price + more) for row in problem.prices)
    asked = replace(problem, pupils=problem.pupils[::-1], pools=problem.pools[::-1], prices=tuple(dearer))
    alone = archive.zip_of_answer(asked, solving.solve(asked, seconds=30, note=lambda _: None))
    with zipfile.ZipFile(BytesIO(kept)) as one, zipfile.ZipFile(BytesIO(alone)) as other:
        return all(one.read(name) == other.read(name) for name in CSVS)
