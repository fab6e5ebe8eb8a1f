"""Pushes one broadcast: each segment, then the playlist that names it; at the end the replay."""

import asyncio
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from tallylight.media.left_behind import LeftWindow
from tallylight.media.live_window import LISTED_TICKS
from tallylight.media.playlist import ListedPart, ListedSegment, live_playlist
from tallylight.media.recording import REPLAY_NAME
from tallylight.media.store.open_store import Put, StorePutError
from tallylight.media.stream_address import live_path, replay_path

log = structlog.get_logger()

WAITING_MAX = 16
"""Segments that wait in memory: half a minute. Beyond, the oldest becomes a gap."""
TRIES = 3
RETRY_S = 0.5
DRAIN_TIMEOUT_S = 60.0
KEPT = "public, max-age=31536000, immutable"
LIVE = "public, max-age=1"
REPLAY = "public, max-age=60"
_PLAYLIST = "application/vnd.apple.mpegurl"
_MP4 = "video/mp4"


class StoreStatus(msgspec.Struct, frozen=True):
    """``waiting`` segments are still to be pushed; ``lost`` ones are gaps for live viewers."""

    state: Literal["waiting", "live", "failing"]
    problem: str | None
    waiting: int
    lost: int


@dataclass(slots=True)
class _Waiting:
    listed: ListedSegment
    init: bytes
    data: bytes | None
    """None once it has waited too long."""
    again: bool = False
    """Of another process, which may have pushed it or not."""


