"""Settings that a process finds for itself."""

import secrets
import stat
from pathlib import Path

import pytest

from marketplace.config import Config, Mail, Security, from_environment, secret_key
from marketplace.errors import BadSetting


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


# --- the mail server ---


def mail_of(monkeypatch: pytest.MonkeyPatch, smtp: str, **others: str) -> Mail | None:
    settings = {
        "MARKETPLACE_SMTP": smtp,
        "MARKETPLACE_MAIL_FROM": "Marketplace <marketplace@example.org>",
        "MARKETPLACE_ADDRESS": "https://marketplace.example.org",
        **others,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return from_environment().mail


@pytest.mark.parametrize(
    ("smtp", "security", "port"),
    [
        ("smtp://mail.example.org", Security.NONE, 25),
        ("starttls://mail.example.org", Security.STARTTLS, 587),
        ("smtps://mail.example.org/", Security.TLS, 465),
        ("starttls://mail.example.org:2525", Security.STARTTLS, 2525),
    ],
)
def test_a_mail_server_is_named_by_scheme_host_and_port(
    monkeypatch: pytest.MonkeyPatch, smtp: str, security: Security, port: int
) -> None:
    mail = mail_of(monkeypatch, smtp, MARKETPLACE_ADDRESS="https://marketplace.example.org/send/")
    assert mail is not None
    assert (mail.security, mail.host, mail.port, mail.user) == (security, "mail.example.org", port, None)
    assert (mail.sender, mail.pages) == (
        "Marketplace <marketplace@example.org>",
        "https://marketplace.example.org/send",
    )


def test_a_password_may_hold_any_character_that_is_written_as_in_addresses_and_is_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = mail_of(monkeypatch, "starttls://us%40er:p%3Ass%2Fw%40rd@mail.example.org")
    assert mail is not None
    assert (mail.user, mail.password) == ("us@er", "p:ss/w@rd")
    assert "p:ss" not in repr(mail)


def test_no_mail_server_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mail_of(monkeypatch, "", MARKETPLACE_MAIL_FROM="", MARKETPLACE_ADDRESS="") is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"smtp": "mail.example.org"}, "MARKETPLACE_SMTP is not the address of a mail server"),
        ({"smtp": "http://mail.example.org"}, "is not the address of a mail server"),
        ({"smtp": "smtp://"}, "is not the address of a mail server"),
        ({"smtp": "smtp://mail.example.org:port"}, "is not the address of a mail server"),
        ({"smtp": "smtp://mail.example.org:0"}, "is not the address of a mail server"),
        ({"smtp": "smtp://mail.example.org/inbox"}, "is not the address of a mail server"),
        ({"smtp": "smtp://mail.example.org\n"}, "is not the address of a mail server"),
        ({"smtp": "starttls://user@mail.example.org"}, "has a user without a password"),
        ({"smtp": "starttls://user:pässword@mail.example.org"}, "that mail servers do not understand"),
        ({"smtp": "smtp://user:secret@mail.example.org"}, "would send its password in clear"),
        ({"MARKETPLACE_MAIL_FROM": ""}, "MARKETPLACE_MAIL_FROM is no name and address"),
        ({"MARKETPLACE_MAIL_FROM": "nobody"}, "is no name and address"),
        ({"MARKETPLACE_MAIL_FROM": '"a\r\nb" <a@example.org>'}, "is no name and address"),
        ({"MARKETPLACE_ADDRESS": ""}, "MARKETPLACE_ADDRESS is not where people reach the pages"),
        ({"MARKETPLACE_ADDRESS": "marketplace.example.org"}, "is not where people reach the pages"),
        ({"MARKETPLACE_ADDRESS": "https://user:secret@example.org"}, "is not where people reach the pages"),
        ({"MARKETPLACE_ADDRESS": "http://marketplace.example.org"}, "is not secured"),
    ],
)
def test_what_cannot_be_used_for_mail_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], words: str
) -> None:
    with pytest.raises(BadSetting) as refused:
        mail_of(monkeypatch, **{"smtp": "smtp://127.0.0.1:25", **settings})
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_mail_server_on_this_machine_needs_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {"MARKETPLACE_ADDRESS": "http://127.0.0.1:8000"}
    assert mail_of(monkeypatch, "smtp://user:secret@127.0.0.1", **local) is not None
