"""An FLV file as it arrives in pieces (Adobe "Video File Format Specification" 10.1, annex E). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tallylight.media.errors import RtmpProtocolError

TAG_BYTES_MAX = 8 << 20
_HEADER_BYTES = 9
_TAG_BYTES = 11
_KINDS: dict[int, Literal["audio", "video"]] = {8: "audio", 9: "video"}


@dataclass(frozen=True, slots=True)
class FlvTag:
    """One media tag: the payload is what an RTMP message carries."""

    kind: Literal["audio", "video"]
    at_ms: int
    payload: bytes


class FlvStream:
    """``feed`` bytes, tags come out. Raises RtmpProtocolError for what is no FLV or too large."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._began = False

    def feed(self, data: bytes) -> Iterator[FlvTag]:
        rest = self._rest
        rest += data
        at = 0
        if not self._began:
            if len(rest) < _HEADER_BYTES + 4:
                return
            at = int.from_bytes(rest[5:9], "big") + 4
            if rest[:3] != b"FLV" or at != _HEADER_BYTES + 4:
                raise RtmpProtocolError("this is no FLV")
            self._began = True
        while len(rest) - at >= _TAG_BYTES:
            size = int.from_bytes(rest[at + 1 : at + 4], "big")
            if size > TAG_BYTES_MAX:
                raise RtmpProtocolError("a picture is too large")
            whole = _TAG_BYTES + size + 4
            if len(rest) - at < whole:
                break
            kind = _KINDS.get(rest[at] & 0x1F)
            at_ms = int.from_bytes(rest[at + 4 : at + 7], "big") | rest[at + 7] << 24
            if kind is not None and size:
                yield FlvTag(kind, at_ms, bytes(rest[at + _TAG_BYTES : at + _TAG_BYTES + size]))
            at += whole
        del rest[:at]
