"""A tariff as the content and as the text of its TOML file, which `load_tariff` reads back. It must never write what it
was not given."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

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
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
