"""The three kinds side by side for one need: the best suitable full, porous and outreach option, each with what it
would cost, what is known of its provider, and what is not known.

It must never rank one kind above another: a person weighs them, with what would make mainstream work before them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marketplace.models import Kind, Need, Provision
from marketplace.permissions import Actor
from marketplace.services.matching.contents import FRESH
from marketplace.services.matching.options import RankedOption, RankedOptions, provisions_by_id, rank_options
from marketplace.services.quotes import quote_options
from marketplace.services.track_records import NOTHING, TrackRecord, track_records
from pricing.quote import Quote, Transport

LEAST_RESTRICTIVE_FIRST = (Kind.OUTREACH, Kind.POROUS, Kind.FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best option of a kind: of those with room the first by suitability, of all where none has room."""

    option: RankedOption
    provision: Provision
    quote: Quote | None
    record: TrackRecord
    unknown: tuple[str, ...]  # each in a sentence

    @property
    def has_room(self) -> bool:
        """Whether what is free holds the pupil."""
        return self.option.vacant >= self.option.use


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfOption:
    """One kind: its best option, how many there are in all, and how many provisions each reason rules out."""

    kind: Kind
    best: Best | None
    count: int
    refusals: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """The kinds in order, the least restrictive first, from the options of a day."""

    ranked: RankedOptions
    kinds: tuple[KindOfOption, ...]

    def best(self, kind: Kind) -> Best | None:
        """The best of one kind."""
        return next(row.best for row in self.kinds if row.kind == kind)  # a template names it by its value


def side_by_side(session: Session, actor: Actor, *, need: Need, on: date, today: date) -> SideBySide:
    """The three kinds for a published need, with the vacancies and prices of `on`, and what is known `today`. Raises as
    `rank_options` does."""
    ranked = rank_options(session, actor, need=need, on=on)
    best = best_of_kinds(ranked)
    provisions = provisions_by_id(session, [option.provision_id for option in best.values()])
    quotes = quote_options(
        session,
        need=need,
        provisions=list(provisions.values()),
        transport={
            option.provision_id: Transport(option.transport, option.transport_basis(ranked.policy))
            for option in best.values()
        },
        on=on,
    )
    providers = {row.setting.provider_id for row in provisions.values() if row.setting.provider_id is not None}
    records = track_records(session, providers, on=today)

    def known(option: RankedOption) -> Best:
        provision, quote = provisions[option.provision_id], quotes.get(option.provision_id)
        record = records.get(provision.setting.provider_id or 0, NOTHING)
        unknown = tuple(_unknown(provision, quote, record, today=today))
        return Best(option=option, provision=provision, quote=quote, record=record, unknown=unknown)

    return SideBySide(
        ranked=ranked,
        kinds=tuple(
            KindOfOption(
                kind=kind,
                best=known(best[kind]) if kind in best else None,
                count=sum(option.kind == kind for option in ranked.options),
                refusals=ranked.refusals_of(kind),
            )
            for kind in LEAST_RESTRICTIVE_FIRST
        ),
    )


def best_of_kinds(ranked: RankedOptions) -> dict[Kind, RankedOption]:
    """The best option of each kind that has one, the least restrictive first."""
    found: dict[Kind, RankedOption] = {}
    for kind in LEAST_RESTRICTIVE_FIRST:
        options: Sequence[RankedOption] = [option for option in ranked.options if option.kind == kind]
        if options:
            found[kind] = next((option for option in options if option.vacant >= option.use), options[0])
    return found


def _unknown(provision: Provision, quote: Quote | None, record: TrackRecord, *, today: date) -> Iterator[str]:
    """What a commissioner would want to know of it and the marketplace cannot say."""
    yield "How the pupil would get on there: nobody can know before."
    yield "What inspectors found: no inspection outcome is kept here."
    if provision.kind is not Kind.OUTREACH:
        yield "The way by road: the distance is an estimate, from no table of travel."
        yield "How long the journey takes."
    if provision.kind is not Kind.FULL:
        yield "What the mainstream school spends of its own: it is in no price here."
    days = provision.pool.days_since_confirmed(today)
    if days is None:
        yield "Whether there is room: the provider has never confirmed it."
    elif days > FRESH.days:
        yield f"Whether the room is still there: it was confirmed {days} days ago."
    if quote is None or quote.variance is None:
        yield "Whether the price is usual: no guide price is stated to compare it with."
    if provision.setting.provider_id is None:
        yield "Whether anybody answers: nobody answers for the setting here."
    elif not record.asked:
        yield "How soon and how the provider replies: too few consultations are known, or none."
    if not record.ended:
        yield "How placements with the provider ended: too few have, or none."
