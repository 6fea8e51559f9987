"""A real mail server on loopback, which takes mail, refuses it, is slow, or asks for TLS and a password."""

import email
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from marketplace.config import Mail, Security

SENDER = "Marketplace <marketplace@example.org>"
PAGES = "https://marketplace.example.org"


@dataclass
class Handler:
    """What the server does with mail: answers by `rcpt` and `data`, one code for each time, then 250."""

    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    wait: float = 0.0
    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    was_secure: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.wait:
            time.sleep(self.wait)
        if self.data:
            return self.data.pop(0)
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.taken.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.to.append(list(envelope.rcpt_tos))
        self.was_secure.append(session.ssl is not None)
        return "250 OK"

    def texts(self) -> list[str]:
        """Each message as a person reads it: subject and body."""
        return [f"{each['Subject']}\n\n{each.get_content()}".replace("\r\n", "\n") for each in self.taken]


@dataclass
class Server:
    """Where the server listens, and what it has taken."""

    handler: Handler
    port: int

    def mail(self, security: Security = Security.NONE, **fields: Any) -> Mail:
        fields = {"host": "127.0.0.1", "port": self.port, "sender": SENDER, "pages": PAGES, **fields}
        return Mail(security=security, **fields)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def password_is(user: bytes, password: bytes) -> Any:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:  # noqa: ARG001
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
        return AuthResult(success=is_right, handled=False)

    return authenticate


@contextmanager
def running(handler: Handler | None = None, *, is_tls: bool = False, **options: Any) -> Iterator[Server]:
    """A server on a port of its own, for the length of a block."""
    handler = handler or Handler()
    port = options.pop("port", None) or free_port()
    context = options.pop("ssl_context", None) if is_tls else None
    controller = Controller(handler, hostname="127.0.0.1", port=port, ssl_context=context, **options)
    controller.start()
    try:
        yield Server(handler, port)
    finally:
        controller.stop()


def certificate(folder: Path, *, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for the host, signed by itself, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    at = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain = folder / f"{host}.pem"
    private = folder / f"{host}.key"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, chain
