"""`make chaos`: run every trial with its positive control, write docs/reliability.md, exit 1 where one does not
hold."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from tests.chaos import bank, contention, crashes, files, outage, plans, ranking, report, runs, tenants
from tests.chaos.cluster import Cluster
from tests.chaos.market import emptied
from tests.chaos.report import Row

NO_CHECK = "ALTER TABLE vacancies DROP CONSTRAINT ck_vacancies_used"
CHECK = "ALTER TABLE vacancies ADD CONSTRAINT ck_vacancies_used CHECK (used BETWEEN 0 AND amount) NOT VALID"
NO_INDEX = "DROP INDEX uq_awards_live"
INDEX = "CREATE UNIQUE INDEX uq_awards_live ON awards (need_id) WHERE status IN ('proposed', 'made')"
NO_ACTIVE = "DROP INDEX uq_matching_runs_active"
ACTIVE = (
    "CREATE UNIQUE INDEX uq_matching_runs_active ON matching_runs (scope_id)"
    " WHERE status IN ('queued', 'running') AND base_id IS NULL"
)


class Trials:
    """The trials on one cluster; `scale` shortens them all, for a look."""

    def __init__(self, cluster: Cluster, folder: Path, scale: float) -> None:
        self.cluster = cluster
        self.folder = folder
        self.scale = scale

    def some(self, number: float) -> int:
        """So many, as scaled, but one at least."""
        return max(1, round(number * self.scale))

    def few_places(self) -> Iterator[Row]:
        """R01 and R02."""
        run = lambda trials, mutant="": contention.few_places(  # noqa: E731
            self.cluster, self.folder, trials=trials, mutant=mutant
        )
        found = run(self.some(100))
        self.cluster.execute(NO_CHECK)
        try:
            unlocked = run(self.some(20), "lock")
        finally:
            self.cluster.execute(emptied())
            self.cluster.execute(CHECK)
        yield Row(
            number="R01",
            tried=f"{found.tries:,} tries in {found.trials} trials: 16 for 3 places of each of 5 provisions,"
            " 20 for 1 place",
            target="0 oversold",
            found=f"{found.oversold} oversold; verify: {_rules(found.breaches)}",
            holds=not found.oversold and not found.breaches,
            control="lock and CHECK out",
            controlled=f"oversold in {unlocked.oversold} of {unlocked.trials}",
            noticed=unlocked.oversold >= 0.95 * unlocked.trials,
        )
        impatient = run(self.some(20), "retry")
        failures = {status: count for status, count in sorted(found.statuses.items()) if status not in {302, 409}}
        yield Row(
            number="R02",
            tried="the same",
            target="0 places left empty, 0 × 5xx, every loser sees where to turn",
            found=f"{found.undersold} with a place left; answers other than 302 and 409: {failures or 'none'};"
            f" {found.unhelped} of {found.statuses[409]} losers without a way on",
            holds=not found.undersold and not failures and not found.unhelped,
            control="1 ms for a lock and no second try",
            controlled=f"{sum(n for status, n in impatient.statuses.items() if status >= 500)} × 5xx,"
            f" {impatient.undersold} of {impatient.trials} with a place left",
            noticed=any(status >= 500 for status in impatient.statuses),
        )

    def few_shares(self) -> Iterator[Row]:
        """R01 in shares of a place and in hours."""
        run = lambda trials, mutant="": contention.few_shares(  # noqa: E731
            self.cluster, self.folder, trials=trials, mutant=mutant
        )
        found = run(self.some(50))
        self.cluster.execute(NO_CHECK)
        try:
            unlocked = run(self.some(20), "lock")
        finally:
            self.cluster.execute(emptied())
            self.cluster.execute(CHECK)
        failures = {status: count for status, count in sorted(found.statuses.items()) if status not in {302, 409}}
        yield Row(
            number="R01s",
            tried=f"{found.tries:,} tries in {found.trials} trials: 16 for each of four lots of shares of places"
            " (by the session, halves, fifths, whole) and one of staff hours",
            target="0 oversold, 0 with room for one more left, 0 × 5xx",
            found=f"{found.oversold} oversold, {found.undersold} with room left;"
            f" answers other than 302 and 409: {failures or 'none'}; verify: {_rules(found.breaches)}",
            holds=not (found.oversold or found.undersold or failures or found.breaches),
            control="lock and CHECK out",
            controlled=f"oversold in {unlocked.oversold} of {unlocked.trials}",
            noticed=unlocked.oversold >= 0.95 * unlocked.trials,
        )

    def one_pupil(self) -> Iterator[Row]:
        """R03, and R07's control: an act that leaves no record."""
        found = contention.one_pupil(self.cluster, self.folder, trials=self.some(50))
        self.cluster.execute(NO_INDEX)
        try:
            double = contention.one_pupil(self.cluster, self.folder, trials=self.some(20), mutant="one award")
        finally:
            self.cluster.execute(emptied())
            self.cluster.execute(INDEX)
        yield Row(
            number="R03",
            tried=f"one pupil awarded to 8 settings at once, {found.trials} trials",
            target="exactly 1 each trial",
            found=f"{found.oversold} with two, {found.undersold} with none",
            holds=not found.oversold and not found.undersold,
            control="lock of the need, look for a live award and unique index out",
            controlled=f"two or more in {double.oversold} of {double.trials}",
            noticed=double.oversold > 0,
        )
        silent = contention.one_pupil(self.cluster, self.folder, trials=self.some(10), mutant="audit")
        yield Row(
            number="R07",
            tried=f"`verify` after each of these {found.trials} trials",
            target="no act without its record, no chain broken",
            found=_rules(found.breaches),
            holds=not found.breaches,
            control="the record of an award left out",
            controlled=_rules(silent.breaches),
            noticed=bool(silent.breaches),
        )

    def kills(self) -> Iterator[Row]:
        """R05 with R04."""
        kill = lambda point, kills, mutant="": crashes.killed_at(  # noqa: E731
            self.cluster, self.folder, point, kills=kills, mutant=mutant
        )
        found = {point: kill(point, self.some(50)) for point in crashes.FAILPOINTS}
        apart = kill("after_commit", self.some(20), "one transaction")
        keyless = kill("after_commit", self.some(10), "keys")
        yield Row(
            number="R05",
            tried="`kill -9` while an award is made, "
            + ", ".join(f"{row.kills} at {point}" for point, row in found.items()),
            target="0 orphans",
            found=f"{sum(row.orphans for row in found.values())} orphans",
            holds=not any(row.orphans for row in found.values()),
            control="audit in a transaction of its own",
            controlled=f"{apart.orphans} orphans in {apart.kills} kills",
            noticed=apart.orphans > 0,
        )
        yield Row(
            number="R04",
            tried="after each of these kills the same form again",
            target="exactly one effect, and an answer",
            found=f"{sum(row.wrong for row in found.values())} wrong of {sum(row.kills for row in found.values())}",
            holds=not any(row.wrong for row in found.values()),
            control="keys out",
            controlled=f"{keyless.wrong} wrong of {keyless.kills}",
            noticed=keyless.wrong > 0,
        )

    def plans(self) -> Iterator[Row]:
        """R14 and R15."""
        found = plans.stale(self.cluster, self.folder, changes=self.some(40), races=self.some(200))
        blind = plans.stale(self.cluster, self.folder, changes=self.some(20), races=0, mutant="versions")
        yield Row(
            number="R14",
            tried=f"{found.changed} plans of which the need, the offer, the vacancies or the price has changed"
            f" since the run, applied; {found.races} applied while another LA awards a place of it",
            target="every stale one refused, 0 oversold",
            found=f"{found.applied} applied; of the races {found.wrong} applied after the award or in part;"
            f" answers {dict(sorted(found.statuses.items()))}; verify: {_rules(found.breaches)}",
            holds=not (found.applied or found.wrong or found.breaches),
            control="versions not compared",
            controlled=f"{blind.applied} of {blind.changed} applied",
            noticed=blind.applied > 0,
        )
        each = plans.once(self.cluster, self.folder, trials=self.some(50))
        plans.killed(self.cluster, self.folder, each, kills=self.some(50))
        self.cluster.execute(plans.DROP)
        try:
            double = plans.once(self.cluster, self.folder, trials=self.some(20), mutant="one plan")
        finally:
            self.cluster.empty()
            self.cluster.execute(plans.KEY)
        yield Row(
            number="R15",
            tried=f"{each.trials} plans proposed by two at once and applied by two at once; {each.kills} `kill -9`"
            " while one is applied, then the same form again",
            target="1 plan, applied once, all of it or nothing",
            found=f"{each.plans} with two plans or none, {each.applied} applied twice or not at all,"
            f" {each.parts} in part; verify: {_rules(each.breaches)}",
            holds=not (each.plans or each.applied or each.parts or each.breaches),
            control="look for a live plan and unique index out",
            controlled=f"two plans in {double.plans} of {double.trials}",
            noticed=double.plans > 0,
        )

    def power_cuts(self) -> Iterator[Row]:
        """R06."""
        run = lambda crashes_, least, commits="on": crashes.database_killed(  # noqa: E731
            self.cluster, self.folder, crashes=crashes_, least=least, commits=commits
        )
        found = run(self.some(20), self.some(5000))
        loose = run(self.some(20), self.some(5000), "off")
        yield Row(
            number="R06",
            tried=f"4 people write while the database is killed {found.crashes} times",
            target="0 acknowledged acts lost of 5,000 or more",
            found=f"{found.lost} lost of {found.acknowledged:,}; verify: {_rules(found.rules)}",
            holds=not found.lost and not found.rules,
            control="synchronous_commit off",
            controlled=f"{loose.lost} lost of {loose.acknowledged:,}",
            noticed=loose.lost > 0,
        )

    def sums(self) -> Iterator[Row]:
        """R11."""
        found = bank.bank(self.cluster, seconds=60 * self.scale)
        direct = bank.bank(self.cluster, seconds=20 * self.scale, is_direct=True)
        yield Row(
            number="R11",
            tried=f"{found.writes:,} charges and reversals by 16, {found.reads:,} snapshots read meanwhile",
            target="0 snapshots in which a total is not the sum of its lines",
            found=f"{found.unequal} unequal",
            holds=not found.unequal,
            control="totals written apart",
            controlled=f"{direct.unequal:,} unequal of {direct.reads:,}",
            noticed=direct.unequal > 0,
        )

    def outage(self) -> Iterator[Row]:
        """R19."""
        found = outage.outage(self.cluster, self.folder, seconds=60 * self.scale)
        swallowed = outage.outage(self.cluster, self.folder, seconds=10 * self.scale, mutant="errors")
        yield Row(
            number="R19",
            tried=f"the database gone for {60 * self.scale:.0f} s under load,"
            f" {sum(found.statuses.values()):,} requests meanwhile",
            target="503 within 3 s, /live 200 and /ready 503, nothing acknowledged lost, normal within 10 s",
            found=f"answers {dict(found.statuses)}, slowest {found.slowest:.1f} s; /live {found.live},"
            f" /ready {found.ready}; {found.lost} lost of {found.acknowledged:,}; normal after {found.healed:.1f} s",
            holds=set(found.statuses) == {503}
            and found.slowest <= 3
            and found.live == {200}
            and found.ready == {503}
            and not found.lost
            and not found.rules
            and found.healed <= 10,
            control="errors of the database swallowed",
            controlled=f"answers {dict(swallowed.statuses)}",
            noticed=set(swallowed.statuses) != {503},
        )

    def tenants(self) -> Iterator[Row]:
        """R28."""
        found = tenants.tenants(self.cluster, self.folder, seconds=300 * self.scale)
        shared = tenants.tenants(self.cluster, self.folder, seconds=30 * self.scale, mutant="scope")
        yield Row(
            number="R28",
            tried=f"32 sessions of 8 LAs, {found.pages:,} pages in {300 * self.scale:.0f} s",
            target="0 foreign canaries",
            found=f"{found.foreign} foreign, {found.errors} × 5xx",
            holds=not found.foreign and not found.errors,
            control="who asks kept in a global",
            controlled=f"{shared.foreign:,} foreign of {shared.pages:,}",
            noticed=shared.foreign > 0,
        )

    def runs(self) -> Iterator[Row]:
        """R12, R13 and R16: workers killed, hung, and many."""
        rounds = self.some(4)
        found = runs.workers_killed(self.cluster, self.folder, rounds=rounds)
        rows = runs.workers_killed(self.cluster, self.folder, rounds=1, mutant="whole answer")
        yield Row(
            number="R12",
            tried=f"`kill -9` of {found.kills} workers, {rounds} each at {', '.join(runs.FAILPOINTS)}",
            target="0 partial results visible, each run marked failed within 60 s, and done when started again",
            found=f"{found.partial} partial, the last marked failed after {found.slowest:.0f} s,"
            f" {found.again} of {found.kills} done again; verify: {_rules(found.rules)}",
            holds=not found.partial and found.slowest <= 60 and found.again == found.kills and not found.rules,
            control="recommendations committed one by one",
            controlled=f"{rows.partial} partial of {rows.kills}",
            noticed=rows.partial > 0,
        )
        asked = runs.started_at_once(self.cluster, self.folder, trials=self.some(20))
        self.cluster.execute(NO_ACTIVE)
        try:
            double = runs.started_at_once(self.cluster, self.folder, trials=self.some(10))
        finally:
            self.cluster.empty()
            self.cluster.execute(ACTIVE)
        yield Row(
            number="R16",
            tried=f"8 at once start a run of one region, {len(asked.active)} trials",
            target="exactly 1 active",
            found=f"{sum(count != 1 for count in asked.active)} with none or several",
            holds=set(asked.active) == {1},
            control="unique index out",
            controlled=f"several in {sum(count > 1 for count in double.active)} of {len(double.active)}",
            noticed=max(double.active) > 1,
        )
        hung = runs.zombies(self.cluster, self.folder, number=self.some(10))
        free = runs.zombies(self.cluster, self.folder, number=self.some(4), mutant="token")
        yield Row(
            number="R16z",
            tried=f"{hung.zombies} workers hang with an answer in hand, are given up, and come back",
            target="0 write",
            found=f"{hung.wrote} wrote",
            holds=not hung.wrote,
            control="token and status not asked for",
            controlled=f"{free.wrote} of {free.zombies} wrote",
            noticed=free.wrote > 0,
        )

    def drain(self) -> Iterator[Row]:
        """Several workers on one queue."""
        found = runs.drained(self.cluster, self.folder, number=8)
        other = runs.drained(self.cluster, self.folder, number=2, is_dearer=True)
        yield Row(
            number="R13",
            tried=f"{found.runs} regional runs by {found.by} workers in folders of their own, one killed meanwhile",
            target="files the same, to the byte, as by one process alone from rows in another order",
            found=f"{found.different} different",
            holds=not found.different,
            control="prices of £1 more",
            controlled=f"{other.different} of {other.runs} different",
            noticed=other.different > 0,
        )

    def files(self) -> Iterator[Row]:
        """R21 and R22."""
        some = len(files.PLANTS) if self.scale >= 1 else self.some(len(files.PLANTS))
        found = files.told(self.cluster, self.folder, plants=some)
        silent = files.told(self.cluster, self.folder, plants=self.some(10), mutant="errors of files")
        yield Row(
            number="R21",
            tried=f"{found.files} files with {found.planted} faults planted in their cells, by page",
            target="each told by file, row, column and value; 0 × 5xx, 0 rows written",
            found=f"{found.found} told, {found.failures} × 5xx, {found.kept} runs begun",
            holds=found.found == found.planted and not found.failures and not found.kept,
            control="faults passed over in silence",
            controlled=f"{silent.found} of {silent.planted} told, {silent.kept} runs begun",
            noticed=silent.found < silent.planted and silent.kept > 0,
        )
        bombs = files.refused(self.cluster, self.folder)
        open_ = files.refused(self.cluster, self.folder, mutant="limits of files")
        is_refused = not bombs.taken and bombs.slowest <= 2 and bombs.grown <= 200 and bombs.others <= 1
        yield Row(
            number="R22",
            tried=f"{bombs.files} bombs and giants: 300 MB of zeros in a zip and in a workbook, 5,000 files, entities,"
            " a cell of 10 MB, 1,000,000 rows, 2,000 columns, more than a request may bring",
            target="refused in 2 s, 200 MB more at the most, 95 of 100 pages of others in 1 s",
            found=f"{bombs.taken} taken, the slowest refused in {bombs.slowest:.1f} s, {bombs.grown:.0f} MB more,"
            f" pages of others in {bombs.others:.2f} s",
            holds=is_refused,
            control="limits out",
            controlled=f"the slowest in {open_.slowest:.1f} s, {open_.grown:.0f} MB more",
            noticed=open_.slowest > 2 or open_.grown > 200,
        )

    def ranking(self) -> Iterator[Row]:
        """R27."""
        found = ranking.ranked(self.cluster, self.folder, times=self.some(50))
        other = ranking.ranked(self.cluster, self.folder, times=self.some(10) + 1, mutant="order")
        yield Row(
            number="R27",
            tried=f"the options of one need drawn {found.drawn} times by 4 processes, rows of the market written anew"
            " between them",
            target="the same order, figures and reasons each time",
            found=f"{found.different} different",
            holds=not found.different,
            control="options in no order",
            controlled=f"{other.different} of {other.drawn} different",
            noticed=other.different > 0,
        )


