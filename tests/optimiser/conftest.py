"""The template's small problem, as files, for the tests to spoil; and the way of large programmes for small ones."""

from pathlib import Path

import pytest

from optimiser import master, search
from optimiser.template import write_template


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_template(tmp_path / "problem")
    return tmp_path / "problem"


@pytest.fixture
def as_if_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """No programme is small enough to be given to the solver whole."""
    monkeypatch.setattr(master, "_SMALL", 0)
    monkeypatch.setattr(search, "_FEW", 0)


@pytest.fixture(params=["small", "large"])
def either_way(request: pytest.FixtureRequest) -> None:
    """Solved as it stands, and as if it were large."""
    if request.param == "large":
        request.getfixturevalue("as_if_large")
