"""What is sealed opens where it was sealed, by who has the key, and nowhere else."""

import base64
import os
import re
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, LargeBinary, inspect, text

from marketplace import db, embedded, sealing
from marketplace.app import create_app
from marketplace.config import Config, encryption_keys, from_environment, new_encryption_key
from marketplace.db import transaction
from marketplace.errors import BadSetting
from marketplace.models import Base, Document, Identity, now
from marketplace.models.sealed import sealed_columns
from marketplace.permissions import SYSTEM
from marketplace.services.documents import remove_document
from marketplace.services.keys import reseal
from tests import builders, commissioning
from tests.cli.test_operator import refused, run

OLD, NEW = bytes(32), bytes(range(32))


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    sealing.configure([NEW])
    yield
    sealing.configure(builders.ENCRYPTION_KEYS)


@given(content=st.binary(max_size=200))
def test_what_is_sealed_is_opened_unchanged_and_looks_different_each_time(content: bytes) -> None:
    first, second = sealing.seal(content, "here"), sealing.seal(content, "here")
    assert sealing.unseal(first, "here") == sealing.unseal(second, "here") == content
    assert first != second
    assert len(content) < 8 or content not in first


def test_one_changed_byte_anywhere_is_noticed() -> None:
    kept = sealing.seal(b"Pip Example", "here")
    for at in range(len(kept)):
        changed = kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :]
        with pytest.raises((sealing.NotGenuine, BadSetting)):
            sealing.unseal(changed, "here")
    for short in (b"", kept[:5], kept[:20], kept[:-1]):
        with pytest.raises(sealing.NotGenuine):
            sealing.unseal(short, "here")


def test_another_key_does_not_open_it_even_under_the_name_of_the_right_one() -> None:
    kept = sealing.seal(b"Pip Example", "here")
    sealing.configure([OLD])
    with pytest.raises(BadSetting, match=r"MARKETPLACE_ENCRYPTION_KEYS lacks the key [0-9a-f]{16}"):
        sealing.unseal(kept, "here")
    with pytest.raises(sealing.NotGenuine):
        sealing.unseal(sealing.label_of(OLD) + kept[sealing.LABEL_BYTES :], "here")


def test_the_newest_key_seals_and_the_older_ones_still_open() -> None:
    sealing.configure([OLD])
    kept = sealing.seal(b"Pip Example", "here")
    sealing.configure([NEW, OLD])
    assert sealing.unseal(kept, "here") == b"Pip Example"
    assert sealing.seal(b"", "here").startswith(sealing.label_of(NEW))


def test_a_value_that_is_moved_to_another_row_or_column_does_not_open() -> None:
    first = Identity(need_id=1, name="Pip Example", birth_date=date(2014, 3, 9), upn="B801200005001")
    second = Identity(need_id=2, name="Sam Example", birth_date=date(2013, 3, 9))
    second.sealed_name, first.sealed_family_view = first.sealed_name, first.sealed_upn
    for row, column in ((second, "name"), (first, "family_view")):
        with pytest.raises(sealing.NotGenuine):
            getattr(row, column)
    assert (first.name, first.birth_date, second.upn) == ("Pip Example", date(2014, 3, 9), None)
    one, other = (Document(need_id=1, name="plan.pdf", content=b"%PDF-") for _ in range(2))
    one.sealed_content = other.sealed_content  # of the same pupil
    other.need_id = 2  # the document of one pupil under another
    for row in (one, other):
        with pytest.raises(sealing.NotGenuine):
            assert row.content


def test_what_is_sealed_is_sealed_for_a_row_that_is_known() -> None:
    with pytest.raises(AssertionError, match="comes before"):
        Identity(name="Pip Example", need_id=1)


def test_of_who_a_pupil_is_nothing_stands_in_a_column_that_is_not_sealed() -> None:
    """A new column of these tables is sealed, or is named here with what it says."""
    plain = {
        "identities": {"need_id", "authority_id", "version"},
        "documents": {"id", "need_id", "authority_id", "kind", "size", "added_at", "added_by_id", "removed_at"},
    }
    sealed = {model.__tablename__: {each.name for each in columns} for model, columns in sealed_columns()}
    assert sealed.keys() == plain.keys()
    for table, names in plain.items():
        columns = Base.metadata.tables[table].columns
        assert set(columns.keys()) == names | sealed[table]
        assert all(isinstance(columns[name].type, LargeBinary) for name in sealed[table])


# ---- in the database

CANARIES = ("CanaryName", "2014-03-09", "B801200005001", "CanaryFamily", "CanaryChild", "CanaryFile", "CanaryContent")


def keep_a_pupil() -> tuple[int, int]:
    with transaction(SYSTEM) as session:
        need = builders.need(session, builders.authority(session), reference="Plain-1")
        said = {"family_view": "CanaryFamily", "child_view": "CanaryChild"}
        commissioning.identity(session, need, name="CanaryName", birth_date=date(2014, 3, 9), **said)
        content = commissioning.pdf("CanaryContent")
        return need.id, commissioning.document(session, need, name="CanaryFile.pdf", content=content).id


