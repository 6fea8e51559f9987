"""Demand: what a provider is told of the needs posted around its settings; never a need, and nothing to filter by."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Demand, Dimension
from marketplace.schemas.benchmarks import PageSchema
from marketplace.services import demand
from marketplace.services.demand_groups import REACHES
from marketplace.services.small_groups import FEWEST
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.formats import number

bp = Blueprint("demand", __name__)

PAGE = 10  # settings
WORDS = {
    Dimension.NEED: vocabulary.PRIMARY_NEEDS,
    Dimension.LEVEL: {str(level): words for level, words in vocabulary.LEVELS.items()},
    Dimension.YEARS: vocabulary.YEAR_BANDS,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart of what lies within the farthest reach, and the table of it by distance."""

    title: str
    chart: list[dict[str, Any]]
    rows: list[list[Any]]


@bp.get("/demand")
def index() -> ResponseReturnValue:
    """The provider's settings, ten a page, each with all needs by distance."""
    asked = forms.read(PageSchema, forms.asked())
    with transaction(actor()) as session:
        told = demand.settings_told(session, actor().organisation_id or 0)
        pages = max(1, -(-len(told) // PAGE))
        page = min(asked["page"], pages)
        shown = told[(page - 1) * PAGE : page * PAGE]
        return render_template(
            "demand/index.html",
            told=[(setting, row, _cells(_of(row, Dimension.ALL).get(("all",), {}))) for setting, row in shown],
            page=page,
            pages=pages,
            reaches=_reaches(),
            fewest=FEWEST,
        )


@bp.get("/demand/<int:setting_id>")
def of_setting(setting_id: int) -> ResponseReturnValue:
    """One setting: by primary need, level and year group."""
    with transaction(actor()) as session:
        setting, row, is_next_month = demand.demand_of(session, actor(), setting_id=setting_id)
        return render_template(
            "demand/setting.html",
            setting=setting,
            told=row,
            is_next_month=is_next_month,
            total=_cells(_of(row, Dimension.ALL).get(("all",), {})),
            shown=[_shown(row, dimension) for dimension in WORDS],
            reaches=_reaches(),
            fewest=FEWEST,
        )


def _shown(row: Demand | None, dimension: Dimension) -> Shown:
    """The kinds of a dimension in the order of the vocabulary, several that are told together at their first."""
    words, found = WORDS[dimension], _of(row, dimension)
    order = list(words)
    kinds = sorted(found, key=lambda codes: min(order.index(code) for code in codes))
    return Shown(
        vocabulary.DIMENSIONS[dimension],
        [{"label": _label(dimension, codes), "value": sum(found[codes].values())} for codes in kinds],
        [[_named(words, codes), *_cells(found[codes])] for codes in kinds],
    )


def _of(row: Demand | None, dimension: Dimension) -> dict[tuple[str, ...], dict[int, int]]:
    """The amounts of a dimension by kind and reach."""
    found: dict[tuple[str, ...], dict[int, int]] = {}
    for count in row.counts if row else ():
        if count.dimension is dimension:
            found.setdefault(tuple(count.codes), {})[count.reach] = count.amount
    return found


def _cells(amounts: dict[int, int]) -> list[str | None]:
    return [number(amounts[reach]) if reach in amounts else None for reach in REACHES]


def _reaches() -> list[str]:
    """The distance bands in words."""
    return [f"Up to {REACHES[0]} km", *(f"{low} to {high} km" for low, high in pairwise(REACHES))]


def _named(words: dict[str, str], codes: Sequence[str]) -> str:
    named = [words[code] for code in words if code in codes]
    return named[0] if len(named) == 1 else f"{'; '.join(named)} (taken together)"


def _label(dimension: Dimension, codes: Sequence[str]) -> str:
    """The same for a chart, where a long name, or several, would run into the figure."""
    words = vocabulary.SHORT_PRIMARY_NEEDS if dimension is Dimension.NEED else WORDS[dimension]
    return f"{len(codes)} kinds taken together" if len(codes) > 1 else _named(words, codes)
