"""Settings, read once from the environment. The table in README.md lists each; a test holds the two together."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from marketplace.errors import BadSetting

SETTINGS = {
    "DATABASE_URL": "PostgreSQL address of the application role; unset = the embedded server in the data folder",
    "OWNER_DATABASE_URL": "PostgreSQL address of the owner role, used by `marketplace db` only; unset = DATABASE_URL",
    "MARKETPLACE_DATA": "data folder: embedded database, secret key; default ./data",
    "MARKETPLACE_SECRET_KEY": "signs cookies, 32 characters or more; unset = made once and kept in the data folder",
    "MARKETPLACE_PLAIN_HTTP": "1 = cookies also over http, for 127.0.0.1 only; default 0",
}


@dataclass(frozen=True, slots=True)
class Config:
    """What the product was told. `database_url` is None when the embedded server is to be used."""

    data: Path
    database_url: str | None = None
    owner_database_url: str | None = None
    secret_key: str | None = None
    is_plain_http: bool = False


def from_environment() -> Config:
    """Read the settings; raises BadSetting that names the setting and the remedy."""
    plain = os.environ.get("MARKETPLACE_PLAIN_HTTP", "0")
    if plain not in {"0", "1"}:
        raise BadSetting("MARKETPLACE_PLAIN_HTTP", "is neither 0 nor 1", "set it to 1, or remove it")
    key = os.environ.get("MARKETPLACE_SECRET_KEY")
    if key is not None and len(key) < 32:
        raise BadSetting("MARKETPLACE_SECRET_KEY", "is shorter than 32 characters", "use a longer random text")
    return Config(
        data=Path(os.environ.get("MARKETPLACE_DATA", "data")).expanduser().absolute(),
        database_url=_postgresql("DATABASE_URL"),
        owner_database_url=_postgresql("OWNER_DATABASE_URL"),
        secret_key=key,
        is_plain_http=plain == "1",
    )


def _postgresql(name: str) -> str | None:
    url = os.environ.get(name)
    if not url:
        return None
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise BadSetting(name, "is not a PostgreSQL address", "write postgresql://user:password@host/database")
    return f"postgresql+psycopg://{rest}"


def secret_key(config: Config) -> str:
    """The key that signs cookies: as set, or made once and kept, readable by the owner only, in the data folder."""
    if config.secret_key:
        return config.secret_key
    config.data.mkdir(parents=True, exist_ok=True)
    path = config.data / "secret.key"
    if not path.exists():
        with NamedTemporaryFile("w", dir=config.data) as file:  # readable by the owner only
            file.write(secrets.token_urlsafe(48))
            file.flush()
            with suppress(FileExistsError):  # of processes that start at once, the first one's holds, and it is whole
                os.link(file.name, path)
    return path.read_text().strip()
