"""A tariff on what LAs really paid: nothing is lost, and what bands explain between LAs is said as it is.

Tests that read the public data are skipped, saying so, where the data folder is not beside the project.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.real.sources import VARIABLE, read_sources
from benchmarks.real.tariff import RealTariff, build, main, outturn, report, share_explained
from pricing.observed import Observed
from pricing.shadow import guide_prices
from tests.pricing.placements import TARIFF, generated

DOCUMENT = Path(__file__).parents[2] / "docs" / "pricing.md"


@pytest.fixture(scope="module")
def found(folder: Path) -> RealTariff:
    return build(read_sources(folder))


def test_placements_cost_what_the_las_paid(folder: Path, found: RealTariff) -> None:
    paid = outturn(read_sources(folder))
    by_la = {total.name: total for total in found.run.by["la"]}
    assert set(by_la) == set(paid.las)
    for la, n, mean in zip(paid.las, paid.n.tolist(), paid.mean.tolist(), strict=True):
        assert by_la[la].n == n
        assert by_la[la].price == pytest.approx(mean * n, abs=n)


def test_the_tariff_rises_and_costs_what_was_paid_to_the_pound(found: RealTariff) -> None:
    prices = list(found.calibration.band.values())
    assert len(prices) == 4
    assert prices == sorted(prices)
    assert found.calibration.cost_difference == found.run.total.difference == 0


def test_the_document_says_how_much_bands_explain_between_las(found: RealTariff) -> None:
    text = DOCUMENT.read_text("utf-8")
    assert "\n".join(report(found)) in text
    assert max(found.explained.area, found.explained.pattern, found.explained.band) < 0.1


def test_where_bands_make_the_difference_between_las_they_are_seen_to_explain_it() -> None:
    rows = generated(3_000, seed=1, noise=0.15)
    rows = [replace(row, la=f"{int(row.band.level)}{number % 5}") for number, row in enumerate(rows)]
    observed = Observed.of(rows)
    guide = guide_prices(observed, TARIFF).astype(float)
    assert share_explained(observed, guide) > 0.9
    assert share_explained(observed, np.ones(len(observed))) == pytest.approx(0)


def test_the_command_prints_sums_and_what_they_are_not(folder: Path) -> None:
    told = CliRunner().invoke(main, [])
    assert folder
    assert told.exit_code == 0
    assert "Never quote it" in told.output
    assert not re.search(r"\b[0-9]{6}\b", told.output)  # no school's URN


def test_without_the_public_data_the_command_ends_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    told = CliRunner().invoke(main, [])
    assert told.exit_code == 2
    assert "There are no public data in" in told.stderr
