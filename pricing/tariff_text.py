"""A tariff as the text of its TOML file, which `load_tariff` reads back. It must never write what it was not given."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


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
            lines += ["", f"[{key}]", *(f"{name} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # the one character more of TOML
    return str(value)
