"""The HTTP origin for viewers: live playlists and fragments, the replay, the staff's preview. A raw ASGI application.

Everything that is not there, not released yet, not yours or misspelt gives the same 404. Names are matched against
the few that exist before anything else is looked at, so no path of a request ever reaches the file system as it is.
"""

import asyncio
import hashlib
import hmac
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from tallylight.foundation.clock import Clock
from tallylight.media.cut_sound import cut_sound
from tallylight.media.kept_sound import CUT_US_MAX, KeptSound
from tallylight.media.live_window import LiveWindow
from tallylight.media.preview_token import verify_preview
from tallylight.media.recording import REPLAY_NAME, recording_dir

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

FIRST_PART_TIMEOUT_S = 15
"""How long the first playlist request of a show waits for the delay to fill."""
READ_BYTES = 256 << 10

_PLAYLIST = b"application/vnd.apple.mpegurl"
_MP4 = b"video/mp4"
_KEPT = b"public, max-age=86400, immutable"
"""A day: longer than anyone watches, and what is taken down leaves the caches of others tomorrow."""
_FRESH = b"no-cache"
_EVERYONE = (b"access-control-allow-origin", b"*")
_EXPOSED = (b"access-control-expose-headers", b"content-length, content-range, date, etag")
_INIT = r"init-\d{1,6}(?:t\d{1,6})?\.mp4"
_SEGMENT = r"s\d{1,9}(?:t\d{1,6})?"
_FILES = rf"{_INIT}|{_SEGMENT}(?:\.\d{{1,4}})?\.m4s"
_PREVIEWED = r"/preview/(?P<token>[\w-]{16,64}\.[\w-]{16,64})"
_LIVE = re.compile(
    rf"/hls/(?P<broadcast>[0-9a-f-]{{36}})/(?P<token>[\w-]{{16,64}})/(?P<name>(?:live|plain)\.m3u8|{_FILES})"
)
_PREVIEW = re.compile(rf"{_PREVIEWED}/(?P<name>live\.m3u8|{_FILES})")
_SOUND = re.compile(rf"{_PREVIEWED}/sound-(?P<start>\d{{1,17}})-(?P<end>\d{{1,17}})")
_REPLAY = re.compile(rf"/replay/(?P<broadcast>[0-9a-f-]{{36}})/(?P<name>replay\.m3u8|{_INIT}|{_SEGMENT}\.m4s)")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class Served:
    """What the origin may serve of one broadcast on air."""

    token: str
    live: LiveWindow
    preview: LiveWindow
    sound: KeptSound


@dataclass(slots=True)
class OriginDirectory:
    """What there is to serve. Whoever runs broadcasts adds and removes them."""

    clock: Clock
    recordings_dir: Path
    preview_key: bytes
    served: dict[UUID, Served] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    content_type: bytes
    cache: bytes
    body: bytes | memoryview = b""
    file: Path | None = None
    etag: bytes | None = None
    """Of a body whose name never gets another; else it is made from the bytes."""


