"""The examples in docstrings are a specification: every one of them is run."""

import doctest
import importlib
import pkgutil

import pytest

import marketplace
import pricing

MODULES = sorted(
    module.name
    for package in (marketplace, pricing)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith(".__main__")
)
# Every module of pricing has examples but this one, whose examples are faults: `tests/pricing/test_table.py`.
WITHOUT_EXAMPLES = {"pricing.table"}


@pytest.mark.parametrize("package", ["marketplace", "pricing"])
def test_the_examples_in_the_docstrings_hold(package: str) -> None:
    examples = {name: _run(name) for name in MODULES if name.startswith(f"{package}.")}
    assert sum(examples.values()) > 0
    if package == "pricing":
        assert {name for name, tried in examples.items() if not tried} == WITHOUT_EXAMPLES


def _run(name: str) -> int:
    """How many examples a module has, all of which hold."""
    outcome = doctest.testmod(importlib.import_module(name))
    assert not outcome.failed, name
    return outcome.attempted
