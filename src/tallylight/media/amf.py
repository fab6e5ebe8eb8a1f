"""AMF0, the encoding of RTMP's commands (Adobe "Action Message Format, AMF 0", 2007).

Only what a publisher sends is read: number, boolean, string, object, ECMA array, strict array, date, null,
undefined, long string. Depth and the number of values are limited, so that a small message cannot become a large tree.
"""

import struct
from collections.abc import Sequence

from tallylight.media.errors import RtmpProtocolError

AmfValue = None | bool | float | str | list["AmfValue"] | dict[str, "AmfValue"]

DEPTH_MAX = 8
VALUES_MAX = 512

_NUMBER, _BOOLEAN, _STRING, _OBJECT = 0x00, 0x01, 0x02, 0x03
_NULL, _UNDEFINED, _ECMA_ARRAY, _OBJECT_END = 0x05, 0x06, 0x08, 0x09
_STRICT_ARRAY, _DATE, _LONG_STRING = 0x0A, 0x0B, 0x0C


def decode_amf(data: bytes) -> list[AmfValue]:
    """All values of a message, in order. Raises RtmpProtocolError for anything malformed or over a limit."""
    reader = _Reader(data)
    values: list[AmfValue] = []
    while not reader.at_end():
        values.append(reader.value(0))
    return values


def encode_amf(values: Sequence[AmfValue]) -> bytes:
    """The values one after another. Strings must fit 65,535 bytes."""
    return b"".join(_encode(value) for value in values)


def _encode(value: AmfValue) -> bytes:
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, int | float):
        return struct.pack(">Bd", _NUMBER, value)
    if isinstance(value, str):
        return bytes((_STRING,)) + _encode_text(value)
    if isinstance(value, dict):
        pairs = b"".join(_encode_text(key) + _encode(item) for key, item in value.items())
        return bytes((_OBJECT,)) + pairs + b"\x00\x00" + bytes((_OBJECT_END,))
    return struct.pack(">BI", _STRICT_ARRAY, len(value)) + b"".join(_encode(item) for item in value)


def _encode_text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._values = 0

    def at_end(self) -> bool:
        return self._at >= len(self._data)

    def value(self, depth: int) -> AmfValue:
        self._values += 1
        if depth > DEPTH_MAX or self._values > VALUES_MAX:
            raise RtmpProtocolError("a command nests too deep or holds too many values")
        marker = self._take(1)[0]
        match marker:
            case 0x00:
                return float(struct.unpack(">d", self._take(8))[0])
            case 0x01:
                return self._take(1)[0] != 0
            case 0x02:
                return self._text(self._unsigned(2))
            case 0x03:
                return self._pairs(depth)
            case 0x05 | 0x06:
                return None
            case 0x08:
                self._take(4)  # The count of an ECMA array is advisory; the end marker counts.
                return self._pairs(depth)
            case 0x0A:
                return [self.value(depth + 1) for _ in range(self._counted())]
            case 0x0B:
                milliseconds = float(struct.unpack(">d", self._take(8))[0])
                self._take(2)
                return milliseconds
            case 0x0C:
                return self._text(self._unsigned(4))
        raise RtmpProtocolError("a command holds a kind of value that publishers do not send")

    def _pairs(self, depth: int) -> dict[str, AmfValue]:
        pairs: dict[str, AmfValue] = {}
        while True:
            key = self._text(self._unsigned(2))
            if not key and self._peek() == _OBJECT_END:
                self._take(1)
                return pairs
            pairs[key] = self.value(depth + 1)

    def _counted(self) -> int:
        count = self._unsigned(4)
        if count > VALUES_MAX:
            raise RtmpProtocolError("a command holds too many values")
        return count

    def _peek(self) -> int:
        if self.at_end():
            raise RtmpProtocolError("a command ends too soon")
        return self._data[self._at]

    def _unsigned(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _text(self, size: int) -> str:
        return self._take(size).decode("utf-8", "replace")

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise RtmpProtocolError("a command ends too soon")
        taken = self._data[self._at : end]
        self._at = end
        return taken
