"""R27: the same need on the same market is ranked the same, by every process, however the rows lie on the disk."""

import random
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from marketplace.db import transaction
from marketplace.models import Authority, Framework
from marketplace.permissions import SYSTEM
from tests import builders
from tests.chaos.cluster import Cluster
from tests.chaos.market import build, places
from tests.chaos.site import serving

PROVISIONS = 24  # many of them equal in distance and price
HIDDEN = re.compile(r"<input[^>]*>|<script.*?</script>", re.DOTALL)


@dataclass
class Ranked:
    """How often the page was drawn, and how often otherwise than the first time."""

    drawn: int = 0
    different: int = 0


def ranked(cluster: Cluster, folder: Path, *, times: int, mutant: str = "") -> Ranked:
    """The options of one need, drawn again and again; between two drawings rows of the market are written anew."""
    found, chance = Ranked(), random.Random(7)  # noqa: S311 - nothing secret comes of it
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        market = build(1, [places(3)] * PROVISIONS)
        with transaction(SYSTEM) as session:
            la = session.get_one(Authority, market.authorities[0])
            framework = session.get_one(Framework, market.framework)
            need = builders.need(session, la, framework, starts_on=date(2027, 1, 4)).id
        visitor = site.visitor()
        visitor.sign_in(market.commissioners[0], builders.PASSWORD)
        first = ""
        for _ in range(times):
            page = _said(visitor.get(f"/needs/{need}/options").text)
            assert page.count("Fictional School") >= PROVISIONS
            first = first or page
            found.drawn += 1
            found.different += page != first
            for table in ("settings", "pools", "provisions", "vacancies", "price_schedules", "price_lines"):
                which = ",".join(str(chance.randrange(10)) for _ in range(4))
                cluster.execute(f"UPDATE {table} SET id = id WHERE id % 10 IN ({which})")
    return found


def _said(page: str) -> str:
    """What a page says, without what belongs to one drawing of it."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", HIDDEN.sub("", main))
