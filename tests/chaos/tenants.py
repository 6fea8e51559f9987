"""R28: many sessions of many organisations at once; nobody ever reads what is another's."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import Authority, Framework, Role, User, UserRole
from marketplace.permissions import SYSTEM
from tests import builders
from tests.chaos.cluster import Cluster
from tests.chaos.market import build, places
from tests.chaos.site import serving
from tests.chaos.visitor import Visitor

ORGANISATIONS, SESSIONS = 8, 32
PAGES = ("/", "/needs", "/needs/{need}", "/needs/{need}/options", "/people", "/settings", "/budgets")


@dataclass
class Looks:
    """What was looked at."""

    pages: int = 0
    foreign: int = 0  # pages that hold another organisation's canary
    errors: int = 0


def tenants(cluster: Cluster, folder: Path, *, seconds: float, mutant: str = "") -> Looks:
    """32 sessions of 8 LAs open pages at random; each LA's names and texts bear a canary of its own."""
    found, lock = Looks(), threading.Lock()
    with cluster.application(), serving(cluster, folder, mutant=mutant) as site:
        market = build(ORGANISATIONS, [places(3)])
        canaries = [f"Canary{number}x" for number in range(ORGANISATIONS)]
        needs = _marked(market.authorities, market.framework, canaries)
        emails = _everything(market.commissioners)
        visitors = [site.visitor() for _ in range(SESSIONS)]
        for number, visitor in enumerate(visitors):
            visitor.sign_in(emails[number % ORGANISATIONS], builders.PASSWORD)
        until = time.monotonic() + seconds
        threads = []
        for number, visitor in enumerate(visitors):
            own = number % ORGANISATIONS
            threads.append(
                threading.Thread(target=_look, args=(visitor, own, canaries, needs[own], until, number, found, lock))
            )
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return found


def _marked(authorities: Sequence[int], framework: int, canaries: Sequence[str]) -> list[int]:
    needs = []
    with transaction(SYSTEM) as session:
        for at, canary in zip(authorities, canaries, strict=True):
            la = session.get_one(Authority, at)
            row = builders.need(
                session,
                la,
                session.get_one(Framework, framework),
                reference=f"{canary}-1",
                mainstream=f"{canary} words",
            )
            needs.append(row.id)
            builders.user(session, la, Role.COMMISSIONER, name=f"{canary} colleague")
    return needs


def _everything(emails: Sequence[str]) -> Sequence[str]:
    """Let each of these people open every page."""
    with transaction(SYSTEM) as session:
        for person in session.scalars(select(User).where(User.email.in_(emails))):
            held = person.roles
            person.role_rows += [
                UserRole(role=role) for role in (Role.PROCUREMENT, Role.ADMINISTRATOR) if role not in held
            ]
    return emails


def _look(
    visitor: Visitor,
    own: int,
    canaries: Sequence[str],
    need: int,
    until: float,
    seed: int,
    found: Looks,
    lock: threading.Lock,
) -> None:
    choose = random.Random(seed)  # noqa: S311 - repeatable, not secret
    others = [canary for number, canary in enumerate(canaries) if number != own]
    while time.monotonic() < until:
        answer = visitor.get(choose.choice(PAGES).format(need=need))
        with lock:
            found.pages += 1
            found.errors += answer.status >= 500
            found.foreign += any(canary in answer.text or canary in answer.location for canary in others)
