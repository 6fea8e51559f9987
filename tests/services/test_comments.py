"""What providers say of a tariff or framework in consultation: once each for a band, changed until it closes."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, Invalid, NotPermitted
from marketplace.models import Band, Role, Stance, Tariff, TariffStatus
from marketplace.permissions import Actor
from marketplace.services.comments import (
    Said,
    bands_of,
    comment_on_framework,
    comment_on_tariff,
    comments_of,
    opinions,
    version_of,
)
from tests import builders

AGREE: Said = {"stance": Stance.AGREE, "words": None}
LOW: Said = {"stance": Stance.TOO_LOW, "words": "Therapists cost more here."}
NOTHING = version_of([])  # nothing was said yet


@pytest.fixture
def tariff(session: Session) -> Tariff:
    return builders.tariff_in_consultation(
        session, owner=builders.authority(session), framework=builders.framework(session)
    )


def editor(session: Session, name: str = "") -> Actor:
    return builders.acting(builders.user(session, builders.provider(session, name), Role.PROVIDER_EDITOR))


def test_a_comment_is_changed_and_taken_back_until_the_consultation_closes(session: Session, tariff: Tariff) -> None:
    person = editor(session)
    assert person.organisation_id is not None
    assert tariff.closes_on is not None

    def say(comments: dict[Band | None, Said], on: date) -> dict[Band | None, tuple[Stance, str | None]]:
        seen = version_of(comments_of(session, tariff, provider_id=person.organisation_id or 0))
        comment_on_tariff(session, person, tariff_id=tariff.id, version=seen, comments=comments, on=on)
        session.flush()
        kept = comments_of(session, tariff, provider_id=person.organisation_id or 0)
        return {row.band: (row.stance, row.words) for row in kept}

    first = say({Band.MODERATE: AGREE, None: LOW}, tariff.closes_on - timedelta(days=30))
    assert first == {Band.MODERATE: (Stance.AGREE, None), None: (Stance.TOO_LOW, LOW["words"])}
    assert say({Band.MODERATE: LOW}, tariff.closes_on) == {Band.MODERATE: (Stance.TOO_LOW, LOW["words"])}
    with pytest.raises(Conflict, match="is closed"):
        say({}, tariff.closes_on + timedelta(days=1))


def test_the_owner_reads_all_by_band_and_name_with_the_count_of_each_stance(session: Session, tariff: Tariff) -> None:
    on = date(2026, 12, 1)
    for name, said in (("Zinnia Trust", AGREE), ("Aster Trust", LOW)):
        comments = {Band.INTENSIVE: said, None: said}
        comment_on_tariff(
            session, editor(session, name), tariff_id=tariff.id, version=NOTHING, comments=comments, on=on
        )
    session.flush()
    moderate, intensive, general = opinions(session, tariff)
    assert (moderate.band, moderate.comments, sum(moderate.counts.values())) == (Band.MODERATE, (), 0)
    assert [row.provider.name for row in intensive.comments] == ["Aster Trust", "Zinnia Trust"]
    assert intensive.counts == {Stance.AGREE: 1, Stance.TOO_LOW: 1, Stance.TOO_HIGH: 0, Stance.UNCLEAR: 0}
    assert general.band is None


def test_a_band_without_a_price_and_a_draft_are_not_commented_on(session: Session, tariff: Tariff) -> None:
    on = date(2026, 12, 1)
    with pytest.raises(Invalid):
        comment_on_tariff(
            session, editor(session), tariff_id=tariff.id, version=NOTHING, comments={Band.PROFOUND: AGREE}, on=on
        )
    draft = builders.tariff_in_consultation(
        session, owner=tariff.owner, framework=tariff.framework, version="2", status=TariffStatus.DRAFT, closes_on=None
    )
    with pytest.raises(Conflict):
        comment_on_tariff(session, editor(session), tariff_id=draft.id, version=NOTHING, comments={}, on=on)
    buyer = builders.acting(builders.user(session, builders.authority(session), Role.PROCUREMENT))
    with pytest.raises(NotPermitted):
        comment_on_tariff(session, buyer, tariff_id=tariff.id, version=NOTHING, comments={}, on=on)


def test_a_provider_says_what_it_thinks_of_what_each_band_of_a_framework_contains(session: Session) -> None:
    row = builders.framework_in_consultation(session)
    on = date(2026, 12, 1)
    comments: dict[Band | None, Said] = {Band.INTENSIVE: LOW, None: AGREE}
    comment_on_framework(
        session, editor(session, "Aster Trust"), framework_id=row.id, version=NOTHING, comments=comments, on=on
    )
    session.flush()
    said = {opinion.band: [each.provider.name for each in opinion.comments] for opinion in opinions(session, row)}
    assert said == {band: ["Aster Trust"] if band in comments else [] for band in (*bands_of(row), None)}
    with pytest.raises(Conflict):
        comment_on_framework(
            session, editor(session), framework_id=row.id, version=NOTHING, comments={}, on=date(2027, 1, 16)
        )
    bare = builders.framework(session)
    plain = builders.framework_in_consultation(session, version="2", content=bare.content)
    with pytest.raises(Invalid):
        comment_on_framework(
            session, editor(session), framework_id=plain.id, version=NOTHING, comments={Band.MILD: AGREE}, on=on
        )
    buyer = builders.acting(builders.user(session, builders.authority(session), Role.PROCUREMENT))
    with pytest.raises(NotPermitted):
        comment_on_framework(session, buyer, framework_id=row.id, version=NOTHING, comments={}, on=on)
