"""Gives a Flask application the templates, filters and template functions that the macros stand on.

Never names a page: navigation(), account() and is_demonstration, which base.html also asks for, are the application's.
"""

from flask import Flask
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from marketplace.web import charts, fields, formats, links, repeats

FUNCTIONS = (
    charts.axis,
    fields.date_boxes,
    fields.field_error,
    fields.field_label,
    fields.field_options,
    fields.field_value,
    links.here,
    links.here_without,
    links.page_of,
    repeats.once_key,
)


def register(app: Flask) -> None:
    """Set the loader (our templates, then the govuk macros under their own prefix), the filters and the functions."""
    govuk = PackageLoader("govuk_frontend_jinja")
    app.jinja_env.loader = ChoiceLoader(
        [PackageLoader("marketplace.web"), PrefixLoader({"govuk_frontend_jinja": govuk})]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.globals.update({function.__name__: function for function in FUNCTIONS})
