"""The `marketplace` command. Each noun is a module of this package; nothing is imported before it is called."""

from importlib import import_module

import click

# command → module: attribute. Loaded on use, so that `marketplace match` needs no database library.
COMMANDS = {
    "db": "marketplace.cli.db:db",
    "demo": "marketplace.cli.demo:demo",
    "explain": "marketplace.cli.explain:explain",
    "reference": "marketplace.cli.reference:reference",
    "serve": "marketplace.cli.serve:serve",
    "keys": "marketplace.cli.keys:keys",
    "mail": "marketplace.cli.mail:mail",
    "match": "marketplace.cli.match:match",
    "pricing": "marketplace.cli.pricing:pricing",
    "organisations": "marketplace.cli.organisations:organisations",
    "tokens": "marketplace.cli.tokens:tokens",
    "users": "marketplace.cli.users:users",
    "runs": "marketplace.cli.runs:runs",
    "verify": "marketplace.cli.verify:verify_data",
    "worker": "marketplace.cli.worker:worker",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="send-marketplace", prog_name="marketplace")
def main() -> None:
    """The SEND placement marketplace: capacity, prices, needs, matching."""
