"""Shadow runs: a tariff over a placement set, who would gain and lose, and the way there. Nothing is changed by one.

A tariff is not to be adopted before one of it, as it stands, has been kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid
from marketplace.models import RunStatus, ShadowRun, Tariff
from marketplace.permissions import Actor
from marketplace.services import price_runs
from marketplace.services.adoption import BINDING
from marketplace.services.archives import zip_of
from marketplace.services.price_runs import Result
from marketplace.services.pricing_files import shadow_files, shadow_summary
from marketplace.services.tariffs import find_tariff
from pricing.observed import Observed
from pricing.shadow import shadow_run, totals_by
from pricing.tariff import load_tariff

LIMIT = 500  # hundredths of a per cent a year, unless told otherwise


def start_shadow_run(
    session: Session, actor: Actor, *, placement_set_id: int, tariff_id: int, limit: int = LIMIT
) -> ShadowRun:
    """Queue a run of a tariff, as it stands now, over a set. Raises Invalid where the tariff states no price of a band
    or no multiplier of a pattern that is in the set."""
    placements = price_runs.own_set(session, actor, placement_set_id, "start a shadow run")
    tariff = find_tariff(session, tariff_id)
    _refuse_unpriced(tariff, placements.contents)
    run = ShadowRun(tariff_id=tariff.id, content=tariff.content, limit=limit)
    price_runs.start(session, actor, run, placements, tariff_id=tariff.id, limit=limit)
    return run


def kept_for(session: Session, tariff: Tariff) -> Sequence[ShadowRun]:
    """The done shadow runs of exactly this tariff's present content, newest first; of a tariff that has an owner, the
    owner's. Where the tariff stands in its life is not content."""
    query = select(ShadowRun).where(ShadowRun.tariff_id == tariff.id, ShadowRun.status == RunStatus.DONE)
    if tariff.owner_id is not None:
        query = query.where(ShadowRun.owner_id == tariff.owner_id)
    runs = session.scalars(query.order_by(ShadowRun.id.desc())).all()
    return [run for run in runs if is_of(run, tariff)]


def is_counted(run: ShadowRun) -> bool:
    """Whether a tariff that was adopted counts the run: done, of its very content, and its owner's or of a national
    one. The database keeps it by the same rule (migration 0012)."""
    tariff = run.tariff
    return (
        run.status is RunStatus.DONE
        and tariff is not None
        and tariff.status in BINDING
        and tariff.owner_id in (None, run.owner_id)
        and is_of(run, tariff)
    )


def is_of(run: ShadowRun, tariff: Tariff) -> bool:
    """Whether the run was of this tariff's present content."""
    return run.tariff_id == tariff.id and _prices(run.content) == _prices(tariff.content)


def _prices(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != "status"}


def _refuse_unpriced(tariff: Tariff, contents: Mapping[str, Any]) -> None:
    stated = load_tariff(tariff.content)
    missing = [
        f"{word} ({contents[key][word]:,})"
        for key, known in (("band", stated.band), ("pattern", stated.pattern))
        for word in contents[key]
        if word not in {str(each) for each in known}
    ]
    if missing:
        words = f"{tariff} states nothing for {', '.join(missing)} of these placements. Choose another tariff."
        raise Invalid({"tariff_id": [words]})


def compute(run: ShadowRun, observed: Observed) -> Result:
    """The tariff of the run over the placements."""
    found = shadow_run(observed, load_tariff(run.content), limit=run.limit)
    provider_of = dict(zip(observed.setting, observed.provider, strict=True))
    settings = [asdict(total) | {"provider": provider_of[total.name]} for total in totals_by(found, observed.setting)]
    figures = {
        "summary": shadow_summary(found, run.limit),
        "total": asdict(found.total),
        "by": {noun: [asdict(total) for total in totals] for noun, totals in found.by.items()},
        "settings": settings,
    }
    files = shadow_files(found, limit=run.limit)
    return Result(figures, zip_of((name, text.encode()) for name, text in files.items()))


STEPS = price_runs.steps(ShadowRun, compute)
