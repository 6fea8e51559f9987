"""What is on the way in the demonstration: the region's tariff and the next framework are in consultation, one LA's
tariff waits to be adopted, one is a draft.

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
from marketplace.services.drafts import as_json, version_after

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
    """A tariff or framework with what happened to it: who did what, and when."""

    row: Tariff | Framework
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
    start = _next_start(on)
    owners = {owner.name: owner for owner in (people.region, *people.authorities)}
    found: list[Proposed] = []
    consulted: list[Tariff] = []
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
            consulted.append(row)
        found.append(Proposed(row, tuple(events)))
    session.flush()
    _add_comments(session, people, consulted, seed=seed, at=at)
    return found


def add_framework(session: Session, people: People, framework: Framework, *, on: date, at: datetime) -> Proposed:
    """Propose the next framework, which takes no step higher where several areas stand at the highest level."""
    maker = people.who(people.operator, Role.ADMINISTRATOR)
    start = _next_start(on)
    changes = {
        "version": version_after([framework.version], least=1),
        "status": TariffStatus.DRAFT.value,
        "starts_on": start,
        "co_occurrence": False,
    }
    content = as_json({**framework.content, **changes})
    row = Framework(
        name=framework.name,
        version=changes["version"],
        status=TariffStatus.IN_CONSULTATION,
        starts_on=start,
        closes_on=on + timedelta(days=28),
        content=content,
        makers=[maker.id],
    )
    session.add(row)
    session.flush()
    opened = ("framework opened for consultation", at + OPENED_AFTER, maker)
    return Proposed(row, (("framework drafted", at, maker), opened))


def _next_start(on: date) -> date:
    """The first 1 April that leaves two months to consult and to adopt."""
    return date(on.year + (on + timedelta(days=60) > date(on.year, 4, 1)), 4, 1)


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
