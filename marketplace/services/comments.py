"""What providers say of a tariff or a framework in consultation. Who keeps it reads all of it by name; a provider reads
its own only.

Nobody but the provider changes what it said, and nobody once the consultation is closed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import Conflict, Invalid, Stale
from marketplace.models import Band, Framework, FrameworkComment, Organisation, Stance, Tariff, TariffComment, now
from marketplace.permissions import Actor, can_comment_on_tariffs, require
from marketplace.services import frameworks, tariffs
from marketplace.services.adoption import is_open

Comment = TariffComment | FrameworkComment


class Said(TypedDict):
    """What is said of one band, or in general."""

    stance: Stance
    words: str | None


Comments = Mapping[Band | None, Said]


def comment_on_tariff(
    session: Session, actor: Actor, *, tariff_id: int, version: str, comments: Comments, on: date
) -> Tariff:
    """Keep what the actor's provider says of a tariff, as `_keep` has it. Raises NotFound."""
    require(can_comment_on_tariffs(actor), "comment on a tariff")
    row = tariffs.find_tariff(session, tariff_id)
    _keep(session, actor, row, comments, version=version, on=on)
    return row


def comment_on_framework(
    session: Session, actor: Actor, *, framework_id: int, version: str, comments: Comments, on: date
) -> Framework:
    """Keep what the actor's provider says of a framework, as `_keep` has it. Raises NotFound."""
    require(can_comment_on_tariffs(actor), "comment on a framework")
    row = frameworks.find_framework(session, framework_id)
    _keep(session, actor, row, comments, version=version, on=on)
    return row


def bands_of(row: Tariff | Framework) -> tuple[Band, ...]:
    """The bands that there is something to say of: those that a tariff prices, or whose content a framework states."""
    return tuple(tariffs.loaded(row).band if isinstance(row, Tariff) else frameworks.rule(row).content)


def version_of(kept: Iterable[Comment]) -> str:
    """What a page of a provider's comments shows, by which one that was drawn before a change is known as stale."""
    said = [(each.band, each.stance, each.words) for each in kept]
    return hashlib.sha256(repr(sorted(said, key=repr)).encode()).hexdigest()[:16]


def _keep(
    session: Session, actor: Actor, row: Tariff | Framework, comments: Comments, *, version: str, on: date
) -> None:
    """Keep what the actor's provider says, in the place of what it said before; a band that is left out is not
    commented on any more. `version` is `version_of` what was seen. Raises Conflict once the consultation is closed,
    Stale where the provider says something else by now, Invalid for a band that is not stated."""
    if not is_open(row, on=on):
        raise Conflict(f"The consultation on {row} is closed. What you have said is kept as it is.")
    if wrong := comments.keys() - {None, *bands_of(row)}:
        raise Invalid({f"{band}-stance": [f"The {row.NOUN} states nothing of this band."] for band in wrong if band})
    assert actor.organisation_id is not None
    kept = {each.band: each for each in comments_of(session, row, provider_id=actor.organisation_id, is_locked=True)}
    if version != version_of(kept.values()):
        raise Stale("Somebody else of your organisation has changed these comments since you opened them.")
    for band in kept.keys() - comments.keys():
        session.delete(kept[band])
    for band, said in comments.items():
        comment = kept.get(band) or _kind(row)(subject_id=row.id, provider_id=actor.organisation_id, band=band)
        if (comment.stance, comment.words) != (said["stance"], said["words"]):
            comment.stance, comment.words, comment.at = said["stance"], said["words"], now()
            session.add(comment)
    audit.record(session, actor, f"{row.NOUN} commented on", row, bands=len(comments))


def comments_of(
    session: Session, row: Tariff | Framework, *, provider_id: int, is_locked: bool = False
) -> Sequence[Comment]:
    """What one provider says, locked until the transaction ends if that is asked for."""
    kind = _kind(row)
    query = select(kind).where(kind.subject_id == row.id, kind.provider_id == provider_id).order_by(kind.id)
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    found: Sequence[Comment] = session.scalars(query).all()
    return found


def commented(session: Session, rows: Iterable[Tariff | Framework]) -> set[int]:
    """Of some tariffs, or of some frameworks, those on which there are comments that the actor of this transaction may
    read."""
    rows = list(rows)
    if not rows:
        return set()
    subject = _kind(rows[0]).subject_id
    return set(session.scalars(select(subject).where(subject.in_([row.id for row in rows])).distinct()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What is said of one band (None: in general): how many take each stance, and each provider's words by name."""

    band: Band | None
    counts: Mapping[Stance, int]
    comments: tuple[Comment, ...]


def opinions(session: Session, row: Tariff | Framework) -> list[Opinion]:
    """All that is said of one, as far as the actor may read it: each of its bands, then in general."""
    kind = _kind(row)
    comments: Sequence[Comment] = session.scalars(
        select(kind)
        .join(Organisation, Organisation.id == kind.provider_id)
        .where(kind.subject_id == row.id)
        .options(joinedload(kind.provider))
        .order_by(Organisation.name, kind.id)
    ).all()
    found = []
    for band in (*bands_of(row), None):
        said = tuple(each for each in comments if each.band is band)
        counts = Counter(each.stance for each in said)
        found.append(Opinion(band=band, counts={stance: counts[stance] for stance in Stance}, comments=said))
    return found


def _kind(row: Tariff | Framework) -> Any:  # SQLAlchemy's types have no query of one table or another
    return TariffComment if isinstance(row, Tariff) else FrameworkComment
