"""AAC in and out through PyAV, one frame at a time, with sample positions kept exact."""

from collections.abc import Sequence
from fractions import Fraction

import av
import msgspec
import numpy as np
from av.audio.stream import AudioStream

from tallylight.media.units import AAC_FRAME_SAMPLES as AAC_FRAME_SAMPLES
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ, Pcm

AIR_BITRATE_BPS = 160_000
REVIEW_RATE_HZ = 16_000
REVIEW_BLOCK_SAMPLES = 5 * AAC_FRAME_SAMPLES
"""Sound goes to the recogniser in blocks of a tenth of a second: it listens every half, and each block is a message."""
_GLOBAL_HEADER = 1 << 22


def audio_frame(pcm: Pcm, at: int) -> av.AudioFrame:
    """``pcm`` as a frame for FFmpeg whose first sample is number ``at``."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE_HZ
    frame.pts = at
    frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
    return frame


def _planar(frame: av.AudioFrame) -> Pcm:
    """The samples of an fltp frame; a plane may be padded beyond them."""
    pcm = np.empty((len(frame.planes), frame.samples), np.float32)
    for channel, plane in enumerate(frame.planes):
        pcm[channel] = np.frombuffer(memoryview(plane), np.float32, frame.samples)
    return pcm


def _both(pcm: Pcm) -> Pcm:
    return pcm if pcm.shape[0] == CHANNELS else np.repeat(pcm, CHANNELS, axis=0)


class SoundDecoder:
    """A source's AAC frames to stereo at SAMPLE_RATE_HZ. A frame that does not decode becomes silence, counted."""

    def __init__(self, asc: bytes, source_rate_hz: int) -> None:
        self._codec = av.CodecContext.create("aac", "r")
        self._codec.extradata = asc
        self._resampler: av.AudioResampler | None = None
        self._silence_samples = AAC_FRAME_SAMPLES * SAMPLE_RATE_HZ // source_rate_hz
        self.broken_frames = 0

    def decode(self, data: bytes) -> Pcm:
        """The sound of one frame, (2, n); n may be 0 while the resampler fills."""
        try:
            frames = self._codec.decode(av.Packet(data))
        except av.FFmpegError:
            self.broken_frames += 1
            return np.zeros((CHANNELS, self._silence_samples), np.float32)
        pieces = [piece for frame in frames for piece in self._normalised(frame)]
        if len(pieces) == 1:
            return pieces[0]
        return np.concatenate(pieces, axis=1) if pieces else np.zeros((CHANNELS, 0), np.float32)

    def _normalised(self, frame: av.AudioFrame) -> list[Pcm]:
        usual = (
            frame.sample_rate == SAMPLE_RATE_HZ and frame.format.name == "fltp" and frame.layout.nb_channels == CHANNELS
        )
        if usual and self._resampler is None:
            return [_planar(frame)]
        if self._resampler is None:
            # FFmpeg makes stereo of mono by turning it down 3 dB: the second channel is ours to make.
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self._resampler = av.AudioResampler("fltp", layout, SAMPLE_RATE_HZ)
        frame.pts = None
        return [_both(_planar(out)) for out in self._resampler.resample(frame)]


class FrameDecoder:
    """Decodes the frames of a source that air can carry, the few that are needed, in any order."""

    def __init__(self, asc: bytes) -> None:
        self._decoder = SoundDecoder(asc, SAMPLE_RATE_HZ)
        self._last: bytes | None = None

    def decode(self, data: bytes, before: bytes | None) -> Pcm:
        """The sound of the frame ``data``, (2, AAC_FRAME_SAMPLES). ``before``: the one that came before it, of whose
        sound the transform lays half over this (ISO/IEC 14496-3, 4.6.11)."""
        if before is not None and before is not self._last:
            self._decoder.decode(before)
        pcm = self._decoder.decode(data)[:, :AAC_FRAME_SAMPLES]
        self._last = data
        missing = AAC_FRAME_SAMPLES - pcm.shape[1]
        return np.pad(pcm, ((0, 0), (0, missing))) if missing else pcm


class CodedFrame(msgspec.Struct, frozen=True, gc=False):
    """One AAC frame as the source sent it. Hardly any is ever decoded here: only what lies around withheld sound."""

    data: bytes
    before: bytes | None
    decoder: FrameDecoder

    def pcm(self) -> Pcm:
        return self.decoder.decode(self.data, self.before)


class ReviewSound:
    """Sound as the recogniser hears it: 16 kHz mono, signed 16-bit little-endian."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler("s16", "mono", REVIEW_RATE_HZ)
        self._waiting: list[Pcm] = []
        self._samples = 0

    def convert(self, pcm: Pcm) -> bytes:
        """What comes out for ``pcm``: nothing until a block is full. The resampler keeps a few samples back too."""
        self._waiting.append(pcm)
        self._samples += pcm.shape[1]
        return self._block() if self._samples >= REVIEW_BLOCK_SAMPLES else b""

    def waiting(self) -> bytes:
        """What waits for its block to be full, now."""
        return self._block() if self._waiting else b""

    def rest(self) -> bytes:
        """What is still inside; nothing can be converted afterwards."""
        return self.waiting() + b"".join(out.to_ndarray().tobytes() for out in self._resampler.resample(None))

    def _block(self) -> bytes:
        frame = audio_frame(np.concatenate(self._waiting, axis=1), 0)
        frame.pts = None
        self._waiting, self._samples = [], 0
        return b"".join(out.to_ndarray().tobytes() for out in self._resampler.resample(frame))


class AacPacket(msgspec.Struct, frozen=True, gc=False):
    """One AAC frame: ``pts`` and ``duration`` in samples of the broadcast's sample clock."""

    pts: int
    duration: int
    data: bytes


class SoundEncoder:
    """Continuous sound to AAC-LC. A packet's ``pts`` is the index of the sample that it decodes to first.

    The encoder primes with one frame (1024 samples) before the first sample; that packet is dropped, as a decoder
    that starts at a packet discards as much anyway, and positions stay true.
    """

    def __init__(self, bitrate_bps: int = AIR_BITRATE_BPS) -> None:
        self._codec = av.CodecContext.create("aac", "w")
        self._codec.sample_rate = SAMPLE_RATE_HZ
        self._codec.layout = "stereo"
        self._codec.format = "fltp"
        self._codec.bit_rate = bitrate_bps
        self._codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
        self._codec.flags |= _GLOBAL_HEADER
        self._codec.open()
        self._first: int | None = None

    @property
    def asc(self) -> bytes:
        assert self._codec.extradata is not None
        return bytes(self._codec.extradata)

    def encode(self, start: int, pcm: Pcm) -> list[AacPacket]:
        """Sound must follow on without a gap: ``start`` is where the call before ended."""
        if self._first is None:
            self._first = start
        return self._packets(self._codec.encode(audio_frame(pcm, start)))

    def finish(self) -> list[AacPacket]:
        """The packets still inside. Nothing can be encoded afterwards."""
        return [] if self._first is None else self._packets(self._codec.encode(None))

    def _packets(self, packets: "Sequence[av.Packet[AudioStream]]") -> list[AacPacket]:
        return [
            AacPacket(packet.pts, packet.duration or AAC_FRAME_SAMPLES, bytes(packet))
            for packet in packets
            if packet.pts is not None and self._first is not None and packet.pts >= self._first
        ]
