"""Groups of few placements: never shown, never found by taking others away, and every table sums to the total."""

import io
from dataclasses import astuple
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.models import PlacementSet, PriceBasis, ShadowRun
from marketplace.services.archives import file_of
from marketplace.services.shadow_figures import figures_of, publication
from marketplace.services.shadow_runs import compute
from marketplace.services.small_groups import FEWEST, PARTIES, settings_to_name, taken_together
from pricing.observed import Observed, Placement
from pricing.shadow import Total
from pricing.tariff import load_tariff
from tests.pricing.placements import any_placements

GROUPS = st.dictionaries(st.text("ABCDEF", min_size=1, max_size=3), st.integers(1, 30), min_size=1, max_size=12).map(
    lambda groups: [Total(name, n, 100 * n, 110 * n, 10 * n, n, 0) for name, n in sorted(groups.items())]
)
CONTENT: dict[str, Any] = {
    "name": "Example", "basis": "local", "valid_from": "2027-04-01",
    "band": {"moderate": 30_000, "intensive": 48_000, "profound": 66_000, "exceptional": 95_000},
    "pattern": {"day": 1.0, "weekly": 1.5, "termly": 1.9, "annual": 3.2},
}  # fmt: skip


@pytest.mark.parametrize("noun", ["band", "la"])
@given(groups=GROUPS)
def test_no_group_can_be_found_and_all_sum_to_the_total(noun: str, groups: list[Total]) -> None:
    found = taken_together(noun, groups)
    assert sum(row.n for row in found.rows) == sum(row.n for row in groups)
    assert sum(row.difference for row in found.rows) == sum(row.difference for row in groups)
    assert all(row.n >= FEWEST for row in found.shown)
    assert [row.name for row in found.shown] == sorted(row.name for row in found.shown)
    hidden = [row for row in groups if row not in found.shown]
    if found.shown and hidden:
        assert found.others is not None
        assert len(hidden) == found.count > 1
        own = max(row.n for row in hidden) if noun in PARTIES else 0
        assert found.others.n - own >= FEWEST
    if all(row.n >= FEWEST for row in groups):
        assert (found.shown, found.others) == (tuple(groups), None)


@given(shares=st.dictionaries(st.sampled_from("ABC"), st.lists(st.integers(1, 9), min_size=1, max_size=4), min_size=1))
def test_a_named_setting_gives_no_other_of_its_provider_away(shares: dict[str, list[int]]) -> None:
    settings = [
        {"name": f"{provider}{number}", "n": n, "price": n, "guide": n, "difference": 0, "gain": 0, "lose": 0}
        | {"provider": provider}
        for provider, sizes in shares.items()
        for number, n in enumerate(sizes)
    ]
    totals = [Total(name, sum(sizes), 0, 0, 0, 0, 0) for name, sizes in sorted(shares.items())]
    providers = taken_together("provider", totals)
    named = {row.name: row.n for row in settings_to_name(providers, settings).shown}
    for provider, sizes in shares.items():
        own = {name: n for name, n in named.items() if name.startswith(provider)}
        assert all(n >= FEWEST for n in own.values())
        rest = sum(sizes) - sum(own.values())
        if own:
            assert provider in {row.name for row in providers.shown}
            assert rest == 0 or rest >= FEWEST


def done(placements: list[Placement]) -> ShadowRun:
    """A shadow run as a worker computes it, apart from any database."""
    observed = Observed.of(placements)
    run = ShadowRun(content=CONTENT, limit=500)
    run.placement_set = PlacementSet(basis=PriceBasis.CONTRACTED, starts_on=load_tariff(CONTENT).valid_from)
    run.placement_set.ends_on = run.placement_set.starts_on
    found = compute(run, observed)
    run.figures, run.files = found.figures, found.files
    return run


@given(placements=any_placements())
def test_every_table_and_every_file_sums_to_the_same_total(placements: list[Placement]) -> None:
    run = done(placements)
    figures = figures_of(run)
    total = astuple(figures.total)[1:]
    assert total[0] == len(placements)
    assert total[1] == sum(row.price for row in placements)
    for noun in ("la", "provider", "band", "pattern"):
        rows = figures.groups[noun].rows
        assert tuple(map(sum, zip(*(astuple(row)[1:] for row in rows), strict=True))) == total
        lines = file_of(run.files or b"", f"by_{noun}.csv").decode().splitlines()[1:]
        cells = [[int(cell) for cell in line.rsplit(",", 6)[1:]] for line in lines]
        assert tuple(map(sum, zip(*cells, strict=True))) == total
    if len(placements) < FEWEST:
        return
    book = openpyxl.load_workbook(io.BytesIO(publication(run)))
    for noun in ("la", "band", "pattern"):
        *rows_, last = book[f"by {noun}"].iter_rows(min_row=2, min_col=2, values_only=True)
        assert tuple(map(sum, zip(*rows_, strict=True))) == tuple(last) == total
        assert all(row[0] >= FEWEST for row in rows_)
