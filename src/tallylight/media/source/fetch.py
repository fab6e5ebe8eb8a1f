"""HTTP for FFmpeg's HLS reader: every request, redirect and nested address goes through the guard. Blocking."""

import http.client
import socket
import ssl
from base64 import b64encode
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from tallylight.media.source.guard import Networks, SourceForbiddenError, resolve

REDIRECTS_MAX = 5
TIMEOUT_S = 10
BODY_BYTES_MAX = 64 << 20
"""More than a segment has: ten seconds of 50 Mbit/s."""


class SourceFetchError(OSError):
    """The server answered with something else than the file."""


class GuardedHttp:
    """``open`` is what PyAV's ``io_open`` wants."""

    def __init__(self, allowed: Networks) -> None:
        self._allowed = allowed
        self.refusal: Exception | None = None
        """FFmpeg tells less than the truth of what failed in here; this is it."""

    def open(self, url: str, flags: int, options: dict[str, Any]) -> "Body":
        """A readable body. ``options`` may carry a byte range as FFmpeg gives it."""
        try:
            return self._open(url, options)
        except (SourceForbiddenError, OSError, http.client.HTTPException) as error:
            self.refusal = error
            raise

    def _open(self, url: str, options: dict[str, Any]) -> "Body":
        first, end = int(options.get("offset") or 0), int(options.get("end_offset") or 0)
        headers = {"User-Agent": "Tallylight", "Accept": "*/*"}
        if first or end:
            headers["Range"] = f"bytes={first}-{end - 1 if end else ''}"
        at = url
        for _ in range(REDIRECTS_MAX + 1):
            response, connection = self._ask(at, headers)
            if response.status in (301, 302, 303, 307, 308) and response.getheader("location"):
                at = urljoin(at, response.getheader("location") or "")
                connection.close()
                continue
            if response.status not in (200, 206):
                connection.close()
                raise SourceFetchError(f"The source answers with status {response.status}.")
            return Body(at, response, connection)
        raise SourceFetchError("The source redirects without end.")

    def _ask(self, url: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceForbiddenError("The playlist points to something else than http or https.")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = resolve(parts.hostname, port, self._allowed)
        connection = _Connection(parts.hostname, port, addresses, tls=parts.scheme == "https")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if parts.username is not None:
            headers = headers | {"Authorization": _basic(parts.username, parts.password or "")}
        connection.request("GET", target, headers=headers)
        return connection.getresponse(), connection


class Body:
    """A response as a file. ``name`` is where it came from in the end: relative addresses in it start there."""

    def __init__(self, url: str, response: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> None:
        self.name = url
        self._response = response
        self._connection = connection
        self._left = BODY_BYTES_MAX

    def read(self, size: int = -1) -> bytes:
        if self._left <= 0:
            raise SourceFetchError("A file of the source is too large.")
        data = self._response.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._response.close()
        self._connection.close()


class _Connection(http.client.HTTPConnection):
    """Connects to an address that was looked at, and speaks to the name."""

    def __init__(self, host: str, port: int, addresses: list[str], *, tls: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._addresses = addresses
        self._tls = ssl.create_default_context() if tls else None

    def connect(self) -> None:
        failed: OSError = ConnectionError("no address")
        for address in self._addresses:
            try:
                plain = socket.create_connection((address, self.port), TIMEOUT_S)
                break
            except OSError as error:
                failed = error
        else:
            raise failed
        self.sock = plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=self.host)


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
