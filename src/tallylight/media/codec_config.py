"""Reads what packaging must know from the decoders' configurations: picture size, sound format."""

from dataclasses import dataclass

from tallylight.media.errors import StreamRefusedError

PICTURE_SIDE_MAX = 4096

_AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_LC, _SBR, _PS = 2, 5, 29
_PROFILES_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128}


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """From the SPS (ITU-T H.264, 7.3.2.1.1). ``codec`` is the RFC 6381 name, such as ``avc1.640028``."""

    width: int
    height: int
    codec: str


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """``plain``: AAC-LC with 1024 samples a frame and no extension."""

    sample_rate_hz: int
    channels: int
    plain: bool = False


def read_avcc(avcc: bytes) -> PictureFormat:
    """Raises StreamRefusedError when the record is broken or the picture is too large."""
    try:
        if avcc[0] != 1 or not avcc[5] & 0x1F or avcc[4] & 3 != 3:
            raise StreamRefusedError("The video's H.264 header cannot be read. Restart the encoder.")
        size = int.from_bytes(avcc[6:8], "big")
        width, height = _sps_size(avcc[8 : 8 + size])
    except IndexError:
        raise StreamRefusedError("The video's H.264 header cannot be read. Restart the encoder.") from None
    if not 16 <= width <= PICTURE_SIDE_MAX or not 16 <= height <= PICTURE_SIDE_MAX:
        raise StreamRefusedError(f"The picture's sides must be 16 to {PICTURE_SIDE_MAX} pixels.")
    return PictureFormat(width, height, f"avc1.{avcc[1]:02x}{avcc[2]:02x}{avcc[3]:02x}")


def read_asc(asc: bytes) -> SoundFormat:
    """Raises StreamRefusedError for anything but AAC with a usual rate and mono or stereo."""
    bits = _Bits(asc)
    try:
        kind, rate = bits.take(5), bits.take(4)
        sample_rate = bits.take(24) if rate == 15 else _AAC_RATES_HZ[rate]
        channels = bits.take(4)
        short_frames = bits.take(1)
    except IndexError:
        raise StreamRefusedError("The audio's AAC header cannot be read. Restart the encoder.") from None
    if kind not in (_AAC_LC, _SBR, _PS) or not 8_000 <= sample_rate <= 96_000:
        raise StreamRefusedError("This kind of AAC is not supported. Use AAC-LC at 44.1 or 48 kHz.")
    if channels not in (1, 2):
        raise StreamRefusedError("The audio must be mono or stereo. Change the encoder's channels.")
    return SoundFormat(sample_rate, channels, kind == _AAC_LC and not short_frames)


def _sps_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after cropping."""
    bits = _Bits(_without_emulation(sps[1:]))
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    chroma = 1
    if profile in _PROFILES_WITH_CHROMA:
        chroma = bits.golomb()
        if chroma == 3:
            bits.take(1)
        bits.golomb(), bits.golomb(), bits.take(1)
        if bits.take(1):
            for index in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1), bits.golomb(), bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
    bits.golomb(), bits.take(1)
    width = (bits.golomb() + 1) * 16
    rows = bits.golomb() + 1
    frames_only = bits.take(1)
    height = rows * 16 * (2 - frames_only)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= unit_x * (bits.golomb() + bits.golomb())
        height -= unit_y * (bits.golomb() + bits.golomb())
    return width, height


def _skip_scaling_list(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _without_emulation(data: bytes) -> bytes:
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


class _Bits:
    """Bits from the most significant; IndexError past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def golomb(self) -> int:
        """ue(v), H.264 section 9.1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise IndexError
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)
