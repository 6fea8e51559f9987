"""Mail through a real server on loopback: what travels, over what, and what is told when it does not."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from marketplace import mail
from marketplace.config import Mail, Security
from tests import mail_server
from tests.mail_server import Handler, running

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
INJECTIONS = [
    "A\r\nBcc: everybody@example.org",
    "A\nSubject: Other",
    "A\r\n\r\nOther body",
    "A\x0bBcc: x@example.org\x85\u2028Bcc: x@example.org",
    '"A" <everybody@example.org>, B',
    "A\u202e\u200bB\x00",
]


def written(settings: Mail, **fields: Any) -> EmailMessage:
    fields = {
        "to": "person@example.org", "name": "A Person", "subject": "Consultation 7", "body": "Words.\n", "key": "7.1",
        "at": AT, **fields,
    }  # fmt: skip
    return mail.compose(settings, **fields)


def body(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def test_a_message_arrives_as_it_was_written_and_says_that_a_machine_sent_it() -> None:
    with running() as server:
        settings = server.mail()
        mail.send(settings, written(settings, body="Zoë’s place at Ŵyddgrug: £1.\n" + "long " * 400 + "\n.\nend\n"))
    (found,) = server.handler.taken
    assert server.handler.to == [["person@example.org"]]
    assert dict(found.items()) | {"MIME-Version": "", "Content-Transfer-Encoding": ""} == {
        "From": "Marketplace <marketplace@example.org>",
        "To": "A Person <person@example.org>",
        "Subject": "Consultation 7",
        "Date": "Mon, 30 Nov 2026 10:00:00 +0000",
        "Message-ID": "<7.1@marketplace.example.org>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Type": 'text/plain; charset="utf-8"',
        "MIME-Version": "",
        "Content-Transfer-Encoding": "",
    }
    assert body(found) == "Zoë’s place at Ŵyddgrug: £1.\n" + "long " * 400 + "\n.\nend\n"
    assert max(len(line) for line in server.handler.raw[0].splitlines()) <= 998


def test_a_name_in_any_script_arrives() -> None:
    with running() as server:
        settings = server.mail(sender='"Märktplatz, the" <marketplace@example.org>')
        mail.send(settings, written(settings, name="Zoë Ŵright, 李"))
    (found,) = server.handler.taken
    assert found["To"].addresses[0].display_name == "Zoë Ŵright, 李"
    assert found["From"].addresses[0].display_name == "Märktplatz, the"
    assert server.handler.raw[0].isascii()


@pytest.mark.parametrize("typed", INJECTIONS)
def test_what_somebody_typed_begins_no_header_and_adds_nobody(typed: str) -> None:
    with running() as server:
        settings = server.mail()
        clean = written(settings)
        mail.send(settings, written(settings, name=typed, subject=typed))
    (found,) = server.handler.taken
    assert server.handler.to == [["person@example.org"]]
    assert {name for name, _ in found.items()} == {name for name, _ in clean.items()}
    assert [address.addr_spec for address in found["To"].addresses] == ["person@example.org"]
    assert str(found["Subject"]).isprintable()
    assert found["To"].addresses[0].display_name.isprintable()
    assert body(found) == "Words.\n"


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "zoë@example.org", "a@b c"])
def test_an_address_that_is_none_is_refused_before_it_travels(address: str) -> None:
    with running() as server, pytest.raises(mail.Refused, match="no address"):
        written(server.mail(), to=address)


# --- what the server says ---


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        ({"rcpt": ["451 greylisted, person@example.org"]}, mail.PutOff, "the server answered 451 to the address"),
        ({"rcpt": ["550 no such person@example.org"]}, mail.Refused, "the server answered 550 to the address"),
        ({"data": ["452 full"]}, mail.PutOff, "the server answered 452 to the message"),
        ({"data": ["554 looks like spam"]}, mail.Refused, "the server answered 554 to the message"),
    ],
)
def test_a_server_that_says_no_is_told_by_its_code(answers: dict[str, Any], kind: type[Exception], words: str) -> None:
    with running(Handler(**answers)) as server:
        settings = server.mail()
        with pytest.raises(kind) as refused:
            mail.send(settings, written(settings))
        assert str(refused.value) == words
        mail.send(settings, written(settings))
    assert len(server.handler.taken) == 1


def test_a_server_that_is_down_is_told() -> None:
    settings = mail_server.Server(Handler(), mail_server.free_port()).mail()
    with pytest.raises(mail.PutOff, match=r"^no connection: ConnectionRefusedError$"):
        mail.send(settings, written(settings))


def test_a_server_that_does_not_answer_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    with running(Handler(wait=0.6)) as server:
        settings = server.mail()
        with pytest.raises(mail.PutOff, match=r"^no connection: "):
            mail.send(settings, written(settings))


def test_how_the_server_takes_leave_changes_nothing() -> None:
    class Rude(Handler):
        async def handle_QUIT(self, server: Any, *_: Any) -> str:  # noqa: N802
            server.transport.abort()
            return "221 bye"

    with running(Rude()) as server:
        settings = server.mail()
        mail.send(settings, written(settings))
    assert len(server.handler.taken) == 1


# --- TLS and the password ---


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server's context whose certificate, for localhost, this process trusts."""
    context, chain = mail_server.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    return context


