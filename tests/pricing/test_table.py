"""Reading a table: each kind of value, each fault, and all faults at once."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from pricing.table import Fault, Invalid, Table


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


READERS: dict[str, Callable[[Table], object]] = {
    "text": lambda table: table.text("key"),
    "choice": lambda table: table.choice("key", Colour),
    "flag": lambda table: table.flag("key", default=False),
    "day": lambda table: table.day("key"),
    "pence": lambda table: table.pence("key"),
    "number": lambda table: table.number("key", "0.5", "10"),
    "table": lambda table: table.table("key", required=True).content,
}


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        ("text", "  Example borough ", "Example borough"),
        ("choice", "blue", Colour.BLUE),
        ("flag", True, True),
        ("day", date(2027, 4, 1), date(2027, 4, 1)),
        ("day", "2027-04-01", date(2027, 4, 1)),
        ("pence", 30_000, 3_000_000),
        ("number", 1.1, Decimal("1.1")),
        ("number", 10, Decimal(10)),
        ("number", Decimal("0.5"), Decimal("0.5")),
        ("table", {"a": 1}, {"a": 1}),
    ],
)
def test_a_good_value_is_read_exactly(reader: str, value: object, expected: object) -> None:
    table = Table({"key": value}, "example.toml")
    assert READERS[reader](table) == expected
    table.raise_faults()


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("text", 5),
        ("text", "  "),
        ("choice", "green"),
        ("choice", 1),
        ("flag", "true"),
        ("flag", 1),
        ("day", datetime(2027, 4, 1, 9, 0)),  # noqa: DTZ001
        ("day", "1 April 2027"),
        ("day", "2027-02-30"),
        ("day", "20270401"),
        ("pence", 30_000.0),
        ("pence", "30000"),
        ("pence", True),
        ("pence", 0),
        ("pence", -1),
        ("pence", 10_000_001),
        ("number", "1.5"),
        ("number", True),
        ("number", 0.49),
        ("number", 10.01),
        ("number", float("nan")),
        ("number", float("inf")),
        ("table", {}),
        ("table", 5),
    ],
)
def test_a_bad_value_is_refused_with_what_where_and_remedy(reader: str, value: object) -> None:
    table = Table({"key": value}, "example.toml")
    READERS[reader](table)
    (fault,) = table.faults
    assert fault.where == "key"
    assert str(value).strip() in fault.what
    assert fault.remedy
    with pytest.raises(Invalid, match=r"^example\.toml cannot be used:\nkey: "):
        table.raise_faults()


@pytest.mark.parametrize("reader", sorted(set(READERS) - {"flag"}))
def test_a_missing_key_is_called_missing(reader: str) -> None:
    table = Table({}, "example.toml")
    READERS[reader](table)
    assert [fault.what for fault in table.faults] == ["it is missing"]


def test_optional_keys_take_their_default() -> None:
    table = Table({}, "example.toml")
    assert table.text("name", "") == ""
    assert table.choice("colour", Colour, Colour.BLUE) is Colour.BLUE
    assert table.flag("is_bright", default=True) is True
    assert table.by("shades", Colour, Table.pence, required=False) == {}
    table.close()
    table.raise_faults()


def test_an_unknown_key_is_refused_and_the_known_ones_are_named() -> None:
    table = Table({"nmae": "x"}, "example.toml")
    table.text("name", "")
    table.close()
    assert table.faults == [Fault("nmae", "it is not known here", "Take it out, or use one of: name")]


def test_faults_of_inner_tables_say_which_table_they_are_in() -> None:
    table = Table({"prices": {"blue": 0, "green": 5, "red": 7}}, "example.toml")
    assert list(table.by("prices", Colour, Table.pence, required=True)) == [Colour.RED, Colour.BLUE]
    assert [fault.where for fault in table.faults] == ["[prices] blue", "[prices] green"]


@pytest.mark.parametrize("content", [b"name = ", b"name = '\xff'"])
def test_a_file_that_is_not_toml_in_utf_8_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"broken\.toml cannot be used:\nthe file: it cannot be read"):
        Table.of(path)


def test_a_file_may_begin_with_a_byte_order_mark_and_keeps_decimals_exact(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbfrate = 1.10")
    content: dict[str, Any] = dict(Table.of(path).content)
    assert content == {"rate": Decimal("1.10")}
