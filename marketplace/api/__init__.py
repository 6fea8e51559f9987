"""The API under /api/v1, by noun: JSON for systems, over the same schemas and use cases as the pages.

An application of its own beside the pages': it knows no cookie, no session and no page, so that nothing that a browser
sends by itself can act here. A view reads the body, calls one use case in one transaction and answers; it catches
nothing.
"""

from importlib import import_module

from flask import Flask

from marketplace.api import errors, guards, repeats
from marketplace.api.specification import Specification
from marketplace.edge import IdConverter

PREFIX = "/api/v1"

# Each noun's module holds a blueprint `bp` of its own name.
NOUNS = (
    "budgets",
    "consultations",
    "needs",
    "open_contracting",
    "options",
    "placements",
    "pools",
    "runs",
    "schedules",
    "settings",
)


def create(*, is_plain_http: bool, ocid_prefix: str) -> Flask:
    """Build the API. The database that it works on is the process's (db.configure)."""
    app = Flask("marketplace.api", static_folder=None)
    app.config.update(
        PLAIN_HTTP=is_plain_http,
        OCID_PREFIX=ocid_prefix,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        MAX_CONTENT_LENGTH=1_000_000,
        API_TITLE="SEND placement marketplace",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.url_map.converters["int"] = IdConverter
    specification = Specification(app)
    guards.attach(app)
    repeats.attach(app)
    errors.attach(app)
    for noun in NOUNS:
        specification.register_blueprint(import_module(f"marketplace.api.{noun}").bp)
    app.extensions["specification"] = specification
    return app
