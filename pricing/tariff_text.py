"""Tariffs and frameworks as the content and as the text of their TOML files, which `load_tariff` and `load_framework`
read back. It must never write what it was not given."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pricing.framework import Framework
from pricing.tariff import Tariff


def tariff_content(tariff: Tariff) -> dict[str, Any]:
    """The content of the file in the order in which people write one; what the tariff does not state is left out.

    >>> from pricing.tariff import DEMONSTRATION_TARIFF, load_tariff
    >>> tariff = load_tariff(DEMONSTRATION_TARIFF)
    >>> load_tariff(tariff_content(tariff)) == tariff
    True
    """
    content: dict[str, Any] = {"name": tariff.name, "version": tariff.version}
    if tariff.owner:
        content["owner"] = tariff.owner
    content |= {"status": str(tariff.status), "basis": str(tariff.basis), "valid_from": tariff.valid_from}
    if tariff.valid_until is not None:
        content["valid_until"] = tariff.valid_until
    if tariff.source:
        content["source"] = tariff.source
    if tariff.is_illustrative:
        content["is_illustrative"] = True
    content["band"] = {str(band): pence // 100 for band, pence in tariff.band.items()}
    content["pattern"] = {str(pattern): multiplier for pattern, multiplier in tariff.pattern.items()}
    if tariff.coordination is not None:
        content["porous"] = {"coordination": tariff.coordination}
    if tariff.outreach:
        content["outreach"] = {str(grade): pence // 100 for grade, pence in tariff.outreach.items()}
    if tariff.area:
        content["area"] = dict(tariff.area)
    return content


def framework_content(framework: Framework) -> dict[str, Any]:
    """The content of a framework's file, likewise.

    >>> from pricing.framework import DEMONSTRATION_FRAMEWORK, load_framework
    >>> framework = load_framework(DEMONSTRATION_FRAMEWORK)
    >>> load_framework(framework_content(framework)) == framework
    True
    """
    content: dict[str, Any] = {
        "name": framework.name,
        "version": framework.version,
        "status": str(framework.status),
        "basis": str(framework.basis),
        "starts_on": framework.starts_on,
    }
    if framework.ends_on is not None:
        content["ends_on"] = framework.ends_on
    content |= {
        "source": framework.source,
        "co_occurrence": framework.has_co_occurrence,
        "place_funding": {str(each): pence // 100 for each, pence in framework.place_funding.items()},
    }
    if framework.content:
        content["content"] = {
            str(band): {"weeks": each.weeks, **{str(of): hours for of, hours in each.hours.items()}}
            for band, each in framework.content.items()
        }
    if framework.rates:
        content["rates"] = {str(of): Decimal(pence) / 100 for of, pence in framework.rates.items()}
    return content


def tariff_text(content: Mapping[str, Any], remarks: Iterable[str] = ()) -> str:
    """The file: remarks first, then keys, then tables, in the order given.

    Dates and numbers are written as they are, texts in quotes.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> print(tariff_text({"name": "Elm \\"2027\\"", "valid_from": date(2027, 4, 1), "band": {"moderate": 30000},
    ...                    "pattern": {"day": Decimal("1.0")}}, ["Draft."]), end="")
    # Draft.
    name = "Elm \\"2027\\""
    valid_from = 2027-04-01
    <BLANKLINE>
    [band]
    moderate = 30000
    <BLANKLINE>
    [pattern]
    day = 1.0
    """
    lines = [f"# {remark}" for remark in remarks]
    lines += [f"{key} = {_value(value)}" for key, value in content.items() if not isinstance(value, Mapping)]
    for key, table in content.items():
        if isinstance(table, Mapping):
            lines += _table(key, table)
    return "\n".join(lines) + "\n"


def _table(key: str, table: Mapping[str, Any]) -> list[str]:
    """A table and those inside it, each under its own heading; a table of tables alone has none."""
    inner = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    lines = [f"{name} = {_value(value)}" for name, value in table.items() if name not in inner]
    if lines or not inner:
        lines = ["", f"[{key}]", *lines]
    for name, value in inner.items():
        lines += _table(f"{key}.{name}", value)
    return lines


def _value(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # the one character more of TOML
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
