"""Peers are shown only where nobody can be made out, in the narrowest area where that is so."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.peers import PeerArea, Peers, PublishedPrice, areas_to_show, peers, spread_of
from pricing.profile import Band
from pricing.tariff import Pattern

NEAR = PeerArea("LA 873", {"873"})
REGION = PeerArea("East", {"873", "874"})
EVERYWHERE = PeerArea("England", None)


def price(number: int, amount: int, provider: str = "", la: str = "873") -> PublishedPrice:
    return PublishedPrice(
        setting=f"S{number}",
        provider=provider or f"P{number}",
        la=la,
        band=Band.MODERATE,
        pattern=Pattern.DAY,
        amount=amount,
    )


FIVE = [price(number, 3_000_000 + 100_000 * number) for number in range(5)]


def found(prices: list[PublishedPrice], *areas: PeerArea, provider: str = "Mine") -> Peers | None:
    asked = {"band": Band.MODERATE, "pattern": Pattern.DAY, "amount": 3_150_000, "provider": provider}
    return peers(prices, **asked, areas=areas or (NEAR, EVERYWHERE))  # type: ignore[arg-type]


def test_five_settings_of_three_providers_are_shown_with_quartiles_and_place() -> None:
    shown = found(FIVE)
    assert shown
    assert (shown.area, shown.settings, shown.providers, shown.widened) == ("LA 873", 5, 5, ())
    assert (shown.lower_quartile, shown.median, shown.upper_quartile) == (3_100_000, 3_200_000, 3_300_000)
    assert (shown.cheaper, shown.dearer) == (2, 3)


def test_four_settings_are_not_shown() -> None:
    assert found(FIVE[:4]) is None


def test_five_settings_of_two_providers_are_not_shown() -> None:
    assert found([replace(row, provider=f"P{number % 2}") for number, row in enumerate(FIVE)]) is None


def test_ones_own_settings_do_not_make_up_the_number() -> None:
    assert found(FIVE, provider="P0") is None


def test_other_bands_and_patterns_are_no_peers() -> None:
    assert found([replace(FIVE[0], band=Band.INTENSIVE), *FIVE[1:]]) is None
    assert found([replace(FIVE[0], pattern=Pattern.WEEKLY), *FIVE[1:]]) is None


def test_where_they_are_too_few_the_next_wider_area_is_taken_and_that_is_said() -> None:
    far = [replace(FIVE[0], la="874"), *FIVE[1:]]
    shown = found(far, NEAR, REGION, EVERYWHERE)
    assert shown
    assert (shown.area, shown.widened) == ("East", ("LA 873",))
    assert "Too few in LA 873 to be shown." in str(shown)


def test_a_setting_counts_once_with_the_median_of_its_prices() -> None:
    assert found([*FIVE[:4], price(3, 3_900_000)]) is None
    shown = found([*FIVE, price(4, 3_500_001), price(4, 3_500_000)])
    assert shown
    assert (shown.settings, shown.upper_quartile) == (5, 3_300_000)


def test_the_median_of_a_settings_prices_is_neither_its_first_nor_its_last() -> None:
    shown = found([*FIVE[:2], price(2, 9_900_000), price(2, 3_200_000), price(2, 100), *FIVE[3:]])
    assert shown
    assert shown.median == 3_200_000


def test_a_peer_at_the_very_price_is_neither_cheaper_nor_dearer() -> None:
    shown = found([replace(FIVE[0], amount=3_150_000), *FIVE[1:]])
    assert shown
    assert (shown.cheaper, shown.dearer) == (1, 3)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_prices_does_not_matter(order: int) -> None:
    assert found(FIVE[::order]) == found(FIVE)


def test_few_prices_have_a_spread_that_is_not_discreet() -> None:
    one = spread_of(FIVE[:1])
    assert one
    assert (one.lowest, one.median, one.highest, one.is_discreet) == (3_000_000, 3_000_000, 3_000_000, False)
    of_two = spread_of([replace(each, provider=f"P{number % 2}") for number, each in enumerate(FIVE)])
    assert of_two
    assert not of_two.is_discreet


settings_of_others = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 5)), max_size=30
)  # region and provider of each setting


@given(settings_of_others)
def test_no_two_areas_that_are_shown_together_differ_by_too_few(rows: list[tuple[str, int]]) -> None:
    """Whoever takes one figure shown from another is left with five settings of three providers, or with none."""
    others = [price(number, 3_000_000, f"P{provider}", la) for number, (la, provider) in enumerate(rows)]
    shown = areas_to_show(others, [PeerArea(la, {la}) for la in "AB"], widest=EVERYWHERE)
    sets = [{each.setting for each in others if area.las is None or each.la in area.las} for area in shown]
    everything = {each.setting: each for each in others}
    combinations = [*sets]
    for first, second in permutations(sets, 2):
        combinations.append(first - second)
    if len(sets) == 3:
        combinations.append(sets[2] - sets[0] - sets[1])
    for left in combinations:
        spread = spread_of(everything[setting] for setting in left)
        assert spread is None or spread.is_discreet
