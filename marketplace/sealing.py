"""Sealing: what nobody may read in the database, in its backups or its logs is encrypted before it gets there.

AES-256-GCM. A sealed value is a version byte, the id of its key, a random nonce, and the ciphertext with its tag. Where
it stands (table, column and row) is authenticated with it: moved elsewhere, or changed by one bit, it does not open.
It must never log or keep what it opens.
"""

import hashlib
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marketplace.errors import BadSetting

SETTING = "MARKETPLACE_ENCRYPTION_KEYS"
KEY_BYTES = 32
VERSION = b"\x01"
NONCE_BYTES = 12
LABEL_BYTES = 9  # of a sealed value: the version, and eight of the key's id

_keys: dict[bytes, AESGCM] = {}  # by label, the newest first


class NotGenuine(Exception):
    """What was sealed has been changed, or moved, since."""


def configure(keys: Iterable[bytes]) -> None:
    """Say with which keys this process works, the newest first: that one seals, each opens what it has sealed."""
    found = {label_of(key): AESGCM(key) for key in keys}
    _keys.clear()
    _keys.update(found)


def label_of(key: bytes) -> bytes:
    """What a value that is sealed with this key begins with. It tells keys apart and nothing of the key itself."""
    return VERSION + hashlib.sha256(b"marketplace key " + key).digest()[: LABEL_BYTES - 1]


def labels() -> tuple[bytes, ...]:
    """The labels of the keys of this process, the newest first."""
    return tuple(_keys)


def seal(content: bytes, place: str) -> bytes:
    """The content, sealed with the newest key for the one place where it is to stand ("identities.name.7")."""
    label = next(iter(_keys))
    nonce = secrets.token_bytes(NONCE_BYTES)
    return label + nonce + _keys[label].encrypt(nonce, content, label + place.encode())


def unseal(sealed: bytes, place: str) -> bytes:
    """What was sealed for this place. Raises NotGenuine, or BadSetting where its key is not among those configured."""
    label, nonce, content = (
        sealed[:LABEL_BYTES],
        sealed[LABEL_BYTES : LABEL_BYTES + NONCE_BYTES],
        sealed[LABEL_BYTES + NONCE_BYTES :],
    )
    if label[:1] != VERSION or len(nonce) < NONCE_BYTES:
        raise NotGenuine(place)
    if label not in _keys:
        raise lacks(label)
    try:
        return _keys[label].decrypt(nonce, content, label + place.encode())
    except InvalidTag as error:
        raise NotGenuine(place) from error


def lacks(label: bytes) -> BadSetting:
    """The error of a key that is missing, or of another in its place."""
    words = f"lacks the key {label[1:].hex()}, with which data are sealed"
    return BadSetting(SETTING, words, "put it back: it was in this setting, or in encryption.key in the data folder")