class StorePusher:
    """A SegmentKeeper. ``run`` as a task; ``finish`` when the recording is closed."""

    def __init__(self, put: Put, broadcast_id: UUID, token: str) -> None:
        self.playable = False
        """Whether there is a playlist to play."""
        self._put = put
        self._playlist_path = live_path(broadcast_id, token).lstrip("/")
        self._folder = self._playlist_path.rpartition("/")[0]
        self._replay_path = replay_path(broadcast_id).lstrip("/")
        self._queue: deque[_Waiting] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._growing: tuple[ListedSegment, bytes, list[bytes]] | None = None
        self._there: set[str] = set()
        self._listed: deque[ListedSegment] = deque()
        self._lost = 0
        self._problem: str | None = None

    def go_on(self, left: LeftWindow) -> None:
        """Take up another process' window: what of it that process pushed is not known, so all of it is pushed again,
        and the playlist, which must not step back, when all of it is there.
        """
        for segment in left.segments:
            init, data = left.files[segment.init_name], left.files[segment.name]
            self._queue.append(_Waiting(segment, init, data, again=True))
        if left.segments:
            self._idle.clear()
            self._more.set()

    async def pushed(self, within_s: float) -> None:
        """Wait until all that is whole is in the store, or no longer."""
        try:
            await asyncio.wait_for(self._idle.wait(), within_s)
        except TimeoutError:
            log.warning("a broadcast is handed over before all of it is in the store", waiting=len(self._queue))

    # -- SegmentKeeper; nothing here waits

    def began(self, segment: ListedSegment, init: bytes) -> None:
        self._growing = (segment, init, [])

    def part(self, ticks: int, data: bytes) -> None:
        if self._growing is not None:
            self._growing[2].append(data)

    def ended(self) -> None:
        """The segment is whole: it is to be pushed."""
        if self._growing is None:
            return
        segment, init, parts = self._growing
        self._growing = None
        self._queue.append(_Waiting(segment, init, b"".join(parts)))
        held = [one for one in self._queue if one.data is not None and not one.again]
        if len(held) > WAITING_MAX:
            held[0].data = None
        self._idle.clear()
        self._more.set()

    # -- the pushing

    def status(self) -> StoreStatus:
        state: Literal["waiting", "live", "failing"] = "live" if self.playable else "waiting"
        return StoreStatus("failing" if self._problem else state, self._problem, len(self._queue), self._lost)

    async def run(self) -> None:
        """Push until cancelled."""
        while True:
            await self._more.wait()
            while self._queue:
                await self._push(self._queue[0])
                self._queue.popleft()
            self._more.clear()
            self._idle.set()

    async def finish(self, recording: Path) -> bool:
        """Push the rest, from the recording what this process did not push, and the replay; whether all is there."""
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                await self._idle.wait()
                if self._listed:
                    await self._try(self._playlist_path, self._playlist(ended=True), _PLAYLIST, LIVE)
                text = await asyncio.to_thread((recording / REPLAY_NAME).read_text)
                for name in files_of(text):
                    if name not in self._there:
                        body = await asyncio.to_thread((recording / name).read_bytes)
                        await self._try(f"{self._folder}/{name}", body, _MP4, KEPT)
                await self._try(
                    self._replay_path, seen_from(text, f"../../{self._folder}/").encode(), _PLAYLIST, REPLAY
                )
        except (StorePutError, OSError, TimeoutError) as error:
            log.warning("a replay is not in the store", problem=str(error) or type(error).__name__)
            return False
        return True

    async def _push(self, one: _Waiting) -> None:
        listed = one.listed
        gap = not await self._push_files(one)
        part = ListedPart("", listed.ticks, independent=True)
        self._listed.append(
            ListedSegment(
                listed.sequence,
                listed.init_name,
                listed.discontinuity,
                listed.at_us,
                listed.breaks,
                listed.take,
                [part],
                ended=True,
                gap=gap,
            )
        )
        ticks = sum(each.ticks for each in self._listed)
        while len(self._listed) > 1 and ticks - self._listed[0].ticks >= LISTED_TICKS:
            gone = self._listed.popleft()
            ticks -= gone.ticks
        if one.again and len(self._queue) > 1 and self._queue[1].again:
            return
        if gap and self._problem is not None:
            return  # while the store takes nothing, another try for the playlist would only hold up the next segment
        try:
            await self._try(self._playlist_path, self._playlist(ended=False), _PLAYLIST, LIVE)
            self.playable = True
            self._problem = None
        except StorePutError as error:
            self._problem = str(error)

    async def _push_files(self, one: _Waiting) -> bool:
        files = [(one.listed.init_name, one.init), (one.listed.name, one.data)]
        try:
            for name, data in files:
                if data is not None and name not in self._there:
                    await self._try(f"{self._folder}/{name}", data, _MP4, KEPT)
                    self._there.add(name)
        except StorePutError as error:
            self._problem = str(error)
        if one.listed.name in self._there:
            return True
        self._lost += 1
        if self._lost == 1 or self._lost % 30 == 0:
            log.warning("the store misses segments", lost=self._lost, problem=self._problem)
        return False

    async def _try(self, path: str, body: bytes, content_type: str, cache: str) -> None:
        for left in range(TRIES - 1, -1, -1):
            try:
                await self._put(path, body, content_type, cache)
                return
            except StorePutError:
                if not left:
                    raise
                await asyncio.sleep(RETRY_S * (TRIES - left))

    def _playlist(self, *, ended: bool) -> bytes:
        first = self._listed[0]
        return live_playlist(
            list(self._listed), discontinuity_sequence=first.breaks - first.discontinuity, next_sequence=0,
            low_latency=False, ended=ended,
        ).encode()  # fmt: skip


def files_of(playlist: str) -> list[str]:
    """All files that a playlist names, initialisation segments first."""
    lines = playlist.splitlines()
    inits = [line.split('"')[1] for line in lines if line.startswith("#EXT-X-MAP:")]
    return list(dict.fromkeys(inits)) + [line for line in lines if line and not line.startswith("#")]


def seen_from(playlist: str, prefix: str) -> str:
    """A playlist that names its files by ``prefix``."""
    lines = []
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-MAP:"):
            line = line.replace('URI="', f'URI="{prefix}')
        elif line and not line.startswith("#"):
            line = prefix + line
        lines.append(line)
    return "\n".join(lines) + "\n"
