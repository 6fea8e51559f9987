"""Three years by two paths: what is paid adds up, equal assumptions cost the same, the break-even is where it is."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.pathway import (
    AFTER,
    FEE,
    MEANWHILE,
    ONCE,
    TRANSPORT,
    YEARS,
    Assumptions,
    Package,
    Path,
    Return,
    break_even,
    returns,
    stay,
    step_down,
)

PENCE = st.integers(0, 40_000_000)
UPLIFT = st.decimals(Decimal(-5), Decimal(25), places=1)
SPLIT = st.builds(Package, fee=PENCE, transport=PENCE, once=PENCE, sessions=st.integers(1, 9))
FULL = st.builds(Package, fee=PENCE, transport=PENCE, once=PENCE)


@st.composite
def assumptions(draw: Any) -> Assumptions:
    sessions = [draw(st.integers(1, 9)), draw(st.integers(0, 9)), draw(st.integers(0, 9))]
    if not sessions[1]:
        sessions[2] = 0
    first, second, third = sessions
    return Assumptions(
        sessions=(first, second, third), uplift=draw(UPLIFT), meanwhile=draw(PENCE), after=draw(PENCE)
    )  # fmt: skip


def adds_up(path: Path) -> bool:
    by_line = sum(sum(amounts) for _, amounts in path.by_line)
    return (
        path.total
        == sum(path.by_year)
        == by_line
        == path.so_far[-1]
        == sum(line.amount for year in path.years for line in year)
    )


@given(FULL, SPLIT, assumptions())
def test_every_sum_is_conserved_by_year_by_line_and_in_all(full: Package, split: Package, assumed: Assumptions) -> None:
    for path in (stay(full, uplift=assumed.uplift), step_down(split, assumed)):
        assert adds_up(path)
        assert len(path.years) == YEARS
        assert len({tuple(line.label for line in year) for year in path.years}) == 1
        assert min(line.amount for year in path.years for line in year) >= 0


@given(SPLIT, UPLIFT)
def test_a_week_that_never_steps_down_costs_what_staying_at_its_price_does(split: Package, uplift: Decimal) -> None:
    assert split.sessions is not None
    assumed = Assumptions(sessions=(split.sessions,) * 3, uplift=uplift)
    same = Package(fee=split.fee, transport=split.transport, once=split.once)
    assert step_down(split, assumed).by_year == stay(same, uplift=uplift).by_year


@given(SPLIT, assumptions())
def test_a_line_is_its_exact_share_of_the_published_price_to_the_penny(split: Package, assumed: Assumptions) -> None:
    assert split.sessions is not None
    lines = dict(step_down(split, assumed).by_line)
    for year, count in enumerate(assumed.sessions):
        raised = (1 + Fraction(assumed.uplift) / 100) ** year
        for label, amount in ((FEE, split.fee), (TRANSPORT, split.transport)):
            assert abs(lines[label][year] - Fraction(amount * count, split.sessions) * raised) <= Fraction(1, 2)
        own = {MEANWHILE: assumed.meanwhile if count else 0, AFTER: 0 if count else assumed.after}
        for label, amount in own.items():
            assert abs(lines[label][year] - amount * raised) <= Fraction(1, 2)
    assert lines[ONCE] == (split.once, 0, 0)


@given(FULL, SPLIT, assumptions())
def test_the_path_as_assumed_is_one_of_the_returns(full: Package, split: Package, assumed: Assumptions) -> None:
    stayed = stay(full, uplift=assumed.uplift)
    path = step_down(split, assumed)
    found = {row.year: row for row in returns(split, assumed, stayed)}
    assert set(found) == {2, 3, 4}
    own = found[assumed.back_in or 4]
    assert own == Return(assumed.back_in or 4, path.total, path.total - stayed.total)


@given(FULL, SPLIT, assumptions())
def test_the_break_even_is_the_last_return_before_the_first_that_costs_no_less(
    full: Package, split: Package, assumed: Assumptions
) -> None:
    found = returns(split, assumed, stay(full, uplift=assumed.uplift))
    latest = break_even(found)
    cheaper = [row.difference < 0 for row in found]
    assert (latest is None) == (not cheaper[0])
    if latest is not None:
        assert all(row.difference < 0 for row in found if row.year <= latest.year)
        assert all(row.difference >= 0 for row in found if row.year == latest.year + 1)


@given(SPLIT, assumptions(), st.integers(10, 1_000_000))
def test_dearer_support_after_the_return_costs_more_only_once_the_pupil_is_back(
    split: Package, assumed: Assumptions, more: int
) -> None:
    dearer = Assumptions(
        sessions=assumed.sessions, uplift=assumed.uplift, meanwhile=assumed.meanwhile, after=assumed.after + more
    )
    for count, before, after in zip(
        assumed.sessions, step_down(split, assumed).by_year, step_down(split, dearer).by_year, strict=True
    ):
        assert after > before if not count else after == before


def test_outreach_is_a_package_without_transport() -> None:
    assert stay(Package(fee=430_000), uplift=Decimal(0)).by_year == (430_000,) * 3


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Package(fee=-1),
        lambda: Package(fee=1, transport=-1),
        lambda: Package(fee=1, once=-1),
        lambda: Package(fee=1, sessions=0),
        lambda: Package(fee=1, sessions=10),
        lambda: Assumptions(sessions=(0, 0, 0)),
        lambda: Assumptions(sessions=(10, 4, 2)),
        lambda: Assumptions(sessions=(4, 0, 2)),
        lambda: Assumptions(sessions=(4, 2, 0), uplift=Decimal(-100)),
        lambda: Assumptions(sessions=(4, 2, 0), after=-1),
        lambda: Assumptions(sessions=(4, 2, 0), meanwhile=-1),
        lambda: step_down(Package(fee=1), Assumptions(sessions=(4, 2, 0))),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"[A-Z]"):
        wrong()


@pytest.mark.parametrize(
    ("sessions", "steps_down_in", "back_in"),
    [((4, 2, 0), 2, 3), ((4, 4, 4), None, None), ((4, 6, 5), 3, None), ((4, 0, 0), 2, 2)],
)
def test_when_the_sessions_step_down_and_the_pupil_is_back(
    sessions: tuple[int, int, int], steps_down_in: int | None, back_in: int | None
) -> None:
    assumed = Assumptions(sessions=sessions)
    assert (assumed.steps_down_in, assumed.back_in) == (steps_down_in, back_in)
