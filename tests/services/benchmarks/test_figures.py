"""The benchmark table: every way of grouping sums to the same pence, on the page and in each download."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.models import Band, Pattern, SettingType
from marketplace.services.benchmarks.export import table_csv, table_workbook
from marketplace.services.benchmarks.figures import By, figures
from marketplace.services.benchmarks.own import Own, Tie
from marketplace.services.benchmarks.prices import Priced
from pricing.peers import FEWEST_PROVIDERS, FEWEST_SETTINGS

NOBODY = Own()


def priced(
    setting: int, provider: int = 1, la: int = 1, band: Band = Band.MODERATE, amount: int = 3_000_000, **fields: object
) -> Priced:
    given = {
        "provision_id": setting,
        "setting_id": setting,
        "setting": f"School {setting}",
        "setting_type": SettingType.NMSS,
        "provider_id": provider,
        "provider": f"Trust {provider}",
        "authority_id": la,
        "authority": f"Borough {la}",
        "region_id": 1 + la % 2,
        "region": f"Region {1 + la % 2}",
        "band": band,
        "pattern": Pattern.DAY,
        "amount": amount,
        "guide": 3_000_000,
        **fields,
    }
    return Priced(**given)  # type: ignore[arg-type]


prices = st.lists(
    st.builds(
        priced,
        setting=st.integers(1, 9),
        provider=st.integers(1, 4),
        la=st.integers(1, 4),
        band=st.sampled_from(Band),
        amount=st.integers(-10_000_000, 50_000_000),  # a slip of hours can take a price below nothing
        pattern=st.sampled_from(Pattern),
        setting_type=st.sampled_from(SettingType),
        guide=st.integers(1, 50_000_000),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25)  # each writes and reads seven workbooks
@given(prices)
def test_whatever_the_prices_are_grouped_by_every_download_sums_to_the_same_pence(rows: list[Priced]) -> None:
    whole = sum(row.amount for row in rows), sum(row.guide for row in rows), len(rows)
    for by in By:
        found = figures(rows, by, own=NOBODY)
        assert (
            tuple(sum(getattr(group, name) for group in found.groups) for name in ("amount", "guide", "prices"))
            == whole
        )
        for table in (from_csv(table_csv(found)), from_workbook(table_workbook(found, []))):
            heads, body, last = table[0], table[1:-1], table[-1]
            for name, expected in (("Added up £", whole[0]), ("Bands’ prices added up £", whole[1])):
                place = heads.index(name)
                pence = [round(100 * Decimal(str(line[place]))) for line in (*body, last)]
                assert sum(pence[:-1]) == pence[-1] == expected
                assert all(
                    100 * Decimal(str(line[place])) == value for line, value in zip(table[1:], pence, strict=True)
                )
            place = heads.index("Prices")
            assert sum(int(line[place]) for line in body) == int(last[place]) == whole[2]


@given(prices)
def test_quartiles_rest_on_five_settings_of_three_providers_except_of_somebody_by_name(rows: list[Priced]) -> None:
    for by in By:
        found = figures(rows, by, own=NOBODY)
        for group in (*([] if by.is_named else found.groups), found.whole):
            is_enough = group.settings >= FEWEST_SETTINGS and group.providers >= FEWEST_PROVIDERS
            assert (group.spread is not None) == (group.variance is not None) == is_enough
        assert found.groups == [*found.shown, *found.too_few]


def from_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def from_workbook(content: bytes) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [list(line) for line in book["benchmarks"].iter_rows(values_only=True)]


@pytest.mark.parametrize("name", ["=1+1", "+44", "-2", "@SUM(A1)", "\tx", "\rx", 'a "quoted", name'])
def test_no_name_is_ever_a_formula_and_numbers_stay_numbers(name: str) -> None:
    rows = figures([replace(priced(1, amount=-123_45), setting=name)], By.SETTING, own=NOBODY)
    text = from_csv(table_csv(rows))[1]
    assert text[0].lstrip("'") == name
    assert not text[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text[text.index("-123.45")] == "-123.45"
    book = openpyxl.load_workbook(io.BytesIO(table_workbook(rows, [name])))
    cell = book["benchmarks"]["A2"]
    assert cell.data_type == "s"
    assert book["benchmarks"]["E2"].data_type == "n"
    assert book["how these are made"]["A1"].data_type == "s"


def test_groups_come_in_the_order_asked_for_with_those_of_too_few_last() -> None:
    rows = [priced(10 * la + number, number % 3, la, amount=3_000_000 + la) for la in (1, 2, 3) for number in range(5)]
    rows.append(priced(99, 1, 4, amount=9_000_000))
    own = Own(authorities=frozenset({2}), ties={21: frozenset({Tie.AREA})})

    def labels(**order: str) -> list[str]:
        return [group.label[-1] for group in figures(rows, By.LA, own=own, **order).groups]  # type: ignore[arg-type]

    assert labels() == ["3", "2", "1", "4"]
    assert labels(order="ascending") == ["1", "2", "3", "4"]
    assert labels(sort="label", order="descending") == ["3", "2", "1", "4"]
    assert labels(sort="settings") == ["1", "2", "3", "4"]  # as many each: by name
    found = figures(rows, By.LA, own=own)
    (mine,) = [group for group in found.groups if group.is_own]
    assert (mine.label, found.place(mine)) == ("Borough 2", 2)
    assert [group.key for group in figures(rows, By.SETTING, own=own).groups if group.is_own] == ["21"]
    bands = [priced(number, band=band) for number, band in enumerate(Band)]
    assert [group.key for group in figures(bands, By.BAND, own=own, sort="label", order="ascending").groups] == list(
        Band
    )
