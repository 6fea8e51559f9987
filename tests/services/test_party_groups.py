"""What several parties read of pupils of whom each knows some: none is left with few whom it does not know."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from marketplace.services.party_groups import Counted, count_in_fives, may_be_told, sum_in_fives, told_apart
from marketplace.services.small_groups import FEWEST

PARTIES = ("la 1", "la 2", "la 3", "provider 1", "provider 2")
PUPILS = st.builds(
    lambda key, la, provider, column: Counted(key, frozenset({la, provider}), column),
    st.integers(1, 60),
    st.sampled_from(PARTIES[:3]),
    st.sampled_from(PARTIES[3:]),
    st.sampled_from(("", "plans")),
)
GROUPS = st.dictionaries(st.sampled_from("ABCDEF"), st.lists(PUPILS, max_size=30), max_size=6)


def unknown_to(party: str | None, pupils: Sequence[Counted], column: str) -> int:
    """A recount: how many pupils of a column nothing of whom a party knows."""
    keys = {pupil.key for pupil in pupils if pupil.column == column}
    known = {pupil.key for pupil in pupils if pupil.column == column and party in pupil.known_to}
    return len(keys - known)


@given(groups=GROUPS)
def test_no_party_is_left_with_one_to_four_in_any_row_nor_in_what_rows_come_to(
    groups: dict[str, list[Counted]],
) -> None:
    rows = told_apart(groups)
    for names, pupils in rows:
        assert sorted(pupils, key=str) == sorted((each for name in names for each in groups[name]), key=str)
        for party in (None, *PARTIES):
            for column in ("", "plans"):
                assert not 0 < unknown_to(party, pupils, column) < FEWEST
    told = sorted(name for names, _ in rows for name in names)
    assert told in ([], sorted(groups))  # all, each once, or nothing


@given(groups=GROUPS)
def test_what_can_be_told_by_itself_is_joined_only_where_the_sum_needs_it(groups: dict[str, list[Counted]]) -> None:
    rows = told_apart(groups)
    for names, _ in rows:
        if len(names) > 1:
            assert not all(may_be_told(groups[name]) for name in names)


@given(groups=GROUPS)
def test_the_difference_of_rows_of_a_table_makes_out_nobody_either(groups: dict[str, list[Counted]]) -> None:
    """Where no pupil stands in two rows, as in every table but that of refusals."""
    alone = {
        name: [Counted((name, each.key), each.known_to, each.column) for each in pupils]
        for name, pupils in groups.items()
    }
    rows = told_apart(alone)
    for size in range(1, len(rows) + 1):
        for some in combinations(rows, size):
            pupils = [each for _, of in some for each in of]
            for party in (None, *PARTIES):
                assert not 0 < unknown_to(party, pupils, "") < FEWEST


@given(st.integers(0, 300))
def test_one_pupil_more_or_less_changes_no_count_or_five(n: int) -> None:
    def of(count: int) -> list[Counted]:
        return [Counted(number, frozenset()) for number in range(count)]

    assert count_in_fives(of(n + 1)) - count_in_fives(of(n)) in {0, 5}
    assert abs(count_in_fives(of(n)) - n) <= FEWEST // 2


def test_a_pupil_who_is_counted_several_times_is_one() -> None:
    five_times = [Counted("one", frozenset({"la 1"})) for _ in range(5)]
    assert not may_be_told(five_times)
    assert told_apart({"A": five_times}) == []


def test_a_group_that_its_own_authority_could_take_away_is_told_with_others() -> None:
    def of(la: str, count: int) -> list[Counted]:
        return [Counted((la, number), frozenset({la})) for number in range(count)]

    alone = {"A": of("la 1", 6) + of("la 2", 2), "B": [Counted(n, frozenset({"la 2"})) for n in range(3)]}
    assert [names for names, _ in told_apart(alone)] == [("A", "B")]


def test_sums_are_of_two_figures_of_the_mean() -> None:
    pupils = [Counted(n, frozenset(), amounts={"price": Fraction(5_234_567)}) for n in range(12)]
    assert sum_in_fives(pupils, "price") == 10 * 5_200_000
