"""Hands a message to an SMTP server (RFC 5321). Blocking: call it from a thread."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import msgspec

from tallylight.foundation.errors import InvalidInputError, UnavailableError

ANSWER_S = 20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Send = Callable[[EmailMessage], None]
"""``send``, given its server."""


class RefusedForGoodError(UnavailableError):
    """The server will not take this message, now or later (RFC 5321 section 4.2.1: 5yz)."""

    code = "mail_refused"


class SmtpServer(msgspec.Struct, frozen=True):
    """Where mail goes. ``implicit_tls``: TLS from the first byte; else STARTTLS, which only a server of this machine
    may do without.
    """

    host: str
    port: int
    implicit_tls: bool
    user: str
    password: str


def smtp_server(url: str) -> SmtpServer:
    """``smtp://user:password@host:587`` or ``smtps://…:465``. Raises InvalidInputError."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise InvalidInputError("TALLYLIGHT_SMTP_URL is like smtp://user:password@mail.example.com:587")
    implicit = parts.scheme == "smtps"
    port = parts.port or (465 if implicit else 587)
    return SmtpServer(parts.hostname, port, implicit, unquote(parts.username or ""), unquote(parts.password or ""))


def send(server: SmtpServer, message: EmailMessage) -> None:
    """Raises UnavailableError when it may work later, RefusedForGoodError when it never will."""
    context = ssl.create_default_context()
    try:
        if server.implicit_tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=ANSWER_S, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=ANSWER_S)
        with client:
            client.ehlo()
            if not server.implicit_tls:
                _begin_tls(client, server, context)
            if server.user:
                client.login(server.user, server.password)
            client.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        if _for_good(error):
            raise RefusedForGoodError("the mail server refused the message") from error
        raise UnavailableError("the mail server did not take the message") from error
    except (OSError, smtplib.SMTPException) as error:
        raise UnavailableError("the mail server did not answer") from error


def _begin_tls(client: smtplib.SMTP, server: SmtpServer, context: ssl.SSLContext) -> None:
    if client.has_extn("starttls"):
        client.starttls(context=context)
        client.ehlo()
    elif server.host not in _LOOPBACK:
        raise UnavailableError("the mail server offers no TLS; buyers' addresses are not sent in the clear")


def _for_good(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= 500
