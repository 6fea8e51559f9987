"""Lists in pages: which one this is, of how many, and where the next one is."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema, fields


def paged(item: type[Schema]) -> type[Schema]:
    """The schema of one page of such items."""
    name = item.__name__.removesuffix("Schema")
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "page": fields.Integer(required=True),
            "pages": fields.Integer(required=True),
            "count": fields.Integer(required=True, metadata={"description": "on all pages"}),
            "next": fields.String(required=True, allow_none=True, metadata={"description": "where the next page is"}),
        },
        name=f"{name}PageSchema",
    )


def page_of(items: Sequence[Any], *, page: int, pages: int, count: int) -> dict[str, Any]:
    """One page; the next one is asked for with the same query."""
    following = None
    if page < pages:
        query = request.args.copy()
        query["page"] = str(page + 1)
        following = f"{request.root_path}{request.path}?{_encoded(query)}"
    return {"items": items, "page": page, "pages": pages, "count": count, "next": following}


def _encoded(query: Any) -> str:
    return urlencode(list(query.items(multi=True)))
