"""How Alembic reaches the database: the caller (`marketplace db`, the tests) passes a connection of the owner role."""

from alembic import context

from marketplace.models import Base

config = context.config
connection = config.attributes["connection"]


def include_name(name: str | None, type_: str, parent_names: object) -> bool:  # noqa: ARG001 - Alembic's signature
    """The job queue brings its own tables; they are not among our models."""
    return not (type_ == "table" and name is not None and name.startswith("procrastinate_"))


context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, include_name=include_name)
with context.begin_transaction():
    context.run_migrations()
