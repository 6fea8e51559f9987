"""The WSGI application: `marketplace.app:create_app()`. It only puts the parts together."""

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace import api, db, observability, web
from marketplace import config as configuration


def create_app(config: configuration.Config | None = None) -> Flask:
    """Build the application on the database that the settings name.

    Refuses to start where the database role would not be held by row-level security, or a key is missing.
    """
    config = config or configuration.from_environment()
    observability.configure_logs()
    engine = db.start(config)
    app = Flask("marketplace.web", static_folder="static", template_folder="templates")
    app.extensions["database"] = engine
    app.config.update(
        SECRET_KEY=configuration.secret_key(config),
        SESSION_COOKIE_NAME="session" if config.is_plain_http else "__Host-session",
        SESSION_COOKIE_SECURE=not config.is_plain_http,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=1_000_000,  # the largest grid is a tenth of this; files: web/guards.py
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_FORM_PARTS=5_000,
        WTF_CSRF_SSL_STRICT=False,  # it asks for a Referer, which our own Referrer-Policy keeps back
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session; a page left open over lunch still posts
        PLAIN_HTTP=config.is_plain_http,
        HAS_MAIL=config.mail is not None,
        OCID_PREFIX=config.ocid_prefix,
    )
    systems = api.create(is_plain_http=config.is_plain_http, ocid_prefix=config.ocid_prefix)
    app.extensions["api"] = systems
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {api.PREFIX: systems.wsgi_app})  # type: ignore[method-assign]
    # The address by which tries to sign in are counted is the person's, as the last of our own proxies saw it.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=0)  # type: ignore[method-assign]
    web.attach(app)
    return app
