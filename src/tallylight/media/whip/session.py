"""One browser's publishing: its peer connection, and what comes of its packets."""

import asyncio
import queue
from collections.abc import Callable, Sequence
from typing import Any, Literal

import structlog
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription

from tallylight.media.errors import StreamRefusedError
from tallylight.media.rtmp_connection import PublishSink
from tallylight.media.whip.pictures import FlvPictures
from tallylight.media.whip.sounds import AacSounds

log = structlog.get_logger()

CONNECT_TIMEOUT_S = 15
SILENCE_TIMEOUT_S = 15
KEYFRAME_EVERY_S = 2
"""Browsers send keyframes only when asked; segments and slates end at them."""
_VIDEO_CLOCK_HZ = 90_000
_H264 = "video/H264"


class OfferRefusedError(Exception):
    """The offer cannot become a show; ``description`` says what to change."""

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class _EncodedTap(queue.Queue[Any]):
    """Stands where aiortc keeps frames for its decoder's thread: hands them on encoded, on the event loop."""

    def __init__(self, take: Callable[[int, bytes], None]) -> None:
        super().__init__()
        self._take = take

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item is None:
            super().put(None)  # lets the idle thread end
        else:
            _, frame = item
            self._take(frame.timestamp, frame.data)


class WhipSession:
    """``answer`` an offer, then ``open`` with a sink. It is its sink's Publisher."""

    def __init__(self, on_closed: Callable[["WhipSession"], None], ice_servers: Sequence[RTCIceServer] = ()) -> None:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._sink: PublishSink | None = None
        self._pictures = FlvPictures()
        self._sounds = AacSounds()
        self._offsets_ms: dict[str, int] = {}
        self._began_s = self._heard_s = self._loop.time()
        self._video: RTCRtpReceiver | None = None
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._peer.on("connectionstatechange", self._state_changed)

    async def answer(self, offer: str) -> str:
        """The answer's SDP, with all addresses. Raises OfferRefusedError."""
        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        except Exception as error:  # aiortc raises what its parser happens to raise
            log.info("whip offer cannot be read", kind=type(error).__name__)
            raise OfferRefusedError("The offer is not a session description that can be read.") from None
        kinds = [transceiver.kind for transceiver in self._peer.getTransceivers()]
        if sorted(kinds) != ["audio", "video"]:
            raise OfferRefusedError("A show needs one picture and one sound: allow camera and microphone.")
        for transceiver in self._peer.getTransceivers():
            take = self._picture if transceiver.kind == "video" else self._sound
            # aiortc has no public way to take frames encoded. The version is pinned and a test drives this.
            setattr(transceiver.receiver, "_RTCRtpReceiver__decoder_queue", _EncodedTap(take))  # noqa: B010 - it is private
            if transceiver.kind == "video":
                known = RTCRtpReceiver.getCapabilities("video")
                codecs = [one for one in (known.codecs if known else []) if one.mimeType == _H264]
                transceiver.setCodecPreferences(codecs)
                self._video = transceiver.receiver
        try:
            await self._peer.setLocalDescription(await self._peer.createAnswer())
        except Exception as error:
            log.info("whip offer has no codec of ours", kind=type(error).__name__)
            raise OfferRefusedError("The picture must be H.264 and the sound Opus.") from None
        return str(self._peer.localDescription.sdp)

    def open(self, sink: PublishSink) -> None:
        """Media goes to ``sink`` from now on."""
        self._sink = sink
        self._keep(self._watch())

    # -- Publisher

    def pause(self) -> None:
        """A browser sends in real time and cannot be held back."""

    def resume(self) -> None: ...

    def refuse(self, error: StreamRefusedError) -> None:
        log.info("stream refused", code=error.code, reason=error.description)
        self.close()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.closed()
        self._on_closed(self)
        self._keep(self._peer.close())

    # -- media

    def _picture(self, timestamp: int, data: bytes) -> None:
        at_ms = self._at_ms("video", timestamp * 1000 // _VIDEO_CLOCK_HZ)
        for payload in self._pictures.take(data):
            self._give("video", at_ms, payload)

    def _sound(self, timestamp: int, data: bytes) -> None:
        self._at_ms("audio", timestamp // 48)
        for at, payload in self._sounds.take(timestamp, data):
            self._give("audio", max(at // 48 + self._offsets_ms["audio"], 0), payload)

    def _at_ms(self, kind: str, media_ms: int) -> int:
        """On the session's one clock: each kind begins when its first frame arrives."""
        self._heard_s = self._loop.time()
        if kind not in self._offsets_ms:
            self._offsets_ms[kind] = int((self._heard_s - self._began_s) * 1000) - media_ms
        return max(media_ms + self._offsets_ms[kind], 0)

    def _give(self, kind: Literal["video", "audio"], at_ms: int, payload: bytes) -> None:
        if self._sink is None:
            return
        try:
            (self._sink.video if kind == "video" else self._sink.audio)(at_ms, payload)
        except StreamRefusedError as error:
            self.refuse(error)

    async def _watch(self) -> None:
        """Ask for keyframes; end a session that never connects or falls silent."""
        while not self._closed:
            await asyncio.sleep(KEYFRAME_EVERY_S)
            quiet_s = self._loop.time() - self._heard_s
            if quiet_s > (SILENCE_TIMEOUT_S if self._offsets_ms else CONNECT_TIMEOUT_S):
                log.info("whip session timed out", connected=bool(self._offsets_ms))
                self.close()
                return
            if self._video is not None:
                for source in self._video.getSynchronizationSources():
                    await self._video._send_rtcp_pli(source.source)

    def _state_changed(self) -> None:
        if self._peer.connectionState in ("failed", "closed"):
            self.close()

    def _keep(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
