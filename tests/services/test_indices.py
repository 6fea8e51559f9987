"""Indices of costs: loaded by command, once, whole or not at all; a revised figure is a row of its own."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, select

from marketplace import db, embedded
from marketplace.cli import main
from marketplace.models import PriceIndex
from marketplace.permissions import SYSTEM
from marketplace.services.indices import all_indices
from pricing.indices import DEMONSTRATION_INDICES, CostPart, index_on

WHOLE = """
[[index]]
name = "Pay award 2026"
part = "staff"
percent = 4.125
valid_from = 2026-09-01
source = "Made up for tests."
url = "https://example.org/pay"
"""


@pytest.fixture
def run(addresses: embedded.Addresses, database: Engine, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The command on the test's database."""
    monkeypatch.setenv("DATABASE_URL", addresses.application)

    def run(path: Path) -> Result:
        answer = CliRunner().invoke(main, ["reference", "load", "--indices", str(path)], catch_exceptions=False)
        db.configure(database)
        return answer

    return run


def kept() -> list[tuple[str, Decimal, date]]:
    with db.transaction(SYSTEM) as session:
        rows = session.scalars(select(PriceIndex).order_by(PriceIndex.part, PriceIndex.starts_on))
        return [(row.name, row.percent, row.starts_on) for row in rows]


def test_the_shipped_indices_are_loaded_and_loaded_twice_are_the_same_as_once(run) -> None:  # type: ignore[no-untyped-def]
    first = run(DEMONSTRATION_INDICES)
    assert (first.exit_code, first.output) == (0, "Indices: 3 created, 0 updated, 0 unchanged\n")
    before = kept()
    again = run(DEMONSTRATION_INDICES)
    assert (again.exit_code, again.output) == (0, "Indices: 0 created, 0 updated, 3 unchanged\n")
    assert kept() == before


def test_a_figure_is_kept_exactly_and_a_revised_one_is_another_row(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "indices.toml"
    path.write_text(WHOLE)
    assert run(path).exit_code == 0
    path.write_text(WHOLE.replace("4.125", "4.2"))
    refused = run(path)
    assert refused.exit_code == 2
    assert "never edited" in refused.output
    assert "'4.2'" in refused.output
    path.write_text(WHOLE + WHOLE.replace("4.125", "4.2").replace("2026-09-01", "2026-11-01"))
    assert run(path).output == "Indices: 1 created, 0 updated, 1 unchanged\n"
    assert kept() == [
        ("Pay award 2026", Decimal("4.125"), date(2026, 9, 1)), ("Pay award 2026", Decimal("4.2"), date(2026, 11, 1)),
    ]  # fmt: skip
    with db.transaction(SYSTEM) as session:
        indices = all_indices(session)
    for on, percent in ((date(2026, 10, 31), "4.125"), (date(2026, 11, 1), "4.2")):
        found = index_on(indices, CostPart.STAFF, on)
        assert found is not None
        assert (found.percent, found.url) == (Decimal(percent), "https://example.org/pay")


def test_every_fault_of_a_file_is_told_and_nothing_of_it_is_kept(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "indices.toml"
    bad = WHOLE.replace("4.125", "400").replace("https://", "http://").replace('"staff"', '"wages"')
    path.write_text(WHOLE + bad)
    refused = run(path)
    assert refused.exit_code == 2
    for words in ("4 faults", "[index 2] percent", "[index 2] url", "[index 2] part"):
        assert words in refused.output
    path.write_text(WHOLE.replace("Pay award 2026", "x" * 121))
    assert "longer than 120 characters" in run(path).output
    assert kept() == []


def test_nobody_but_the_system_adds_and_nobody_changes_an_index(database: Engine) -> None:
    assert database
    with db.transaction(SYSTEM) as session:
        session.add(PriceIndex(part="staff", name="Pay", percent=4, starts_on=date(2026, 9, 1), source="Made up."))
    for statement in ("UPDATE price_indices SET percent = 5", "DELETE FROM price_indices"):
        with database.connect() as connection, pytest.raises(Exception, match="permission denied"):
            connection.exec_driver_sql(statement)
