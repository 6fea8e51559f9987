"""Tariffs on the way in the demonstration: the region's is in consultation, one LA's waits to be adopted, one is a
draft.

Illustrative throughout, as the tariff in force is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import (
    Band,
    Framework,
    Organisation,
    Role,
    Stance,
    Tariff,
    TariffComment,
    TariffStatus,
    User,
)
from marketplace.services.demonstration.chance import chance
from marketplace.services.demonstration.people import People
from marketplace.services.drafts import as_json

RAISED = {"moderate": 31_500, "intensive": 50_000, "profound": 69_000, "exceptional": 99_500}
WORDS: dict[Stance, tuple[str | None, ...]] = {
    Stance.AGREE: (None, None, "In line with our own costs."),
    Stance.TOO_LOW: (
        "Teaching assistants' pay has risen by more than this in the last two years.",
        "Speech and language therapists cannot be found at the rate that the framework states.",
    ),
    Stance.TOO_HIGH: ("We could offer this band for less where pupils come every day.",),
    Stance.UNCLEAR: ("Does the standard content count group therapy, or only time alone with the pupil?",),
}
OPENED_AFTER = timedelta(days=60)
ODDS = (Stance.AGREE, Stance.AGREE, Stance.TOO_LOW, Stance.TOO_LOW, Stance.TOO_HIGH, Stance.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A tariff with what happened to it: who did what, and when."""

    tariff: Tariff
    events: tuple[tuple[str, datetime, User], ...]


def add_tariffs(
    session: Session,
    people: People,
    framework: Framework,
    content: Mapping[str, Any],
    *,
    seed: int,
    on: date,
    at: datetime,
) -> list[Proposed]:
    """Propose tariffs beside the one in force, whose content this is; `at`: when they were drafted."""
    start = date(on.year + (on + timedelta(days=60) > date(on.year, 4, 1)), 4, 1)
    owners = {owner.name: owner for owner in (people.region, *people.authorities)}
    found = []
    for name, percent, closes_on in (
        (people.region.name, 100, on + timedelta(days=21)),
        ("Estermere", 98, on - timedelta(days=3)),
        ("Aldermouth", 103, None),
    ):
        maker = people.who(owners[name], Role.PROCUREMENT)
        row = _tariff(owners[name], framework, content, percent, start)
        row.makers = [maker.id]
        session.add(row)
        events = [("tariff drafted", at, maker)]
        if closes_on is not None:
            row.status, row.closes_on = TariffStatus.IN_CONSULTATION, closes_on
            events.append(("tariff opened for consultation", at + OPENED_AFTER, maker))
        found.append(Proposed(row, tuple(events)))
    session.flush()
    _add_comments(session, people, [each.tariff for each in found if each.tariff.closes_on], seed=seed, at=at)
    return found


def _tariff(owner: Organisation, framework: Framework, content: Mapping[str, Any], percent: int, start: date) -> Tariff:
    name = f"{owner.name} tariff {start.year}-{(start.year + 1) % 100:02} (illustrative)"
    changes = {
        "name": name,
        "owner": owner.name,
        "status": TariffStatus.DRAFT.value,
        "valid_from": start,
        "band": {band: 100 * (pounds * percent // 10_000) for band, pounds in RAISED.items()},
    }
    return Tariff(
        owner=owner,
        framework=framework,
        name=name,
        version=content["version"],
        status=TariffStatus.DRAFT,
        starts_on=start,
        is_illustrative=True,
        content=as_json({**content, **changes}),
    )


def _add_comments(session: Session, people: People, tariffs: Iterable[Tariff], *, seed: int, at: datetime) -> None:
    """What some of the providers say; most of the companies have not said anything yet."""
    random = chance("tariffs", seed)
    providers = [*people.charities, *people.trusts, people.companies[-1], *people.services.values()]
    for row in tariffs:
        for provider in providers:
            for band in (*map(Band, RAISED), None):
                stance = random.choice(ODDS)
                words = random.choice(WORDS[stance])
                when = at + OPENED_AFTER + timedelta(days=random.randrange(1, 20))
                said = {"provider": provider, "band": band, "stance": stance, "words": words, "at": when}
                session.add(TariffComment(subject=row, **said))
    session.flush()
