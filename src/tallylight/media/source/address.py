"""What a show may be pulled from: ``rtmp[s]://``, ``rtsp[s]://``, an HLS playlist by ``http[s]://``, ``file:name``."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tallylight.foundation.errors import InvalidInputError

SourceKind = Literal["rtmp", "rtsp", "hls", "file"]
URL_CHARS_MAX = 2_000
_KINDS: dict[str, SourceKind] = {
    "rtmp": "rtmp", "rtmps": "rtmp", "rtsp": "rtsp", "rtsps": "rtsp", "http": "hls", "https": "hls", "file": "file",
}  # fmt: skip
_PORTS = {"rtmp": 1935, "rtmps": 443, "rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_FILE = re.compile(r"[\w][\w .()+-]{0,199}")


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """``url`` may hold a password or a key; ``shown`` never does. ``host`` is empty and ``port`` 0 for a file."""

    kind: SourceKind
    shown: str
    host: str
    port: int
    url: str = field(repr=False)


def read_address(text: str) -> SourceAddress:
    """Raises InvalidInputError with what a person can change; it never repeats the address."""
    url = text.strip()
    spaces = " " in url and not url.startswith("file:")
    if not 0 < len(url) <= URL_CHARS_MAX or not url.isprintable() or spaces:
        raise InvalidInputError(f"the address has 1 to {URL_CHARS_MAX} characters and no spaces", field="url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInputError("this is not an address", field="url") from None
    kind = _KINDS.get(parts.scheme)
    if kind is None:
        raise InvalidInputError(
            "the address begins with rtmp://, rtmps://, rtsp://, rtsps://, http://, https:// or file:", field="url"
        )
    if kind == "file":
        name = url.partition(":")[2]
        if not _FILE.fullmatch(name):
            raise InvalidInputError("name a file of the server's folder for sources: file:trailer.mp4", field="url")
        return SourceAddress(kind, url, "", 0, url)
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or port == 0:
        raise InvalidInputError("the address has no host", field="url")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return SourceAddress(kind, shown, parts.hostname, port or _PORTS[parts.scheme], url)


def find_file(address: SourceAddress, folder: Path | None) -> Path:
    """The file that ``file:name`` means. It must lie in the operator's folder itself, and be no link out of it."""
    if folder is None:
        raise InvalidInputError("this server has no folder for sources: its operator sets TALLYLIGHT_SOURCE_FILES_DIR")
    path = folder / address.url.partition(":")[2]
    if not path.is_file() or path.resolve().parent != folder.resolve():
        raise InvalidInputError("there is no such file in the server's folder for sources", field="url")
    return path
