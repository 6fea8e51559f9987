"""The examples in the docstrings of pricing are its specification; every one is run."""

import doctest
import importlib
import pkgutil

import pytest

import pricing

MODULES = sorted(module.name for module in pkgutil.iter_modules(pricing.__path__, "pricing."))
WITHOUT_EXAMPLES = {"pricing.table"}  # specified by tests/pricing/test_table.py: its examples are faults


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0
    assert (outcome.attempted == 0) == (name in WITHOUT_EXAMPLES)
