"""R01, R02, R03: many reach for few places at once, and for one pupil."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.models import Kind
from tests import builders
from tests.chaos.cluster import Cluster
from tests.chaos.market import Lot, Market, Try, build, emptied, offered, places, taken
from tests.chaos.site import Site, serving
from tests.chaos.verified import breaches
from tests.chaos.visitor import Answer, Visitor

BANDS, PLACES, RIVALS = 5, 3, 16  # 16 reach for 3 places of each of 5 provisions
CROWD = 20  # and 20 for one place
SCHOOLS = 8


def _split(amount: str, most: int, sessions: int, shares: int | None) -> Lot:
    return Lot(amount, most, {"kind": Kind.POROUS, "sessions": sessions, "shares": shares})


SHARES = (  # by the session, in halves, in fifths with a rest that nobody can use, whole places; and staff hours
    _split("1.2", 3, 4, None),
    _split("2", 4, 3, 2),
    _split("1", 2, 3, 5),
    _split("2", 2, 3, 1),
    Lot("12", 2, {"kind": Kind.OUTREACH}),
)


@dataclass
class Counts:
    """What the trials of one kind came to."""

    trials: int = 0
    tries: int = 0
    oversold: int = 0  # trials in which more was awarded than there was
    undersold: int = 0  # trials in which a place stayed empty though somebody wanted it
    statuses: Counter[int] = field(default_factory=Counter)
    unhelped: int = 0  # losers whose page names nothing to turn to
    breaches: Counter[str] = field(default_factory=Counter)


def people(site: Site, market: Market) -> list[Visitor]:
    """The commissioner of each LA, signed in."""
    found = []
    for email in market.commissioners:
        visitor = site.visitor()
        visitor.sign_in(email, builders.PASSWORD)
        found.append(visitor)
    return found


def at_once(visitors: Sequence[Visitor], tries: Sequence[Try]) -> list[Answer]:
    """Every try at one moment, each by its own commissioner."""
    barrier = threading.Barrier(len(tries))
    answers: list[Answer | None] = [None] * len(tries)

    def ask(number: int, each: Try) -> None:
        barrier.wait()
        answers[number] = visitors[each.commissioner].post(each.path, **each.form)

    threads = [threading.Thread(target=ask, args=(number, each)) for number, each in enumerate(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def with_totals(visitors: Sequence[Visitor], tries: Sequence[Try], totals: dict[str, str]) -> list[Try]:
    """The tries with the cost that each page shows; it is the same for all of one provision, so it is read once."""
    found = []
    for each in tries:
        provision = each.path.rpartition("/")[2]
        if provision not in totals:
            page = visitors[each.commissioner].get(each.path).text
            totals[provision] = page.split('name="total"')[1].split('value="')[1].split('"')[0]
        found.append(Try(each.commissioner, each.path, {**each.form, "total": totals[provision]}, each.need_id))
    return found


def few_places(cluster: Cluster, folder: Path, *, trials: int, mutant: str = "") -> Counts:
    """R01 and R02: in each trial every band's places are reached for at once, then the one place by the crowd."""
    counts, totals = Counts(), {}
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        market = build(CROWD, [*([places(PLACES)] * BANDS), places(1)])
        *bands, last = market.provisions
        visitors = people(site, market)
        for _ in range(trials):
            cluster.execute(emptied())
            rivals = [(number, [band]) for band in bands for number in range(RIVALS)]
            crowd = [(number, [last]) for number in range(CROWD)]
            for wanted in (rivals, crowd):
                tries = with_totals(visitors, offered(market, wanted), totals)
                _count(counts, at_once(visitors, tries))
                counts.tries += len(tries)
            found = taken(market)
            counts.trials += 1
            counts.oversold += found.is_oversold(market)
            counts.undersold += found.is_undersold(market)
            counts.breaches.update(breaches())
    return counts


def few_shares(cluster: Cluster, folder: Path, *, trials: int, mutant: str = "") -> Counts:
    """R01 in shares and hours: in each trial all lots of SHARES are reached for at once."""
    counts, totals = Counts(), {}
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        market = build(RIVALS, SHARES)
        visitors = people(site, market)
        for _ in range(trials):
            cluster.execute(emptied())
            wanted = [(number, [lot]) for lot in market.provisions for number in range(RIVALS)]
            tries = with_totals(visitors, offered(market, wanted), totals)
            _count(counts, at_once(visitors, tries))
            counts.tries += len(tries)
            found = taken(market)
            counts.trials += 1
            counts.oversold += found.is_oversold(market)
            counts.undersold += found.is_undersold(market)
            counts.breaches.update(breaches())
    return counts


def one_pupil(cluster: Cluster, folder: Path, *, trials: int, mutant: str = "") -> Counts:
    """R03: one need is awarded to 8 settings at once, by people of one LA."""
    counts, totals = Counts(), {}
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        market = build(1, [places(5)] * SCHOOLS)
        visitors = people(site, market)
        for _ in range(trials):
            cluster.execute(emptied())
            tries = with_totals(visitors, offered(market, [(0, market.provisions)]), totals)
            _count(counts, at_once(visitors, tries))
            counts.tries += len(tries)
            counts.trials += 1
            made = sum(taken(market).made.values())
            counts.oversold += made > 1
            counts.undersold += made < 1
            counts.breaches.update(breaches())
    return counts


def _count(counts: Counts, answers: Sequence[Answer]) -> None:
    counts.statuses.update(answer.status for answer in answers)
    counts.unhelped += sum(
        1 for answer in answers if answer.status == 409 and "<a " not in answer.text.partition("<main")[2]
    )
