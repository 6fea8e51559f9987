"""Mail by SMTP: one message made as mail that a machine sends, and handed to the server, over TLS where that is asked
for and never without.

It knows no tables. What goes wrong is told by codes, never by an address or by the server's own words.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import urlsplit

from marketplace.config import Mail, Security

TIMEOUT = 15.0  # seconds for each answer of the server
PERMANENT = range(500, 600)


class NotSent(Exception):
    """A message was not taken; the text is a code and may be kept."""


class PutOff(NotSent):
    """Not now, or for a reason that is the operator's to put right: worth trying again."""


class Refused(NotSent):
    """This message to this address the server will never take."""


def compose(mail: Mail, *, to: str, name: str, subject: str, body: str, key: str, at: datetime) -> EmailMessage:
    """A message in plain text, marked as sent by a machine. The same `key` gives the same Message-ID: where it is sent
    twice, mail programs can tell. Raises Refused for an address that is none."""
    message = EmailMessage()
    message["From"] = mail.sender
    try:
        message["To"] = Address(one_line(name), addr_spec=to)
    except (ValueError, IndexError) as error:  # how an address that is none is told
        raise Refused("no address") from error
    message["Subject"] = one_line(subject)
    message["Date"] = at
    message["Message-ID"] = f"<{key}@{_host(mail)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it by itself
    message["X-Auto-Response-Suppress"] = "All"  # the same, for Exchange
    message.set_content(body, charset="utf-8", cte="quoted-printable")
    return message


def one_line(text: str) -> str:
    """Text without line ends and what else is not shown: nothing that somebody typed begins a line of its own."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def send(mail: Mail, message: EmailMessage) -> None:
    """Hand a message to the server. Raises PutOff or Refused."""
    try:
        with _connected(mail) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        raise _answered(code, "to the address") from None
    except smtplib.SMTPDataError as error:
        raise _answered(error.smtp_code, "to the message") from None
    except smtplib.SMTPNotSupportedError:
        raise PutOff("the server does not offer what the settings or the address ask for") from None
    except smtplib.SMTPResponseException as error:  # to our greeting, TLS, password or sender: the operator's to mend
        raise PutOff(f"the server answered {error.smtp_code} to the marketplace") from None
    except ssl.SSLCertVerificationError:
        raise PutOff("the server's certificate is not trusted") from None
    except (OSError, smtplib.SMTPException) as error:
        raise PutOff(f"no connection: {type(error).__name__}") from None


@contextmanager
def _connected(mail: Mail) -> Iterator[smtplib.SMTP]:
    trusted = ssl.create_default_context()
    at = (mail.host, mail.port, _host(mail))
    if mail.security is Security.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(*at, timeout=TIMEOUT, context=trusted)
    else:
        server = smtplib.SMTP(*at, timeout=TIMEOUT)
    try:
        if mail.security is Security.STARTTLS:
            server.starttls(context=trusted)
        if mail.user is not None:
            server.login(mail.user, mail.password or "")
        yield server
        with suppress(OSError, smtplib.SMTPException):  # it has the message: how it takes leave changes nothing
            server.quit()
    finally:
        server.close()


def _answered(code: int, what: str) -> NotSent:
    return (Refused if code in PERMANENT else PutOff)(f"the server answered {code} {what}")


def _host(mail: Mail) -> str:
    host = urlsplit(mail.pages).hostname
    assert host is not None
    return host
