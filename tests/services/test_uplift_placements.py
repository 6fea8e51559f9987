"""Who has placements at a setting: what was stated and what runs here, each pupil counted once."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.db import transaction
from marketplace.errors import Invalid
from marketplace.models import Band, Placement, PlacementStatus
from marketplace.permissions import SYSTEM
from marketplace.services.uplift_assessment import affected
from marketplace.services.uplift_placements import combined
from tests import builders
from tests.uplifts import STARTS, Round, place

INTENSIVE, MODERATE, PROFOUND = Band.INTENSIVE, Band.MODERATE, Band.PROFOUND


@pytest.mark.parametrize(
    ("stated", "running", "expected"),
    [
        ({INTENSIVE: 3}, {}, {INTENSIVE: 3}),  # as ever
        ({}, {INTENSIVE: 2}, {INTENSIVE: 2}),
        ({INTENSIVE: 3}, {INTENSIVE: 2}, {INTENSIVE: 3}),  # two of the three are here
        ({INTENSIVE: 1}, {INTENSIVE: 2}, {INTENSIVE: 2}),  # one was placed since
        ({INTENSIVE: 1}, {PROFOUND: 1}, {INTENSIVE: 0, PROFOUND: 1}),  # one pupil, whose band was varied
        ({INTENSIVE: 3, MODERATE: 2}, {PROFOUND: 1, MODERATE: 2}, {MODERATE: 2, INTENSIVE: 2, PROFOUND: 1}),
        ({INTENSIVE: 0}, {}, {INTENSIVE: 0}),  # as the authority corrected it
    ],
)
def test_what_runs_is_a_part_of_what_was_stated(
    stated: dict[Band, int], running: dict[Band, int], expected: dict[Band, int]
) -> None:
    def of(counts: dict[Band, int], la: int = 1) -> dict[tuple[int, int, Band], int]:
        return {(la, 7, band): n for band, n in counts.items()}

    assert combined(of(stated), of(running)) == of(expected)
    other = of({INTENSIVE: 9}, la=2)  # of whom nothing runs here
    assert combined({**of(stated), **other}, of(running)) == {**of(expected), **other}


CELLS = st.dictionaries(st.tuples(st.integers(1, 3), st.integers(1, 2), st.sampled_from(Band)), st.integers(0, 6))


@given(stated=CELLS, running=CELLS)
def test_nobody_is_counted_twice_and_nobody_who_runs_is_left_out(stated: Any, running: Any) -> None:
    found = combined(stated, running)
    for la in (1, 2, 3):
        of = [sum(n for cell, n in each.items() if cell[0] == la) for each in (stated, running, found)]
        assert of[2] == max(of[0], of[1])
    assert all(found[cell] >= n for cell, n in running.items())
    assert all(n >= 0 for n in found.values())
    assert found.keys() == stated.keys() | running.keys()


def counts(trust: Round, on: date = STARTS) -> dict[tuple[int, str], int]:
    with transaction(SYSTEM) as session:
        rows = affected(session, trust.setting, on=on)
    return {(trust.las.index(row.authority_id), row.band.value): row.placements for row in rows}


@pytest.fixture
def trust(database: object) -> Round:  # noqa: ARG001
    return Round()


def test_a_request_that_states_fewer_than_run_here_is_not_sent(trust: Round) -> None:
    for _ in range(6):
        place(trust, 2)
    with pytest.raises(Invalid) as refused:
        trust.send()
    words = "Through this marketplace more are placed here: Westbury 6 (you state 5). Change the placements."
    assert refused.value.errors["_form"] == [words]


def test_what_is_placed_or_varied_after_it_was_sent_is_counted_for_those_who_were_asked(trust: Round) -> None:
    trust.send()
    assert counts(trust) == trust.counts
    place(trust, 2)
    assert counts(trust) == trust.counts  # one of the five that were stated
    for _ in range(5):
        place(trust, 2)
    assert counts(trust) == {**trust.counts, (2, "intensive"): 6}
    place(trust, 1)  # one of six that were stated as moderate
    assert counts(trust) == {**trust.counts, (2, "intensive"): 6, (1, "moderate"): 5, (1, "intensive"): 1}
    with transaction(SYSTEM) as session:
        other = builders.authority(session)
        trust.las.append(other.id)
    place(trust, 3)  # who was not asked keeps the price of the award
    assert (3, "intensive") not in counts(trust)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": PlacementStatus.ENDED, "ends_on": date(2027, 3, 1)},
        {"ends_on": date(2027, 8, 31)},  # the day before
        {"starts_on": date(2027, 9, 2)},
        {"band": PROFOUND},  # which the schedule does not price
    ],
)
def test_what_does_not_run_on_the_day_or_is_not_priced_is_not_counted(trust: Round, fields: dict[str, Any]) -> None:
    trust.send()
    for _ in range(7):
        place(trust, 2, **fields)
    assert counts(trust) == trust.counts


def test_an_assessment_costs_what_runs(trust: Round) -> None:
    trust.send()
    before = trust.assessed().total
    for _ in range(6):
        place(trust, 2)
    after = trust.assessed().total
    assert before is not None
    assert after is not None
    assert after.now is not None
    assert before.now is not None
    assert after.now - before.now == 4_800_000


def test_a_provider_reads_its_own_placements_when_it_sends(trust: Round) -> None:
    for _ in range(5):
        place(trust, 2)
    trust.send()
    with transaction(trust.provider) as session:
        assert len(session.query(Placement).all()) == 5