NAMES: dict[str, Callable[[Trials], Iterator[Row]]] = {
    "places": Trials.few_places,
    "shares": Trials.few_shares,
    "pupil": Trials.one_pupil,
    "kills": Trials.kills,
    "plans": Trials.plans,
    "cuts": Trials.power_cuts,
    "sums": Trials.sums,
    "outage": Trials.outage,
    "tenants": Trials.tenants,
    "runs": Trials.runs,
    "drain": Trials.drain,
    "files": Trials.files,
    "ranking": Trials.ranking,
}


@click.command()
@click.option("--only", type=click.Choice(list(NAMES)), multiple=True, help="These trials alone.")
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help="Shorter or longer; not 1: nothing is written."
)
def main(only: tuple[str, ...], scale: float) -> None:
    """Try what must hold whatever happens, each trial with its positive control."""
    is_good = True
    with tempfile.TemporaryDirectory(prefix="trial-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database may run as a user of its own
        trials = Trials(Cluster(folder), folder, scale)
        for key in only or NAMES:
            rows = list(NAMES[key](trials))
            for row in rows:
                click.echo(str(row))
            if scale == 1:
                report.write(rows)
            is_good = is_good and all(row.is_good for row in rows)
    if not is_good:
        sys.exit(1)


def _rules(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items())) or "every rule holds"


if __name__ == "__main__":
    main()
