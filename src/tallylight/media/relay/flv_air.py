"""Air as FLV messages (Adobe "Video File Format Specification" 10.1, annex E.4), the way RTMP carries them.

Times become milliseconds of the broadcast, and pictures and sound are put in one order: sound leaves the encoder some
tens of milliseconds after its pictures, and receivers expect the two side by side.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tallylight.media.codec_config import PictureFormat, read_avcc
from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND, VideoSample, read_init
from tallylight.media.sound import AacPacket
from tallylight.media.units import SAMPLE_RATE_HZ

WAIT_MS_MAX = 500
"""One kind waits this long for the other, then goes without."""
_TICKS_PER_MS = VIDEO_TICKS_PER_SECOND // 1000
_AAC_STEREO = 0xAF  # AAC, and three fields that AAC ignores


@dataclass(frozen=True, slots=True)
class Run:
    """What a decoder must be told before the run's messages: whole FLV payloads."""

    picture: PictureFormat
    video_header: bytes
    sound_header: bytes
    parameter_sets: bytes


@dataclass(frozen=True, slots=True)
class AirMessage:
    """``key``: a decoder can start here, once it has ``run``'s headers."""

    video: bool
    at_ms: int
    key: bool
    payload: bytes
    run: Run


class FlvAir:
    """An AirOutput that hands its messages to ``send`` in order of their times."""

    def __init__(self, send: Callable[[AirMessage], None]) -> None:
        self._send = send
        self._run: Run | None = None
        self._pictures: deque[AirMessage] = deque()
        self._sounds: deque[AirMessage] = deque()

    def begin_run(self, init: bytes) -> None:
        avcc, asc = read_init(init)
        video_header = b"\x17\x00\x00\x00\x00" + avcc
        self._run = Run(read_avcc(avcc), video_header, bytes((_AAC_STEREO, 0)) + asc, _parameter_sets(avcc))

    def video(self, sample: VideoSample) -> None:
        """Keyframes carry their parameter sets in band too: some receivers read a new header only there."""
        assert self._run is not None
        at_ms = sample.dts // _TICKS_PER_MS
        composition_ms = (sample.dts + sample.composition) // _TICKS_PER_MS - at_ms
        head = bytes((0x17 if sample.key else 0x27, 1)) + composition_ms.to_bytes(3, "big", signed=True)
        sets = self._run.parameter_sets if sample.key else b""
        self._pictures.append(AirMessage(True, at_ms, sample.key, head + sets + sample.data, self._run))
        self._pass_on()

    def sound(self, packet: AacPacket) -> None:
        if self._run is None:
            return
        at_ms = packet.pts * 1000 // SAMPLE_RATE_HZ
        payload = bytes((_AAC_STEREO, 1)) + packet.data
        self._sounds.append(AirMessage(False, at_ms, False, payload, self._run))
        self._pass_on()

    def finish(self) -> None:
        while self._pictures or self._sounds:
            self._pass_first()

    def _pass_on(self) -> None:
        while self._pictures and self._sounds:
            self._pass_first()
        for waiting in (self._pictures, self._sounds):
            while waiting and waiting[-1].at_ms - waiting[0].at_ms > WAIT_MS_MAX:
                self._send(waiting.popleft())

    def _pass_first(self) -> None:
        pictures, sounds = self._pictures, self._sounds
        picture_first = bool(pictures) and (not sounds or pictures[0].at_ms <= sounds[0].at_ms)
        self._send((pictures if picture_first else sounds).popleft())


def _parameter_sets(avcc: bytes) -> bytes:
    """SPS and PPS as NAL units with 4-byte lengths, from an AVCDecoderConfigurationRecord (ISO/IEC 14496-15)."""
    sets = b""
    at = 5
    for mask in (0x1F, 0xFF):
        count, at = avcc[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(avcc[at : at + 2], "big")
            sets += size.to_bytes(4, "big") + avcc[at + 2 : at + 2 + size]
            at += 2 + size
    return sets
