"""Fragmented MP4: the initialisation segment and the fragments (ISO/IEC 14496-12, -14, -15).

One video track (AVC, id 1, 90 kHz) and one sound track (AAC, id 2). Composition offsets are signed (trun version 1),
so that an epoch's first picture can be shown at its very first tick.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from tallylight.media.codec_config import PictureFormat
from tallylight.media.sound import AacPacket
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ

VIDEO_TICKS_PER_SECOND = 90_000

_VIDEO_TRACK, _AUDIO_TRACK = 1, 2
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_KEY_FLAGS = 0x02000000  # depends on no other sample
_DELTA_FLAGS = 0x01010000  # depends on others, is not a sync sample


@dataclass(frozen=True, slots=True)
class VideoSample:
    """One coded picture in ticks of 1/90,000 s since the broadcast's origin."""

    dts: int
    duration: int
    composition: int
    key: bool
    data: bytes

    @property
    def end(self) -> int:
        return self.dts + self.duration


def init_segment(picture: PictureFormat, avcc: bytes, asc: bytes) -> bytes:
    """``ftyp`` and ``moov`` for these two decoders."""
    visual = _box(
        b"avc1",
        bytes(6) + struct.pack(">H", 1) + bytes(16),
        struct.pack(">HHIIIH", picture.width, picture.height, 0x480000, 0x480000, 0, 1),
        bytes(32) + struct.pack(">Hh", 24, -1),
        _box(b"avcC", avcc),
    )
    sound = _box(
        b"mp4a",
        bytes(6) + struct.pack(">H", 1) + bytes(8),
        struct.pack(">HHHHI", CHANNELS, 16, 0, 0, SAMPLE_RATE_HZ << 16),
        _elementary_stream(asc),
    )
    header = _full(
        b"mvhd", 0, 0,
        struct.pack(">IIII", 0, 0, 1000, 0), struct.pack(">IHH", 0x10000, 0x100, 0), bytes(8),
        _MATRIX, bytes(24), struct.pack(">I", 3),
    )  # fmt: skip
    tracks = _track(_VIDEO_TRACK, b"vide", VIDEO_TICKS_PER_SECOND, visual, picture.width, picture.height)
    tracks += _track(_AUDIO_TRACK, b"soun", SAMPLE_RATE_HZ, sound, 0, 0)
    extends = _box(
        b"mvex",
        *(_full(b"trex", 0, 0, struct.pack(">IIIII", track, 1, 0, 0, 0)) for track in (_VIDEO_TRACK, _AUDIO_TRACK)),
    )
    brands = b"iso6" + struct.pack(">I", 1) + b"iso6cmfcmp41"
    return _box(b"ftyp", brands) + _box(b"moov", header, tracks, extends)


def read_init(init: bytes) -> tuple[bytes, bytes]:
    """The AVCDecoderConfigurationRecord and the AudioSpecificConfig of an ``init_segment``."""
    avcc = init.index(b"avcC")
    size = int.from_bytes(init[avcc - 4 : avcc], "big")
    # esds: version, then descriptors in one another, each a tag and a length: ES (3 bytes), decoder (13), its config.
    config = init.index(b"esds") + 8 + 2 + 3 + 2 + 13
    return init[avcc + 4 : avcc - 4 + size], init[config + 2 : config + 2 + init[config + 1]]


def fragment(sequence: int, video: Sequence[VideoSample], sound: Sequence[AacPacket]) -> bytes:
    """``moof`` and ``mdat`` of these samples; each list is contiguous in time and may be empty."""
    size = len(_moof(sequence, video, sound, 0))
    payload = b"".join([*(sample.data for sample in video), *(packet.data for packet in sound)])
    return _moof(sequence, video, sound, size + 8) + struct.pack(">I4s", 8 + len(payload), b"mdat") + payload


def _moof(sequence: int, video: Sequence[VideoSample], sound: Sequence[AacPacket], data_offset: int) -> bytes:
    tracks = b""
    if video:
        rows = b"".join(
            struct.pack(
                ">IIIi", item.duration, len(item.data), _KEY_FLAGS if item.key else _DELTA_FLAGS, item.composition
            )
            for item in video
        )
        # Flags: data offset, and of each sample its duration, size, flags and composition offset.
        tracks += _track_fragment(
            _full(b"tfhd", 0, 0x020000, struct.pack(">I", _VIDEO_TRACK)), video[0].dts,
            _full(b"trun", 1, 0x000F01, struct.pack(">Ii", len(video), data_offset), rows),
        )  # fmt: skip
        data_offset += sum(len(item.data) for item in video)
    if sound:
        rows = b"".join(struct.pack(">II", item.duration, len(item.data)) for item in sound)
        # Flags: data offset, and of each sample its duration and size; the sample flags stand in tfhd.
        tracks += _track_fragment(
            _full(b"tfhd", 0, 0x020020, struct.pack(">II", _AUDIO_TRACK, _KEY_FLAGS)), sound[0].pts,
            _full(b"trun", 0, 0x000301, struct.pack(">Ii", len(sound), data_offset), rows),
        )  # fmt: skip
    return _box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", sequence)), tracks)


def _track_fragment(header: bytes, decode_time: int, run: bytes) -> bytes:
    return _box(b"traf", header, _full(b"tfdt", 1, 0, struct.pack(">Q", decode_time)), run)


def _track(track: int, handler: bytes, timescale: int, entry: bytes, width: int, height: int) -> bytes:
    video = handler == b"vide"
    media_header = _full(b"vmhd", 0, 1, bytes(8)) if video else _full(b"smhd", 0, 0, bytes(4))
    tables = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    references = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0)),
        _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"tallylight\0"),
        _box(b"minf", media_header, references, tables),
    )
    header = _full(
        b"tkhd", 0, 3,
        struct.pack(">IIIII", 0, 0, track, 0, 0), bytes(8), struct.pack(">hhhh", 0, 0, 0 if video else 0x100, 0),
        _MATRIX, struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip
    return _box(b"trak", header, media)


def _elementary_stream(asc: bytes) -> bytes:
    """esds (ISO/IEC 14496-14, 5.6) around the AudioSpecificConfig."""

    def descriptor(tag: int, body: bytes) -> bytes:
        return bytes((tag, len(body))) + body

    decoder = descriptor(4, bytes((0x40, 0x15, 0, 0, 0)) + struct.pack(">II", 0, 0) + descriptor(5, asc))
    return _full(b"esds", 0, 0, descriptor(3, struct.pack(">HB", 1, 0) + decoder + descriptor(6, b"\x02")))


def _box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *contents: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *contents)
