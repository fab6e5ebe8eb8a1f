"""H.264 as WebRTC carries it to FLV video payloads. Pure."""

_START = b"\x00\x00\x00\x01"
_IDR, _SPS, _PPS, _AUD = 5, 7, 8, 9
NAL_UNITS_MAX = 512


class FlvPictures:
    """``take`` one access unit in Annex B form with 4-byte start codes; payloads come out, headers before pictures."""

    def __init__(self) -> None:
        self._sps = b""
        self._pps = b""
        self._header = b""

    def take(self, annex_b: bytes) -> list[bytes]:
        units = [unit for unit in annex_b.split(_START, NAL_UNITS_MAX)[1:] if unit]
        slices = []
        key = False
        for unit in units:
            kind = unit[0] & 0x1F
            if kind == _SPS:
                self._sps = unit
            elif kind == _PPS:
                self._pps = unit
            elif kind != _AUD:
                key = key or kind == _IDR
                slices.append(len(unit).to_bytes(4, "big") + unit)
        payloads = []
        header = _header(self._sps, self._pps)
        if header and header != self._header:
            self._header = header
            payloads.append(b"\x17\x00\x00\x00\x00" + header)
        if slices and self._header:
            payloads.append(bytes((0x17 if key else 0x27, 1, 0, 0, 0)) + b"".join(slices))
        return payloads


def _header(sps: bytes, pps: bytes) -> bytes:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1); empty until both sets have come."""
    if len(sps) < 4 or not pps:
        return b""
    return b"".join(
        (bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1)), len(sps).to_bytes(2, "big"), sps,
         b"\x01", len(pps).to_bytes(2, "big"), pps)
    )  # fmt: skip