def everything(superuser: Engine) -> str:
    """Every row of every table as whoever holds the disk, or a dump, would read it; bytes as text too."""
    with superuser.connect() as connection:
        tables = sorted(inspect(connection).get_table_names())
        rows = [str(row) for table in tables for row in connection.scalars(text(f"SELECT t::text FROM {table} t"))]
    whole = "\n".join(rows)
    return whole + "".join(
        bytes.fromhex(found).decode(errors="replace") for found in re.findall(r"\\x([0-9a-f]+)", whole)
    )


def test_not_even_the_superuser_reads_who_a_pupil_is(database: Engine, cleaner: Engine) -> None:  # noqa: ARG001
    keep_a_pupil()
    read = everything(cleaner)
    assert "Plain-1" in read, "what is not sealed is read"
    with transaction(SYSTEM) as session:
        session.execute(text("UPDATE documents SET name = convert_to('Plain-2', 'UTF8')"))
    assert "Plain-2" in everything(cleaner), "nor would bytes hide anything by themselves"
    assert [canary for canary in CANARIES if canary in read] == []


def test_of_a_removed_document_neither_name_nor_content_is_left(database: Engine) -> None:  # noqa: ARG001
    _, document_id = keep_a_pupil()
    with transaction(SYSTEM) as session:
        remove_document(session, SYSTEM, document_id=document_id, at=now())
    with transaction(SYSTEM) as session:
        row = session.get_one(Document, document_id)
        assert (row.name, row.content) == ("", None)


def test_a_new_key_takes_over_and_the_old_one_can_go(database: Engine) -> None:  # noqa: ARG001
    sealing.configure([OLD])
    need_id, document_id = keep_a_pupil()
    sealing.configure([NEW, OLD])
    for expected in (1, 1, 0):
        with transaction(SYSTEM) as session:
            assert reseal(session, SYSTEM, at_most=1) == expected
    sealing.configure([NEW])
    with transaction(SYSTEM) as session:
        db.refuse_unless_opened(session)
        assert session.get_one(Identity, need_id).name == "CanaryName"
        assert b"CanaryContent" in (session.get_one(Document, document_id).content or b"")


# ---- at the start of every process


@pytest.mark.parametrize("table", ["identities", "documents"])
def test_no_process_starts_without_a_key_with_which_anything_is_sealed(
    database: Engine, cleaner: Engine, addresses: embedded.Addresses, tmp_path: Path, table: str
) -> None:
    keep_a_pupil()
    with cleaner.begin() as connection:
        connection.execute(text(f"DELETE FROM {table}"))  # what is left is noticed by itself
    about: dict[str, Any] = {"data": tmp_path, "database_url": addresses.application}
    for wrong in ((OLD,), ()):  # another key; or none, so that a new one is made
        with pytest.raises(BadSetting, match="lacks the key"):
            create_app(Config(**about, encryption_keys=wrong))
    app = create_app(Config(**about, encryption_keys=(OLD, NEW)))
    app.extensions["database"].dispose()
    db.configure(database)


def test_commands_and_the_worker_say_which_key_is_missing(
    database: Engine,  # noqa: ARG001
    addresses: embedded.Addresses,
    tmp_path: Path,
) -> None:
    keep_a_pupil()
    settings = {"DATABASE_URL": addresses.application, "OWNER_DATABASE_URL": addresses.owner}
    for command in (["worker", "--once"], ["organisations", "list"], ["serve", "--bind", "127.0.0.1:0"]):
        line = refused(*command, data=tmp_path, **settings)
        assert f"lacks the key {sealing.label_of(NEW)[1:].hex()}" in line
    right = base64.b64encode(NEW).decode()
    answer = run(
        "keys", "reseal", data=tmp_path, **settings, MARKETPLACE_ENCRYPTION_KEYS=f"{new_encryption_key()},{right}"
    )
    assert answer.stdout == "Sealed anew: 2 rows. Every other key can be taken out.\n", answer


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    config = Config(data=tmp_path)
    (key,) = encryption_keys(config)
    assert (len(key), encryption_keys(config)) == (32, (key,))
    path = tmp_path / "encryption.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text(f"{new_encryption_key()}\n{path.read_text()}\n")
    assert encryption_keys(config)[1:] == (key,)
    assert "encryption_keys" not in repr(config), "no key is printed with the settings"


@pytest.mark.parametrize("kept", ["", "nonsense!", base64.b64encode(bytes(31)).decode()])
def test_a_file_that_holds_no_key_is_told(tmp_path: Path, kept: str) -> None:
    (tmp_path / "encryption.key").write_text(kept)
    with pytest.raises(BadSetting, match=r"holds no keys in .*encryption\.key: put the file back"):
        encryption_keys(Config(data=tmp_path))


def test_keys_of_the_environment_are_read_newest_first_and_told_when_they_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = os.urandom(32), os.urandom(32)
    texts = (base64.b64encode(first).decode(), base64.urlsafe_b64encode(second).decode())
    monkeypatch.setenv("MARKETPLACE_ENCRYPTION_KEYS", ", ".join(texts))
    assert from_environment().encryption_keys == (first, second)
    for wrong in ("nonsense!", texts[0][:-4], f"{texts[0]},short"):
        monkeypatch.setenv("MARKETPLACE_ENCRYPTION_KEYS", wrong)
        with pytest.raises(BadSetting, match=r"not 32 bytes in base64: make keys with `marketplace keys new`") as told:
            from_environment()
        assert wrong not in str(told.value)
