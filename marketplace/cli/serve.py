"""`marketplace serve`: migrate, where the owner is known, then serve the pages with gunicorn until stopped."""

import gc
import os
import socket
from pathlib import Path

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app, parse_address

from marketplace import config as configuration
from marketplace import db, migrate
from marketplace.cli.session import told
from marketplace.errors import Unavailable


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our settings and no file of its own. Each worker process builds its own application."""

    def __init__(self, bind: str, workers: int) -> None:
        self.options = {
            "bind": bind,
            "workers": workers,
            "threads": 4,
            "worker_class": "gthread",
            "graceful_timeout": 30,
            "timeout": 60,
            "keepalive": 5,
            "control_socket_disable": True,
            "accesslog": None,  # our own log line has endpoints, never paths
            "loglevel": "warning",
        }
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn the settings; a name it does not know is an error."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each worker process, after the fork; it reads the same settings from the environment."""
        app = import_app("marketplace.app:create_app()")
        assert isinstance(app, Flask)
        gc.freeze()  # what the application is made of stays: only what requests leave is searched for garbage
        return app


def refuse_taken(bind: str, *, command: str) -> None:
    """Raise Unavailable, at once and in a sentence, where nobody can listen; a Unix socket is gunicorn's to judge."""
    try:
        if not bind.strip():
            raise RuntimeError
        address = parse_address(bind, default_port="8000")
        if isinstance(address, str) and Path(address).parent.is_dir():
            return
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        with socket.create_server(address, family=family):
            pass
    except (OSError, OverflowError, RuntimeError, TypeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else "it is no address and port"
        raise Unavailable(
            f"{bind or 'Nothing'} cannot be listened on: {reason}. Stop what listens there, or choose another: "
            f"`marketplace {command} --bind 127.0.0.1:8080`."
        ) from error


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Web processes.")
@told
def serve(bind: str, workers: int) -> None:
    """Migrate the database, where its owner's address is known, and serve the pages until stopped."""
    refuse_taken(bind, command="serve")
    config = configuration.from_environment()
    addresses = db.addresses(config)
    if addresses.owner != addresses.application:  # else `marketplace db upgrade` has been run elsewhere, by the owner
        migrate.upgrade(addresses.owner)
    db.start(config).dispose()  # say what is wrong here, not in each worker; keys are made before they ask for them
    configuration.secret_key(config)
    click.echo(f"Serving on http://{bind} (stop with Ctrl-C)")
    Server(bind, workers).run()
