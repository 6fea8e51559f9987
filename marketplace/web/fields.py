"""What macros/form.html asks of a form object to hand each field to the govuk macros: value, error, label, options.

Never validates: the schemas do, and a form carries what they found.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from marketplace.web.formats import control


class Form(Protocol):
    """What was typed (or is stored) and what is wrong with it, by field name; a message list shows its first."""

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def errors(self) -> Mapping[str, Sequence[str] | str]: ...


def field_value(form: Form | None, name: str) -> Any:
    """The value of one field, or None in an empty form."""
    return form.values.get(name) if form else None


def field_error(form: Form | None, name: str) -> dict[str, str] | None:
    """The first message about one field, as the govuk macros take it."""
    messages = form.errors.get(name) if form else None
    return {"text": messages if isinstance(messages, str) else messages[0]} if messages else None


def field_label(text: str, heading: bool) -> dict[str, Any]:  # noqa: FBT001 (templates call it by place)
    """A label or legend in bold; as the page's heading it is large and an <h1>."""
    size = "l" if heading else "s"
    return {"text": text, "isPageHeading": heading, "classes": f"govuk-label--{size} govuk-fieldset__legend--{size}"}


def date_boxes(form: Form | None, name: str) -> list[dict[str, str]]:
    """Day, month and year boxes named name-day and so on. What was typed wins over a stored date. The first box has
    the id `name`, for the error summary to point at, and all are marked when the date is wrong.
    """
    stored = field_value(form, name)
    wrong = " govuk-input--error" if field_error(form, name) else ""
    boxes = []
    for part, width in (("day", 2), ("month", 2), ("year", 4)):
        typed = field_value(form, f"{name}-{part}")
        if typed is None and isinstance(stored, date):
            typed = getattr(stored, part)
        boxes.append(
            {
                "id": name if part == "day" else f"{name}-{part}",
                "name": f"{name}-{part}",
                "label": part.capitalize(),
                "value": control(typed),
                "classes": f"govuk-input--width-{width}{wrong}",
            }
        )
    return boxes


def field_options(options: Iterable[tuple[Any, str] | Mapping[str, Any]], chosen: Any) -> list[dict[str, Any]]:
    """Options as the govuk macros take them, those chosen marked. `chosen` is a value, or a list or set of them."""
    several = chosen if isinstance(chosen, list | tuple | set | frozenset) else [chosen]
    marked = {control(value) for value in several if value is not None}
    items = []
    for given in options:
        option = given if isinstance(given, Mapping) else {"value": given[0], "text": given[1]}
        value = control(option["value"])
        item: dict[str, Any] = {"value": value, "text": option["text"], "checked": value in marked}
        item["selected"] = item["checked"]
        if option.get("hint"):
            item["hint"] = {"text": option["hint"]}
        if option.get("conditional"):
            item["conditional"] = {"html": option["conditional"]}
        items.append(item)
    return items
