"""Product pictures that this installation keeps itself."""

import asyncio
import mimetypes
import re
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from tallylight.app.web.injected import Wired
from tallylight.foundation.errors import NotFoundError

# No folders, no dots in front: nothing but a picture that was put there.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}\.(?:jpe?g|png|webp|avif|gif)")
PHOTO_BYTES_MAX = 16 << 20


@get("/media/products/{photo:str}", include_in_schema=False)
async def product_photo(photo: FromPath[str], services: Wired) -> Response[bytes]:
    """A picture from the data directory."""
    if not _NAME.fullmatch(photo):
        raise NotFoundError("there is no such picture")
    body = await asyncio.to_thread(_read, services.settings.photos_dir / photo)
    if body is None:
        raise NotFoundError("there is no such picture")
    kind = mimetypes.guess_type(photo)[0] or "application/octet-stream"
    return Response(body, headers={"content-type": kind, "cache-control": "public, max-age=86400"})


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= PHOTO_BYTES_MAX else None
    except OSError:
        return None


HANDLERS = [product_photo]
