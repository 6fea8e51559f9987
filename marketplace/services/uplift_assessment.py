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

import pricing.tariff
import pricing.uplift
from marketplace.models import (
    Authority,
    Band,
    OrganisationKind,
    Provision,
    Setting,
    Uplift,
    UpliftCount,
    UpliftStatus,
    UpliftStep,
    school_year,
)
from marketplace.permissions import Actor
from marketplace.services.comparisons import compare_prices
from marketplace.services.frameworks import rule
from marketplace.services.indices import all_indices
from marketplace.services.schedules import priced
from marketplace.services.small_groups import FEWEST
from marketplace.services.tariffs import loaded, tariff_in_force
from marketplace.services.uplift_effects import Affected, Effect, effects, missing, total
from marketplace.services.uplift_prices import as_schedule, asked_lines
from pricing.comparison import Comparison
from pricing.indices import Blend, CostPart, Index, blended, index_on
from pricing.uplift import PeerRequest, RoundSummary, round_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A price beside that of its band, like for like: published, and as asked; None where it is not priced."""

    provision: Provision
    band: Band
    before: Comparison | None
    after: Comparison | None


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
    moved: tuple[Moved, ...]
    tariff: pricing.tariff.Tariff | None
    authorities: dict[int, str]
    provisions: dict[int, str]


def affected(session: Session, setting_id: int, *, on: date) -> list[Affected]:
    """Who has placements at a setting on a day, by LA, provision and band.

    Today the product knows no awards, so this is what the provider stated in its request for the school year of that
    day, each LA's own correction applied. Once there are awards, those that run on the day take the place of this
    statement, here and nowhere else."""
    rows = session.scalars(
        select(UpliftCount)
        .join(Uplift, Uplift.id == UpliftCount.uplift_id)
        .where(
            Uplift.setting_id == setting_id,
            Uplift.year == school_year(on),
            Uplift.status != UpliftStatus.WITHDRAWN,
        )
        .order_by(UpliftCount.authority_id, UpliftCount.provision_id, UpliftCount.band)
    )
    return [Affected(row.authority_id, row.provision_id, row.band, row.placements) for row in rows]


def assess(session: Session, uplift_id: int) -> Assessed:
    """The whole assessment of a request that was sent, for `seen_by`. Needs a transaction of the system."""
    uplift = session.get_one(
        Uplift,
        uplift_id,
        options=[joinedload(Uplift.setting).joinedload(Setting.authority), selectinload(Uplift.steps)],
    )
    rows = affected(session, uplift.setting_id, on=uplift.starts_on)
    indices = all_indices(session)
    by_authority = effects(uplift, rows, indices, lambda row: (row.authority_id,))
    moved, tariff = _moved(session, uplift, rows)
    names = select(Authority).where(Authority.id.in_({row.authority_id for row in rows}))
    provisions = select(Provision).where(Provision.id.in_({row.provision_id for row in rows}))
    return Assessed(
        blend=blended(indices, uplift.shares, uplift.starts_on),
        indices=tuple(each for part in CostPart if (each := index_on(indices, part, uplift.starts_on))),
        round_summary=round_summary(_others(session, uplift), provider=str(uplift.provider_id)),
        by_authority=by_authority,
        by_band=effects(uplift, rows, indices, lambda row: (row.provision_id, row.band)),
        cells=effects(uplift, rows, indices, lambda row: (row.authority_id, row.provision_id, row.band)),
        total=total(by_authority),
        missing=missing(uplift, rows),
        moved=tuple(moved),
        tariff=tariff,
        authorities={row.id: row.name for row in session.scalars(names)},
        provisions={row.id: row.name for row in session.scalars(provisions)},
    )


def seen_by(found: Assessed, actor: Actor) -> Assessed:
    """What an actor may see of it: the provider and the operator all; an LA its own row and bands, other LAs by name
    from five placements on, the smaller ones together, and where these are fewer than five in all, neither their sums
    nor a total from which they could be found."""
    if actor.kind is not OrganisationKind.LA:
        return found
    mine = actor.organisation_id
    own = [each for each in found.by_authority if each.key == (mine,)]
    named, small = _shared([each for each in found.by_authority if each.key != (mine,)])
    shown, whole = [*own, *named], found.total
    if small:
        together = total(small)
        if together.placements is not None and together.placements < FEWEST:
            together, whole = together.withheld(), None
        shown.append(replace(together, others=len(small)))
    cells = tuple(each for each in found.cells if each.key[0] == mine)
    bands = {each.key[1:] for each in cells}
    return replace(
        found,
        by_authority=tuple(shown),
        by_band=tuple(replace(each, key=each.key[1:]) for each in cells),
        cells=cells,
        total=whole,
        missing=tuple(each for each in found.missing if each in bands),
        moved=tuple(each for each in found.moved if (each.provision.id, each.band) in bands),
    )


def _shared(others: Sequence[Effect]) -> tuple[list[Effect], list[Effect]]:
    """The other LAs that may be shown by name, and those to be shown together: with fewer than five placements, and
    where these are fewer than five in all, the next larger with them, so that taking sums away finds nobody."""
    by_size = sorted(others, key=lambda each: each.placements or 0)
    small = [each for each in by_size if (each.placements or 0) < FEWEST]
    named = by_size[len(small) :]
    while small and named and sum(each.placements or 0 for each in small) < FEWEST:
        small.append(named.pop(0))
    kept = {each.key for each in named}
    return [each for each in others if each.key in kept], small


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


def _moved(
    session: Session, uplift: Uplift, rows: Sequence[Affected]
) -> tuple[list[Moved], pricing.tariff.Tariff | None]:
    """Each price of a full placement that somebody has, like for like by the tariff in force at its start."""
    row = tariff_in_force(session, authority_id=uplift.setting.authority_id, on=uplift.starts_on)
    if row is None or uplift.base is None:
        return [], None
    tariff, framework = loaded(row), rule(row.framework)
    wanted = {(each.provision_id, each.band) for each in rows}
    provisions = session.scalars(
        select(Provision).where(Provision.id.in_({each[0] for each in wanted})).order_by(Provision.name, Provision.id)
    ).all()
    before, after = (
        compare_prices(prices, provisions, tariff=tariff, framework=framework)
        for prices in (priced(uplift.base), as_schedule(uplift.base, asked_lines(uplift)))
    )
    return [
        Moved(provision=each, band=band, before=before.get((each.id, band)), after=after.get((each.id, band)))
        for each in provisions
        for band in Band
        if (each.id, band) in wanted and (each.id, band) in before.keys() | after.keys()
    ], tariff
