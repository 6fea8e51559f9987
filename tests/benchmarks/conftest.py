"""The public data beside the project."""

from pathlib import Path

import pytest

from benchmarks.real.sources import DataError, data_folder


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        return data_folder()
    except DataError as missing:
        pytest.skip(f"the public data are not beside the project: {missing}")
