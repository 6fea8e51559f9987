"""Settings that a process finds for itself."""

import secrets
import stat
from pathlib import Path

import pytest

from marketplace.config import Config, secret_key


def test_the_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = secret_key(Config(data=tmp_path))
    assert len(key) >= 32
    assert secret_key(Config(data=tmp_path)) == key
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_sign_with_the_same_whole_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found when half of the pages of a fresh demonstration failed: one of its two web processes had read the file
    between its making and its filling, and signed with nothing.
    """
    draw, others = secrets.token_urlsafe, []

    def drawn_while_another_process_starts(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", draw)
        others.append(secret_key(Config(data=tmp_path)))
        return draw(size)

    monkeypatch.setattr(secrets, "token_urlsafe", drawn_while_another_process_starts)
    own = secret_key(Config(data=tmp_path))
    assert others == [own]
    assert len(own) >= 32
