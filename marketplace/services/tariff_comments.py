"""What providers say of a tariff in consultation. The owner reads all of it by name; a provider reads its own only.

Nobody but the provider changes what it said, and nobody once the consultation is closed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, Invalid
from marketplace.models import Band, Organisation, Stance, Tariff, TariffComment, TariffStatus, now
from marketplace.permissions import Actor, can_comment_on_tariffs, require
from marketplace.services.tariffs import find_tariff, loaded


class Said(TypedDict):
    """What is said of one band, or in general."""

    stance: Stance
    words: str | None


def bands_of(row: Tariff) -> tuple[Band, ...]:
    """The bands for which a tariff states a price: those that there is something to say of."""
    return tuple(loaded(row).band)


def comment_on_tariff(
    session: Session, actor: Actor, *, tariff_id: int, comments: Mapping[Band | None, Said], on: date
) -> Tariff:
    """Keep what the actor's provider says, in the place of what it said before; a band that is left out is not
    commented on any more. Raises Conflict once the consultation is closed, Invalid for a band without a price."""
    require(can_comment_on_tariffs(actor), "comment on a tariff")
    row = find_tariff(session, tariff_id)
    if not is_open(row, on=on):
        raise Conflict(f"The consultation on {row} is closed. What you have said is kept as it is.")
    if wrong := comments.keys() - {None, *bands_of(row)}:
        raise Invalid({f"{band}-stance": ["The tariff states no price for this band."] for band in wrong if band})
    assert actor.organisation_id is not None
    kept = {each.band: each for each in comments_of(session, row, provider_id=actor.organisation_id)}
    for band in kept.keys() - comments.keys():
        session.delete(kept[band])
    for band, said in comments.items():
        comment = kept.get(band) or TariffComment(tariff=row, provider_id=actor.organisation_id, band=band)
        if (comment.stance, comment.words) != (said["stance"], said["words"]):
            comment.stance, comment.words, comment.at = said["stance"], said["words"], now()
            session.add(comment)
    audit.record(session, actor, "tariff commented on", row, bands=len(comments))
    return row


def is_open(row: Tariff, *, on: date) -> bool:
    """Whether providers may comment on a day."""
    return row.status is TariffStatus.IN_CONSULTATION and row.closes_on is not None and on <= row.closes_on


def comments_of(session: Session, row: Tariff, *, provider_id: int) -> Sequence[TariffComment]:
    """What one provider says."""
    return session.scalars(
        select(TariffComment)
        .where(TariffComment.tariff_id == row.id, TariffComment.provider_id == provider_id)
        .order_by(TariffComment.id)
    ).all()


def commented(session: Session, tariffs: Iterable[Tariff]) -> set[int]:
    """Of some tariffs those on which there are comments that the actor of this transaction may read."""
    ids = [row.id for row in tariffs]
    return set(session.scalars(select(TariffComment.tariff_id).where(TariffComment.tariff_id.in_(ids)).distinct()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What is said of one band (None: in general): how many take each stance, and each provider's words by name."""

    band: Band | None
    counts: Mapping[Stance, int]
    comments: tuple[TariffComment, ...]


def opinions(session: Session, row: Tariff) -> list[Opinion]:
    """All that is said of a tariff, as far as the actor may read it: each of its bands, then in general."""
    comments = session.scalars(
        select(TariffComment)
        .join(Organisation, Organisation.id == TariffComment.provider_id)
        .where(TariffComment.tariff_id == row.id)
        .options(joinedload(TariffComment.provider))
        .order_by(Organisation.name, TariffComment.id)
    ).all()
    found = []
    for band in (*bands_of(row), None):
        said = tuple(each for each in comments if each.band is band)
        counts = Counter(each.stance for each in said)
        found.append(Opinion(band=band, counts={stance: counts[stance] for stance in Stance}, comments=said))
    return found
