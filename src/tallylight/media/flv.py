"""FLV audio and video tags, as RTMP carries them (Adobe "Video File Format Specification" 10.1, annex E.4).

Video stays opaque: AVC samples with 4-byte lengths as they came. Anything that viewers' browsers cannot play is
refused with words that tell the host what to change.
"""

from dataclasses import dataclass

import msgspec

from tallylight.media.errors import StreamRefusedError

_AVC, _HEVC_LEGACY = 7, 12
_AAC = 10
_KEYFRAME = 1
_ENHANCED = 0x80


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """An AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""

    avcc: bytes


class VideoSample(msgspec.Struct, frozen=True, gc=False):
    """One AVC access unit; ``composition_ms`` is presentation minus decoding time and may be negative."""

    composition_ms: int
    key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """An AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""

    asc: bytes


class AudioSample(msgspec.Struct, frozen=True, gc=False):
    """One raw AAC frame."""

    data: bytes


def parse_video(payload: bytes) -> VideoConfig | VideoSample | None:
    """What a video message holds; None for what carries no picture (end of sequence, commands)."""
    first = payload[0]
    if first & _ENHANCED:
        raise StreamRefusedError(f"{_fourcc_name(payload[1:5])} video cannot be played everywhere. {_USE_H264}")
    codec = first & 0x0F
    if codec == _HEVC_LEGACY:
        raise StreamRefusedError(f"HEVC (H.265) video cannot be played everywhere. {_USE_H264}")
    if codec != _AVC:
        raise StreamRefusedError(f"This video codec is not supported. {_USE_H264}")
    if len(payload) < 5:
        return None
    if payload[1] == 0:
        return VideoConfig(payload[5:])
    if payload[1] != 1 or len(payload) == 5:
        return None
    return VideoSample(int.from_bytes(payload[2:5], "big", signed=True), first >> 4 == _KEYFRAME, payload[5:])


def parse_audio(payload: bytes) -> AudioConfig | AudioSample | None:
    """What an audio message holds; None for an empty one."""
    codec = payload[0] >> 4
    if codec != _AAC:
        raise StreamRefusedError("This audio codec is not supported. Set the encoder's audio to AAC.")
    if len(payload) < 3:
        return None
    return AudioConfig(payload[2:]) if payload[1] == 0 else AudioSample(payload[2:])


_USE_H264 = "Set the encoder's video to H.264 (AVC)."


def _fourcc_name(fourcc: bytes) -> str:
    """Enhanced RTMP's codecs by the names that encoders show (Veovera, Enhanced RTMP v1)."""
    return {b"hvc1": "HEVC (H.265)", b"av01": "AV1", b"vp09": "VP9", b"avc1": "Enhanced-RTMP"}.get(fourcc, "This")
