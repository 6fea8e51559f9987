"""One pool of a fictional setting and the LAs that want of it, each with an award that waits for its second person; and
several who act at the same moment."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.db import repeated, transaction
from marketplace.models import Award, AwardStatus, Pool, Provision, Role
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import capacity
from marketplace.services.verify import RULES
from tests import builders, commissioning

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
STARTS = date(2027, 1, 4)
T = TypeVar("T")


@dataclass(frozen=True)
class Taker:
    """An LA's officer, and the award for which a place is wanted."""

    actor: Actor
    award_id: int
    authority_id: int


@dataclass(frozen=True)
class Wanted:
    """One pool, its provider's editor, and those who want of it."""

    provision_id: int
    pool_id: int
    editor: Actor
    takers: Sequence[Taker]

    def take(
        self, number: int = 0, *, amount: str = "1", year_group: int = 8, on: date = STARTS, **fields: Any
    ) -> None:
        """What a taker does, in a transaction of its own, again where others were in the way."""
        taker = self.takers[number]

        def act(session: Session) -> None:
            capacity.take(
                session, taker.actor, provision=session.get_one(Provision, self.provision_id), year_group=year_group,
                on=on, amount=Decimal(amount), authority_id=taker.authority_id,
                subject=session.get_one(Award, taker.award_id), **fields,
            )  # fmt: skip

        repeated(taker.actor, act)

    def free(self, number: int = 0, **fields: Any) -> None:
        """A taker gives back what it has."""
        taker = self.takers[number]

        def act(session: Session) -> None:
            capacity.free(session, taker.actor, subject=session.get_one(Award, taker.award_id), at=AT, **fields)

        repeated(taker.actor, act)

    def state(self) -> list[tuple[date, str, str]]:
        """Of each vacancy its first day, what is taken and what there is in all."""
        with transaction(SYSTEM) as session:
            rows = session.get_one(Pool, self.pool_id).vacancies
            return [(row.starts_on, f"{row.used.normalize():f}", f"{row.amount.normalize():f}") for row in rows]

    def version(self) -> int:
        with transaction(SYSTEM) as session:
            return session.get_one(Pool, self.pool_id).version


def wanted(*vacancies: tuple[int, int, date, str], takers: int = 1, **fields: Any) -> Wanted:
    """A pool with these vacancies and so many takers, each of an LA of its own."""
    with transaction(SYSTEM) as session:
        region, framework = builders.region(session), builders.framework(session)
        provider = builders.provider(session)
        setting = builders.setting(session, builders.authority(session, region), provider)
        editor = builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR))
        pool = builders.pool(session, setting, *vacancies, **fields)
        provision = builders.provision(session, pool)
        builders.schedule(session, provision)
        found = []
        for _ in range(takers):
            la = builders.authority(session, region)
            need = builders.need(session, la, framework)
            award = commissioning.award(session, need, provision, status=AwardStatus.PROPOSED)
            actor = builders.acting(builders.user(session, la, Role.COMMISSIONER))
            found.append(Taker(actor=actor, award_id=award.id, authority_id=la.id))
        return Wanted(provision_id=provision.id, pool_id=pool.id, editor=editor, takers=found)


def another_pool(of: Wanted, *vacancies: tuple[int, int, date, str]) -> Wanted:
    """A further pool of the same setting, wanted by the same."""
    with transaction(SYSTEM) as session:
        pool = builders.pool(session, session.get_one(Pool, of.pool_id).setting, *vacancies)
        provision = builders.provision(session, pool)
        return Wanted(provision_id=provision.id, pool_id=pool.id, editor=of.editor, takers=of.takers)


def at_once(acts: Iterable[Callable[[], T]]) -> list[T | Exception]:
    """What each returns or raises, all of them begun at the same moment, in the order given."""
    acts = list(acts)
    start = threading.Barrier(len(acts), timeout=30)
    found: dict[int, T | Exception] = {}

    def run(number: int, act: Callable[[], T]) -> None:
        try:
            start.wait()
            found[number] = act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            found[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(acts))]


def require_sums() -> None:
    """What is taken of each vacancy is the sum of what is claimed of it; nobody's claim is lost, nothing oversold."""
    rule = next(rule for rule in RULES if rule.name == "capacity")
    with transaction(SYSTEM) as session:
        assert session.execute(text(rule.breaches)).all() == []
