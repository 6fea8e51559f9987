"""Settings, read once from the environment. The table in README.md lists each; a test holds the two together."""

import base64
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from marketplace.errors import BadSetting

SHORTEST_KEY = 32  # characters
ENCRYPTION_KEY = 32  # bytes
UNREGISTERED_PREFIX = "ocds-000000"  # of open contracting identifiers: registered to nobody

SETTINGS = {
    "DATABASE_URL": "PostgreSQL address of the application role; unset = the embedded server in the data folder",
    "OWNER_DATABASE_URL": "PostgreSQL address of the owner role, used to migrate only; unset = DATABASE_URL",
    "MARKETPLACE_DATA": "data folder: embedded database, keys; default ./data",
    "MARKETPLACE_SECRET_KEY": "signs cookies, 32 characters or more; unset = made once and kept in the data folder",
    "MARKETPLACE_ENCRYPTION_KEYS": (
        "seal who pupils are: one or more keys of `marketplace keys new`, newest first, commas between; unset = made"
        " once and kept in the data folder"
    ),
    "MARKETPLACE_PLAIN_HTTP": "1 = cookies also over http, for 127.0.0.1 only; default 0",
    "MARKETPLACE_PROXIES": "how many proxies stand before the pages and add to X-Forwarded-For, 0 to 9; default 0",
    "MARKETPLACE_SMTP": "mail server: smtp, starttls or smtps://user:password@host:port; unset = mail stays queued",
    "MARKETPLACE_MAIL_FROM": "who mail is from, as Marketplace <marketplace@example.org>; needed with MARKETPLACE_SMTP",
    "MARKETPLACE_OCID_PREFIX": (
        "begins the identifiers of open contracting data, as registered with the standard; default ocds-000000, which"
        " is registered to nobody"
    ),
    "MARKETPLACE_ADDRESS": "where people reach the pages, for links in mail; needed with MARKETPLACE_SMTP",
}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Security(StrEnum):
    """How the way to the mail server is secured, by the scheme of MARKETPLACE_SMTP; its value is that scheme."""

    NONE = "smtp"
    STARTTLS = "starttls"
    TLS = "smtps"


PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class Mail:
    """Through which server mail goes, from whom, and the address of the pages that it leads to."""

    security: Security
    host: str
    port: int
    sender: str  # a name and an address, as the From header has it
    pages: str  # without a slash at its end
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """What the product was told. `database_url` is None when the embedded server is to be used."""

    data: Path
    database_url: str | None = None
    owner_database_url: str | None = None
    secret_key: str | None = None
    encryption_keys: tuple[bytes, ...] = field(default=(), repr=False)
    is_plain_http: bool = False
    proxies: int = 0
    mail: Mail | None = None  # None: there is no mail server, and mail stays queued
    ocid_prefix: str = UNREGISTERED_PREFIX


def from_environment() -> Config:
    """Read the settings; raises BadSetting that names the setting and the remedy."""
    plain = os.environ.get("MARKETPLACE_PLAIN_HTTP", "0")
    if plain not in {"0", "1"}:
        raise BadSetting("MARKETPLACE_PLAIN_HTTP", "is neither 0 nor 1", "set it to 1, or remove it")
    proxies = os.environ.get("MARKETPLACE_PROXIES", "0")
    if not re.fullmatch("[0-9]", proxies):
        raise BadSetting("MARKETPLACE_PROXIES", "is not a number from 0 to 9", "count the proxies, or remove it")
    key = os.environ.get("MARKETPLACE_SECRET_KEY")
    if key is not None and len(key) < SHORTEST_KEY:
        words = f"is shorter than {SHORTEST_KEY} characters"
        raise BadSetting("MARKETPLACE_SECRET_KEY", words, "use a longer random text")
    return Config(
        data=Path(os.environ.get("MARKETPLACE_DATA", "data")).expanduser().absolute(),
        database_url=_postgresql("DATABASE_URL"),
        owner_database_url=_postgresql("OWNER_DATABASE_URL"),
        secret_key=key,
        encryption_keys=_encryption_keys(os.environ.get("MARKETPLACE_ENCRYPTION_KEYS", "")),
        is_plain_http=plain == "1",
        proxies=int(proxies),
        mail=_mail(),
        ocid_prefix=_ocid_prefix(),
    )


def _ocid_prefix() -> str:
    prefix = os.environ.get("MARKETPLACE_OCID_PREFIX") or UNREGISTERED_PREFIX
    if not re.fullmatch("ocds-[a-z0-9]{6}", prefix):
        raise BadSetting("MARKETPLACE_OCID_PREFIX", "is no prefix", "write it as it was registered, like ocds-1a2b3c")
    return prefix