def signing_in(**fields: Any) -> dict[str, Any]:
    return {"host": "localhost", "user": "market", "password": "p@ss word", **fields}


def test_mail_travels_over_starttls_with_a_password(trusted: Any) -> None:
    asked = {"tls_context": trusted, "require_starttls": True, "auth_required": True, "auth_exclude_mechanism": []}
    known = mail_server.password_is(b"market", b"p@ss word")
    with running(authenticator=known, **asked) as server:
        settings = server.mail(Security.STARTTLS, **signing_in())
        mail.send(settings, written(settings))
        assert server.handler.was_secure == [True]
        wrong = server.mail(Security.STARTTLS, **signing_in(password="other"))
        with pytest.raises(mail.PutOff, match=r"^the server answered 535 to the marketplace$"):
            mail.send(wrong, written(wrong))


def test_mail_travels_over_tls_from_the_first_byte(trusted: Any) -> None:
    with running(is_tls=True, ssl_context=trusted) as server:
        settings = server.mail(Security.TLS, host="localhost")
        mail.send(settings, written(settings))
    assert len(server.handler.taken) == 1


def test_where_tls_is_asked_for_nothing_travels_without() -> None:
    with running() as server:
        settings = server.mail(Security.STARTTLS)
        with pytest.raises(mail.PutOff, match="does not offer"):
            mail.send(settings, written(settings))
    assert server.handler.taken == []


def test_where_the_server_asks_for_tls_and_the_settings_do_not_that_is_told(trusted: Any) -> None:
    with running(tls_context=trusted, require_starttls=True) as server:
        settings = server.mail()
        with pytest.raises(mail.PutOff, match=r"^the server answered 530 to the marketplace$"):
            mail.send(settings, written(settings))


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, security: Security) -> None:
    context, _ = mail_server.certificate(tmp_path)
    is_tls = security is Security.TLS
    options = {"ssl_context": context} if is_tls else {"tls_context": context}
    with running(is_tls=is_tls, **options) as server:
        settings = server.mail(security, host="localhost")
        with pytest.raises(mail.PutOff, match="certificate is not trusted"):
            mail.send(settings, written(settings))
    assert server.handler.taken == []


def test_a_certificate_for_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, chain = mail_server.certificate(tmp_path, host="other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    with running(tls_context=context) as server:
        settings = server.mail(Security.STARTTLS, host="localhost")
        with pytest.raises(mail.PutOff, match="certificate is not trusted"):
            mail.send(settings, written(settings))
