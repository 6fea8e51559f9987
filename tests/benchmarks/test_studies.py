"""The benchmarks of what a place is worth and of a reserve run; what they measure is not held to a number here."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import page, reserve, sufficiency


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "PAGE", tmp_path / "none.md")  # whoever writes unasked fails
    return tmp_path


def test_the_dearest_pools_are_told_with_what_one_more_changes() -> None:
    asked = ["--pupils", "40", "--provisions", "15", "--seconds", "20", "--no-write"]
    told = CliRunner().invoke(sufficiency.main, asked)
    assert told.exit_code == 0, told.output
    rows = [line for line in told.output.splitlines() if "-places | places" in line or "-hours | hours" in line]
    assert 0 < len(rows) <= 20
    prices = [float(line.split(" | ")[2].replace(",", "")) for line in rows]
    assert prices == sorted(prices, reverse=True)
    assert f"{len(rows) + 1} of {len(rows) + 1}" in told.output


def test_every_way_is_told_for_every_region() -> None:
    asked = [
        "--years",
        "2",
        "--past",
        "1",
        "--seconds",
        "1",
        "--region",
        "40",
        "15",
        "--region",
        "30",
        "15",
        "--no-write",
    ]
    told = CliRunner().invoke(reserve.main, asked)
    assert told.exit_code == 0, told.output
    rows = [line.split(" | ")[:3] for line in told.output.splitlines() if line.startswith("| ")][1:]
    assert rows == [[f"| {n}", "15", way] for n in (40, 30) for way in ("first come", "reserve", "hindsight")]
    assert told.output.count("of 2 years.") == 2
