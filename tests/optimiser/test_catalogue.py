"""The catalogue of provisions, and the options of all pupils that are found with it."""

import pytest

from optimiser import match
from optimiser.eligibility import Catalogue
from optimiser.options import find_options
from tests.optimiser.problems import problem, provision, pupil


def test_provisions_stand_by_id_whatever_the_order_of_rows() -> None:
    offers = tuple(provision(provision=name) for name in ("V2", "V3", "V1"))
    catalogue = Catalogue(problem(provisions=offers))
    assert [row.provision for row in catalogue.provisions] == ["V1", "V2", "V3"]
    assert catalogue.position == {"V1": 0, "V2": 1, "V3": 2}


def test_a_price_of_nothing_is_a_price() -> None:
    (row,) = match(problem(price=0)).assignments
    assert (row.price, row.cost) == (0, row.transport)


def test_every_block_of_pupils_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    some = problem(tuple(pupil(pupil=f"P{i}") for i in range(9)), (provision(), provision(provision="V2"))).ordered()
    monkeypatch.setattr("optimiser.options._BLOCK_CELLS", 4)  # two pupils at a time
    heard: list[None] = []
    find_options(some, Catalogue(some), lambda: heard.append(None))
    assert len(heard) == 5