def _mail() -> Mail | None:
    url = os.environ.get("MARKETPLACE_SMTP")
    if not url:
        return None
    name, form = "MARKETPLACE_SMTP", "write starttls://user:password@host:587, or smtps or smtp"
    parts = _split(url)
    if parts is None or parts.scheme not in PORTS or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadSetting(name, "is not the address of a mail server", form)
    security = Security(parts.scheme)
    if (parts.username is None) != (parts.password is None):
        raise BadSetting(name, "has a user without a password, or a password without a user", form)
    assert parts.hostname is not None
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    if not f"{user}{password}".isascii():
        raise BadSetting(name, "has a user or a password that mail servers do not understand", "use ASCII characters")
    if user is not None and security is Security.NONE and parts.hostname not in LOOPBACK:
        raise BadSetting(name, "would send its password in clear", "write starttls:// or smtps:// instead of smtp://")
    return Mail(
        security=security,
        host=parts.hostname,
        port=parts.port or PORTS[security],
        sender=_sender(),
        pages=_pages(),
        user=user,
        password=password,
    )


def _sender() -> str:
    name = "MARKETPLACE_MAIL_FROM"
    try:
        words, address = parseaddr(os.environ.get(name, ""))
        return str(Address(words, addr_spec=address))
    except (ValueError, IndexError) as error:  # how an address that is none is told
        raise BadSetting(name, "is no name and address", "write Marketplace <marketplace@example.org>") from error


def _pages() -> str:
    name = "MARKETPLACE_ADDRESS"
    parts = _split(os.environ.get(name, ""))
    if parts is None or parts.scheme not in {"https", "http"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadSetting(name, "is not where people reach the pages", "write https://marketplace.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadSetting(name, "is not secured", "write https:// instead of http://")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _split(url: str) -> SplitResult | None:
    """The parts of an address that names a host; None where it is none, or has what no header may have."""
    try:
        parts = urlsplit(url)
        is_good = parts.hostname is not None and parts.port != 0  # reading the port raises, where it is no number
    except ValueError:
        return None
    return parts if is_good and url.isprintable() and " " not in url else None


def _postgresql(name: str) -> str | None:
    url = os.environ.get(name)
    if not url:
        return None
    scheme, separator, rest = url.partition("://")
    address = f"postgresql+psycopg://{rest}"
    if not separator or scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not _is_address(address):
        raise BadSetting(name, "is not a PostgreSQL address", "write postgresql://user:password@host/database")
    return address


def _is_address(url: str) -> bool:
    try:
        make_url(url)
    except (ArgumentError, ValueError):  # ValueError comes from a port that is no number
        return False
    return True


def secret_key(config: Config) -> str:
    """The key that signs cookies: as set, or made once and kept, readable by the owner only, in the data folder.

    Raises BadSetting when the folder cannot be used or what is kept there is no key."""
    if config.secret_key:
        return config.secret_key
    key, path = _kept(config, "secret", lambda: secrets.token_urlsafe(48))
    if len(key) < SHORTEST_KEY:
        raise BadSetting("MARKETPLACE_DATA", f"holds no key in {path}", "delete that file; a new key is then made")
    return key


def encryption_keys(config: Config) -> tuple[bytes, ...]:
    """The keys that seal who pupils are, the newest first: as set, or one made once and kept in the data folder.

    Raises BadSetting when the folder cannot be used or what is kept there are no keys."""
    if config.encryption_keys:
        return config.encryption_keys
    text, path = _kept(config, "encryption", new_encryption_key)
    try:
        if keys := _decoded(text):
            return keys
        raise ValueError
    except ValueError as error:
        remedy = "put the file back from its backup; only where nothing is sealed yet, delete it"
        raise BadSetting("MARKETPLACE_DATA", f"holds no keys in {path}", remedy) from error


def new_encryption_key() -> str:
    """A new key, as the setting and the file hold it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(ENCRYPTION_KEY)).decode()


def _encryption_keys(text: str) -> tuple[bytes, ...]:
    try:
        return _decoded(text)
    except ValueError as error:
        words = f"holds a key that is not {ENCRYPTION_KEY} bytes in base64"
        raise BadSetting("MARKETPLACE_ENCRYPTION_KEYS", words, "make keys with `marketplace keys new`") from error


def _decoded(text: str) -> tuple[bytes, ...]:
    texts = [each.replace("-", "+").replace("_", "/") for each in re.split(r"[\s,]+", text) if each]
    keys = tuple(base64.b64decode(each, validate=True) for each in texts)
    if any(len(key) != ENCRYPTION_KEY for key in keys):
        raise ValueError
    return keys


def _kept(config: Config, name: str, made: Callable[[], str]) -> tuple[str, Path]:
    """What the file of a key holds, and where it is; made where there is none."""
    path = config.data / f"{name}.key"
    try:
        if not path.exists():
            _make_file(path, made)
        return path.read_text().strip(), path
    except OSError as error:
        words = f"names a folder that cannot hold the {name} key ({error.strerror})"
        raise BadSetting("MARKETPLACE_DATA", words, "name one that can be written") from error


def _make_file(path: Path, made: Callable[[], str]) -> None:
    """Write the key whole under another name first: of two processes one wins, and neither reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # readable by the owner only
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(made())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
