"""The template's small problem, as files, for the tests to spoil."""

from pathlib import Path

import pytest

from optimiser.template import write_template


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_template(tmp_path / "problem")
    return tmp_path / "problem"