class Origin:
    """``uvicorn.Config(Origin(directory))``."""

    def __init__(self, directory: OriginDirectory) -> None:
        self._directory = directory

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        method = scope["method"]
        if method == "OPTIONS":
            await _answer(send, 204, [(b"access-control-allow-methods", b"GET, HEAD"),
                                      (b"access-control-allow-headers", b"range, if-none-match, if-range"),
                                      (b"access-control-max-age", b"86400")], b"")  # fmt: skip
            return
        if method not in ("GET", "HEAD"):
            await _answer(send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        if scope["path"] == "/healthz":
            await _answer(send, 200, [(b"cache-control", b"no-store")], b"ok\n")
            return
        try:
            found = await self._find(scope["path"], parse_qs(scope["query_string"].decode("latin-1")))
        except _BadRequestError:
            await _answer(send, 400, [(b"cache-control", b"no-store")], b"")
            return
        if found is None:
            await _answer(send, 404, [(b"cache-control", b"no-store")], b"")
        elif found.file is not None:
            await _send_file(send, scope, found)
        else:
            await _send_body(send, scope, found)

    def at_once(self, path: str) -> tuple[bytes, bytes | memoryview, int | None] | None:
        """A file of a live window as a plain GET of it is answered: header lines, body, and the descriptor of a file
        with that body, if there is one. None when it is not there.

        What is in the window may be had with its token by whoever asks, so there is nothing to wait for.
        """
        match = _LIVE.fullmatch(path)
        served = None if match is None else self._directory.served.get(_uuid(match["broadcast"]))
        if match is None or served is None or not _same(match["token"], served.token):
            return None
        body = served.live.get(match["name"])
        if body is None:
            return None
        return _lines(match["name"], len(body)), body, served.live.file_of(match["name"], len(body))

    async def _find(self, path: str, query: Mapping[str, list[str]]) -> _Found | None:
        if match := _LIVE.fullmatch(path):
            served = self._directory.served.get(_uuid(match["broadcast"]))
            if served is None or not _same(match["token"], served.token):
                return None
            return await _find_in(served.live, match["name"], query)
        if match := _PREVIEW.fullmatch(path):
            now_us = self._directory.clock.now_us()
            broadcast_id = verify_preview(self._directory.preview_key, match["token"], now_us)
            served = self._directory.served.get(broadcast_id) if broadcast_id is not None else None
            return None if served is None else _private(await _find_in(served.preview, match["name"], query))
        if match := _SOUND.fullmatch(path):
            return await self._sound(match["token"], int(match["start"]), int(match["end"]))
        if match := _REPLAY.fullmatch(path):
            folder = recording_dir(self._directory.recordings_dir, _uuid(match["broadcast"]), "aired")
            return await asyncio.to_thread(_find_replay, folder, match["name"])
        return None

    async def _sound(self, token: str, from_us: int, until_us: int) -> _Found | None:
        """A stretch of the programme's sound, reviewed or not: from memory, and later from the original's recording."""
        if not 0 < until_us - from_us <= CUT_US_MAX:
            raise _BadRequestError
        broadcast_id = verify_preview(self._directory.preview_key, token, self._directory.clock.now_us())
        if broadcast_id is None:
            return None
        served = self._directory.served.get(broadcast_id)
        sound = None if served is None else await asyncio.to_thread(served.sound.cut, from_us, until_us)
        if sound is not None:
            return _Found(b"audio/wav", b"private, no-store", sound)
        folder = recording_dir(self._directory.recordings_dir, broadcast_id, "original")
        try:
            sound = await asyncio.to_thread(cut_sound, folder, from_us, until_us)
        except OSError:  # nothing was recorded, or a segment is torn
            return None
        return None if sound is None else _Found(b"audio/flac", b"private, no-store", sound)


class _BadRequestError(Exception):
    pass


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _uuid(text: str) -> UUID:
    """A UUID; an impossible one becomes the nil UUID, which nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


async def _find_in(window: LiveWindow, name: str, query: Mapping[str, list[str]]) -> _Found | None:
    if name.endswith(".m3u8"):
        if not await window.wait(lambda: window.started, FIRST_PART_TIMEOUT_S):
            return None
        low_latency = name == "live.m3u8"
        sequence, part = _number(query, "_HLS_msn"), _number(query, "_HLS_part")
        if part is not None and sequence is None:
            raise _BadRequestError
        if low_latency and sequence is not None:
            if window.is_far_ahead(sequence):
                raise _BadRequestError
            await window.wait(lambda: window.has(sequence, part))
        return _Found(_PLAYLIST, _FRESH, window.playlist(low_latency=low_latency).encode())
    if window.get(name) is None and name == window.hinted:
        # The hinted part may be asked for ahead of its release; any other name that is not there stays not there.
        await window.wait(lambda: window.hinted != name)
    body = window.get(name)
    return None if body is None else _fragment(name, body)


def _fragment(name: str, body: bytes | memoryview) -> _Found:
    return _Found(_MP4, _KEPT, body, etag=_fragment_etag(name, len(body)))


def _fragment_etag(name: str, size: int) -> bytes:
    return f'"{name}-{size:x}"'.encode()


def _private(found: _Found | None) -> _Found | None:
    """The same, kept out of shared caches: it has not been reviewed."""
    return None if found is None else _Found(found.content_type, b"private, no-store", found.body, etag=found.etag)


def _find_replay(folder: Path, name: str) -> _Found | None:
    """A file of a finished recording: only those have the replay playlist."""
    if not (folder / REPLAY_NAME).is_file() or not (folder / name).is_file():
        return None
    playlist = name == REPLAY_NAME
    return _Found(_PLAYLIST if playlist else _MP4, _FRESH if playlist else _KEPT, file=folder / name)


def _number(query: Mapping[str, list[str]], name: str) -> int | None:
    values = query.get(name)
    if not values:
        return None
    if not values[0].isdecimal() or len(values[0]) > 12:
        raise _BadRequestError
    return int(values[0])


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    shared = [_EVERYONE, _length(len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*shared, *headers]})
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, scope: Mapping[str, Any], found: _Found, etag: bytes, size: int) -> tuple[int, int] | None:
    """Send the head of the answer; the first byte of the body and how many, None when there is no body to send."""
    headers = _Headers(scope)
    shared = _shared_headers(found, etag)
    status, first, left = 200, 0, size
    asked = headers.get(b"if-none-match")
    if asked is not None and (asked == b"*" or etag in [one.strip() for one in asked.split(b",")]):
        status, left = 304, 0
    else:
        shared += _body_headers(found)
        wanted = headers.get(b"range")
        if wanted is not None and headers.get(b"if-range") in (None, etag):
            span = _span(wanted.decode("latin-1"), size)
            if span is not None:
                first, left = span[0], span[1] - span[0] + 1
                status = 206 if left > 0 else 416
                shared.append((b"content-range", f"bytes {first}-{span[1]}/{size}".encode()))
                if left <= 0:
                    shared[-1] = (b"content-range", f"bytes */{size}".encode())
                    left = 0
        shared.append(_length(left))
    await send({"type": "http.response.start", "status": status, "headers": shared})
    return (first, left) if left and scope["method"] != "HEAD" else None


def _shared_headers(found: _Found, etag: bytes) -> list[tuple[bytes, bytes]]:
    """Of every answer about what was found."""
    return [_EVERYONE, _EXPOSED, (b"cache-control", found.cache), (b"etag", etag)]


def _body_headers(found: _Found) -> list[tuple[bytes, bytes]]:
    """Of an answer with a body, or with what there is of one."""
    return [(b"content-type", found.content_type), (b"accept-ranges", b"bytes")]


@lru_cache(4096)
def _lines(name: str, size: int) -> bytes:
    """The header lines of a fragment's whole body: its name and size are all that they depend on."""
    found = _Found(_MP4, _KEPT, etag=_fragment_etag(name, size))
    headers = [*_shared_headers(found, _etag(found)), *_body_headers(found), _length(size)]
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def _length(size: int) -> tuple[bytes, bytes]:
    return b"content-length", str(size).encode()


def _etag(found: _Found) -> bytes:
    return found.etag or b'"' + hashlib.blake2b(found.body, digest_size=12).hexdigest().encode() + b'"'


async def _send_body(send: Send, scope: Mapping[str, Any], found: _Found) -> None:
    etag = _etag(found)
    span = await _start(send, scope, found, etag, len(found.body))
    body = memoryview(found.body)[span[0] : span[0] + span[1]] if span is not None else b""
    await send({"type": "http.response.body", "body": body})


async def _send_file(send: Send, scope: Mapping[str, Any], found: _Found) -> None:
    assert found.file is not None
    with await asyncio.to_thread(found.file.open, "rb") as file:
        status = os.fstat(file.fileno())
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'.encode()
        span = await _start(send, scope, found, etag, status.st_size)
        if span is not None:
            await asyncio.to_thread(file.seek, span[0])
            left = span[1]
            while left > 0 and (piece := await asyncio.to_thread(file.read, min(left, READ_BYTES))):
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class _Headers:
    """A request's headers by lower-case name; the first of each."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]

    def get(self, name: bytes) -> bytes | None:
        return next((value for one, value in self._headers if one == name), None)


def _span(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range (RFC 9110, 14.1.2); the first is past the last when there is nothing.

    None for anything else: the whole is sent then.
    """
    match = _RANGE.fullmatch(header.strip())
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size - 1
    if match[2] and int(match[2]) < int(match[1]):
        return None
    return int(match[1]), min(int(match[2]), size - 1) if match[2] else size - 1
