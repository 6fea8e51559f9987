"""What stands beside a request: indices by cost share, what each LA would pay, band variances, other requests.

It is computed over all LAs, in a transaction of the system, and must be shown through `seen_by` only: an LA reads its
own placements, those of others only where nobody can be made out, and never another provider's request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.models import (
    Authority,
    Band,
    OrganisationKind,
    Provision,
    Setting,
    Uplift,
    UpliftStatus,
    UpliftStep,
    school_year,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.indices import all_indices
from marketplace.services.small_groups import FEWEST
from marketplace.services.uplift_comparisons import Compared, compare_uplift
from marketplace.services.uplift_effects import Affected, Effect, effects, missing, total
from marketplace.services.uplift_placements import combined, running_at
from pricing.indices import Blend, CostPart, Index, blended, index_on
from pricing.uplift import PeerRequest, RoundSummary, round_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """The assessment as one reader may see it. `cells` are by LA, provision and band; the sums by LA and by band are
    that of `total`, where all are shown; `total` is None where it would tell of an LA with few placements."""

    blend: Blend | None
    indices: tuple[Index, ...]  # in force at its start
    round_summary: RoundSummary | None
    by_authority: tuple[Effect, ...]
    by_band: tuple[Effect, ...]
    cells: tuple[Effect, ...]
    total: Effect | None
    missing: tuple[tuple[int, Band], ...]  # priced now, not in the schedule asked for: at their fee in every sum
    compared: Compared  # by the tariff that holds on the day from which the prices are asked for
    authorities: dict[int, str]
    provisions: dict[int, str]


def affected(session: Session, setting_id: int, *, on: date) -> list[Affected]:
    """Who has placements at a setting on a day, by LA, provision and band: by the request for the school year of that
    day, what the provider stated, each LA's own correction applied, and what runs in the marketplace, as
    `uplift_placements` puts the two together. Once it is sent, only the LAs that were asked: others keep theirs."""
    uplift = session.scalar(
        select(Uplift).where(
            Uplift.setting_id == setting_id,
            Uplift.year == school_year(on),
            Uplift.status != UpliftStatus.WITHDRAWN,
        )
    )
    if uplift is None:
        return []
    stated = {(row.authority_id, row.provision_id, row.band): row.placements for row in uplift.counts}
    running = running_at(session, uplift.base, on=on) if uplift.base else {}
    asked = set(uplift.authority_ids) or {cell[0] for cell in {**stated, **running}}
    found = combined(stated, {cell: n for cell, n in running.items() if cell[0] in asked})
    return [Affected(la, provision_id, band, n) for (la, provision_id, band), n in found.items()]


def assess(session: Session, uplift_id: int) -> Assessed:
    """The whole assessment of a request that was sent, for `seen_by`. Needs a transaction of the system."""
    uplift = session.get_one(
        Uplift,
        uplift_id,
        options=[joinedload(Uplift.setting).joinedload(Setting.authority), selectinload(Uplift.steps)],
    )
    rows = affected(session, uplift.setting_id, on=uplift.starts_on)
    authorities = _names(session, Authority, {row.authority_id for row in rows})
    provisions = _names(session, Provision, {row.provision_id for row in rows})
    by_name = sorted(rows, key=lambda row: (authorities[row.authority_id], row.authority_id))
    by_price = sorted(rows, key=lambda row: (provisions[row.provision_id], row.provision_id, row.band.level))
    indices = all_indices(session)
    by_authority = effects(uplift, by_name, indices, lambda row: (row.authority_id,))
    return Assessed(
        blend=blended(indices, uplift.shares, uplift.starts_on),
        indices=tuple(each for part in CostPart if (each := index_on(indices, part, uplift.starts_on))),
        round_summary=round_summary(_others(session, uplift), provider=str(uplift.provider_id)),
        by_authority=by_authority,
        by_band=effects(uplift, by_price, indices, lambda row: (row.provision_id, row.band)),
        cells=effects(uplift, by_price, indices, lambda row: (row.authority_id, row.provision_id, row.band)),
        total=total(by_authority),
        missing=missing(uplift, by_price),
        compared=compare_uplift(session, uplift, {(row.provision_id, row.band) for row in rows}, on=uplift.starts_on),
        authorities=authorities,
        provisions=provisions,
    )


def seen_by(found: Assessed, actor: Actor) -> Assessed:
    """What an actor may see of it: the provider that asks and the operator all; anybody else, as an LA does, its own
    row and bands, other LAs by name where none of their pupils can be made out, the rest together, and where that
    would make one out too, neither their sums nor a total from which they could be found."""
    if actor == SYSTEM or actor.kind in (OrganisationKind.PROVIDER, OrganisationKind.OPERATOR):
        return found
    mine = actor.organisation_id
    own = [each for each in found.by_authority if each.key == (mine,)]
    others = [each for each in found.by_authority if each.key != (mine,)]
    named, together = _shared(others, found.cells)
    shown, whole = [*own, *named], found.total
    if together:
        row = replace(total(together), others=len(together))
        if _is_small(together, found.cells):
            row, whole = row.withheld(), None
        shown.append(row)
    cells = tuple(each for each in found.cells if each.key[0] == mine)
    bands = {each.key[1:] for each in cells}
    prices = tuple(each for each in found.compared.prices if (each.provision.id, each.band) in bands)
    return replace(
        found,
        by_authority=tuple(shown),
        by_band=tuple(replace(each, key=each.key[1:]) for each in cells),
        cells=cells,
        total=whole,
        missing=tuple(each for each in found.missing if each in bands),
        compared=replace(found.compared, prices=prices),
    )


def _shared(others: Sequence[Effect], cells: Sequence[Effect]) -> tuple[list[Effect], list[Effect]]:
    """The other LAs that may be shown by name, and those to be shown together: all that are small by themselves, and
    as many of the next larger as it takes for the sum of these not to be small."""
    by_size = sorted(others, key=lambda each: each.placements or 0)
    together = [each for each in by_size if _is_small([each], cells)]
    named = [each for each in by_size if each not in together]
    while named and _is_small(together, cells):
        together.append(named.pop(0))
    return [each for each in others if each in named], together


def _is_small(rows: Sequence[Effect], cells: Sequence[Effect]) -> bool:
    """Whether the sums of these LAs could make out a pupil: they are of fewer than five placements, or of one LA that
    has fewer than five of any price. Fees are published, so that a number of placements and what they cost tell how
    many of each price there are."""
    if sum(each.placements or 0 for each in rows) < FEWEST:
        return bool(rows)
    present = [each for each in rows if each.placements]
    of_price = (each.placements or 0 for each in cells if each.key[:1] == present[0].key)
    return len(present) == 1 and any(0 < placements < FEWEST for placements in of_price)


def _names(session: Session, table: type[Authority] | type[Provision], ids: set[int]) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(table.id, table.name).where(table.id.in_(ids)))}


def _others(session: Session, uplift: Uplift) -> Iterator[PeerRequest]:
    """What was asked for in the same school year, elsewhere."""
    rows = session.execute(
        select(Uplift.provider_id, UpliftStep.percent)
        .join(UpliftStep, UpliftStep.uplift_id == Uplift.id)
        .where(
            UpliftStep.number == 1,
            Uplift.year == uplift.year,
            Uplift.status.not_in([UpliftStatus.DRAFT, UpliftStatus.WITHDRAWN]),
        )
        .order_by(Uplift.id)
    )
    return (PeerRequest(str(provider_id), percent or Decimal(0)) for provider_id, percent in rows)
