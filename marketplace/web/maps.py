"""The boundaries of authorities, for every map. They change once in years, so the browser keeps them by their ETag."""

import hashlib
import json

from flask import Blueprint, Response, request
from sqlalchemy import select

from marketplace.db import transaction
from marketplace.models import Authority
from marketplace.web.current import actor

bp = Blueprint("maps", __name__, url_prefix="/maps")


@bp.get("/boundaries")
def boundaries() -> Response:
    """GeoJSON of every authority that has a boundary; 304 when the browser's copy is the same."""
    with transaction(actor()) as session:
        rows = session.execute(
            select(Authority.code, Authority.name, Authority.boundary)
            .where(Authority.boundary.is_not(None))
            .order_by(Authority.code)
        ).all()
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": boundary}
        for code, name, boundary in rows
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    response = Response(body, mimetype="application/geo+json")
    response.cache_control.private = True
    response.cache_control.no_cache = True  # kept, and asked about each time: boundaries are public, nobody's data
    response.set_etag(hashlib.sha256(body.encode()).hexdigest())
    return response.make_conditional(request)  # type: ignore[return-value]
