"""The address of a destination: ``rtmp[s]://host[:port]/app`` and a stream key, kept apart because one is secret."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tallylight.foundation.errors import InvalidInputError

SERVER_CHARS_MAX = 300
KEY_CHARS_MAX = 500
_PORTS = {"rtmp": 1935, "rtmps": 443}
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


@dataclass(frozen=True, slots=True)
class Target:
    """``app`` without slashes at its ends; ``key`` may carry a query, as some platforms want."""

    host: str
    port: int
    tls: bool
    app: str
    server: str
    key: str = field(repr=False)


def read_target(server: str, key: str) -> Target:
    """Raises InvalidInputError with what a person can change; the key is never in its words."""
    server = server.strip()
    key = key.strip()
    try:
        parts = urlsplit(server)
        port = parts.port
    except ValueError:
        raise InvalidInputError("the server is not an address", field="server") from None
    if len(server) > SERVER_CHARS_MAX or parts.scheme not in _PORTS:
        raise InvalidInputError("the server begins with rtmp:// or rtmps://", field="server")
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidInputError("the server ends with its path; what is secret belongs into the key", field="server")
    app = parts.path.strip("/")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or port == 0:
        raise InvalidInputError("the server has no host: rtmp://host/app", field="server")
    if not app or not app.isprintable():
        raise InvalidInputError("the server has no path: rtmp://host/app", field="server")
    if not 0 < len(key) <= KEY_CHARS_MAX or not key.isprintable() or " " in key:
        raise InvalidInputError(f"the stream key has 1 to {KEY_CHARS_MAX} characters and no spaces", field="key")
    tls = parts.scheme == "rtmps"
    return Target(parts.hostname, port or _PORTS[parts.scheme], tls, app, server.rstrip("/"), key)
