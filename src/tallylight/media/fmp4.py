"""Fragmented MP4: the initialisation segment and the fragments (ISO/IEC 14496-12, -14, -15).

One video track (AVC, id 1, 90 kHz) and one sound track (AAC, id 2). Composition offsets are signed (trun version 1),
so that an epoch's first picture can be shown at its very first tick.
"""

import struct
from collections.abc import Sequence

import msgspec

from tallylight.media.codec_config import PictureFormat
from tallylight.media.sound import AacPacket
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ

VIDEO_TICKS_PER_SECOND = 90_000

_VIDEO_TRACK, _AUDIO_TRACK = 1, 2
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_KEY_FLAGS = 0x02000000  # depends on no other sample
_DELTA_FLAGS = 0x01010000  # depends on others, is not a sync sample

# A fragment's boxes up to their rows, each as size, name, version and flags, fields: there are a dozen a second.
_FRAGMENT_HEAD = struct.Struct(">I4s I4sII")  # moof, mfhd: the sequence number
_VIDEO_HEAD = struct.Struct(">I4s I4sII I4sIQ I4sIIi")
"""traf; tfhd: the track (the base is the moof); tfdt: when it begins; trun: how many, where. Its flags say that each
picture has a row of duration, size, flags and composition offset."""
_SOUND_HEAD = struct.Struct(">I4s I4sIII I4sIQ I4sIIi")
"""The same; tfhd holds the flags of all, and a packet's row is duration and size."""
_VIDEO_ROW, _SOUND_ROW = 16, 8


class VideoSample(msgspec.Struct, frozen=True, gc=False):
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
    pictures, sounds = [sample.data for sample in video], [packet.data for packet in sound]
    video_bytes, sound_bytes = sum(map(len, pictures)), sum(map(len, sounds))
    video_size = _VIDEO_HEAD.size + _VIDEO_ROW * len(video) if video else 0
    sound_size = _SOUND_HEAD.size + _SOUND_ROW * len(sound) if sound else 0
    size = _FRAGMENT_HEAD.size + video_size + sound_size
    pieces = [_FRAGMENT_HEAD.pack(size, b"moof", _FRAGMENT_HEAD.size - 8, b"mfhd", 0, sequence)]
    if video:
        rows = [
            field
            for item in video
            for field in (item.duration, len(item.data), _KEY_FLAGS if item.key else _DELTA_FLAGS, item.composition)
        ]
        pieces.append(
            _VIDEO_HEAD.pack(
                video_size, b"traf", 16, b"tfhd", 0x020000, _VIDEO_TRACK, 20, b"tfdt", 1 << 24, video[0].dts,
                20 + _VIDEO_ROW * len(video), b"trun", 1 << 24 | 0x000F01, len(video), size + 8,
            )
        )  # fmt: skip
        pieces.append(struct.pack(">" + "IIIi" * len(video), *rows))
    if sound:
        rows = [field for item in sound for field in (item.duration, len(item.data))]
        pieces.append(
            _SOUND_HEAD.pack(
                sound_size, b"traf", 20, b"tfhd", 0x020020, _AUDIO_TRACK, _KEY_FLAGS, 20, b"tfdt", 1 << 24,
                sound[0].pts, 20 + _SOUND_ROW * len(sound), b"trun", 0x000301, len(sound), size + 8 + video_bytes,
            )
        )  # fmt: skip
        pieces.append(struct.pack(f">{2 * len(sound)}I", *rows))
    pieces.append(struct.pack(">I4s", 8 + video_bytes + sound_bytes, b"mdat"))
    return b"".join([*pieces, *pictures, *sounds])


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
