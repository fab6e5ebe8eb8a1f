"""The built front end: two pages and their assets, from memory.

``index.html`` is the staff's single-page application and the list of shows, ``watch.html`` the viewer's own light
page. Files under ``assets/`` carry a hash in their names and never change.
"""

import gzip
import hashlib
import mimetypes
from pathlib import Path

import msgspec
from litestar.types import HTTPScope, Send

from tallylight.app.web.answers import header_of, send_bytes

FOLDER = Path(__file__).parent / "static"
FILE_BYTES_MAX = 16 << 20
FILES_MAX = 500
_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_FOREVER = b"public, max-age=31536000, immutable"

_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tallylight: the pages are not built</title>
<body><h1>The pages are not built yet</h1><p>This is the server without its front end. Build it with:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>or run <code>make demo</code>, which does that too. The API answers meanwhile: <a href="/api/shows">/api/shows</a>,
<a href="/api/openapi.json">/api/openapi.json</a>.</p></body></html>"""


class _File(msgspec.Struct):
    body: bytes
    packed: bytes | None
    content_type: bytes
    tag: bytes
    changed_ns: int


class StaticFiles:
    """Serves the folder that Vite builds into; a rebuilt file is read again."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}

    async def page(self, scope: HTTPScope, send: Send) -> None:
        """The page for a path that is not an asset."""
        name = "watch.html" if scope["path"].startswith("/watch/") else "index.html"
        file = self._load(name)
        if file is None:
            await send_bytes(send, 503, _MISSING.encode(), [(b"content-type", b"text/html; charset=utf-8")])
            return
        await self._answer(scope, send, file, b"no-cache")

    async def asset(self, scope: HTTPScope, send: Send) -> bool:
        """A file of the build; False when there is none of that name."""
        name = scope["path"].lstrip("/")
        file = self._load(name)
        if file is None or name.endswith(".html"):
            return False
        await self._answer(scope, send, file, _FOREVER if name.startswith("assets/") else b"public, max-age=3600")
        return True

    def _load(self, name: str) -> _File | None:
        path = self._folder / name
        if "\0" in name or ".." in name.split("/") or len(name) > 200:
            return None
        try:
            stat = path.stat()
            known = self._files.get(name)
            if known is not None and known.changed_ns == stat.st_mtime_ns:
                return known
            if not path.is_file() or stat.st_size > FILE_BYTES_MAX or len(self._files) >= FILES_MAX:
                return None
            body = path.read_bytes()
        except OSError:
            return None
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind == "text/javascript" or kind.startswith("text/"):
            kind += "; charset=utf-8"
        packed = gzip.compress(body, 6) if kind.startswith(_COMPRESSIBLE) and len(body) > 1_000 else None
        tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'.encode()
        file = self._files[name] = _File(body, packed, kind.encode(), tag, stat.st_mtime_ns)
        return file

    async def _answer(self, scope: HTTPScope, send: Send, file: _File, cache: bytes) -> None:
        headers = [(b"etag", file.tag), (b"cache-control", cache), (b"vary", b"accept-encoding")]
        if header_of(scope, b"if-none-match") == file.tag.decode():
            await send_bytes(send, 304, b"", headers)
            return
        headers.append((b"content-type", file.content_type))
        body = file.body
        if file.packed is not None and "gzip" in (header_of(scope, b"accept-encoding") or ""):
            body = file.packed
            headers.append((b"content-encoding", b"gzip"))
        await send_bytes(send, 200, b"" if scope["method"] == "HEAD" else body, headers)
