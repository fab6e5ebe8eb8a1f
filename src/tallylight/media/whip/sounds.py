"""Opus to AAC, sample for sample: what was lost on the way becomes silence, so that the clock never breaks."""

import av
import numpy as np

from tallylight.media.sound import SoundEncoder
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ, Pcm

GAP_SAMPLES_MAX = 2 * SAMPLE_RATE_HZ
"""A longer gap is left to the timeline, which opens a new epoch."""
_JITTER_SAMPLES = SAMPLE_RATE_HZ // 50
"""Opus frames have 20 ms as a rule; what is off by less is no gap."""


class AacSounds:
    """``take`` Opus packets with their RTP time in samples; (time in samples, FLV payload) come out."""

    def __init__(self) -> None:
        self._decoder = av.CodecContext.create("opus", "r")
        self._decoder.sample_rate = SAMPLE_RATE_HZ
        self._decoder.layout = "stereo"
        self._resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE_HZ)
        self._encoder = SoundEncoder()
        self._next: int | None = None
        self.lost_samples = 0

    def take(self, at: int, opus: bytes) -> list[tuple[int, bytes]]:
        payloads: list[tuple[int, bytes]] = []
        if self._next is None or not -GAP_SAMPLES_MAX <= at - self._next <= GAP_SAMPLES_MAX:
            self._encoder = SoundEncoder()
            self._next = at
            payloads.append((at, b"\xaf\x00" + self._encoder.asc))
        missing = at - self._next
        if missing >= _JITTER_SAMPLES:
            self.lost_samples += missing
            payloads += self._encode(np.zeros((CHANNELS, missing), np.float32))
        pcm = self._decode(opus)
        if pcm.shape[1]:
            payloads += self._encode(pcm)
        return payloads

    def _decode(self, opus: bytes) -> Pcm:
        try:
            frames = self._decoder.decode(av.Packet(opus))
        except av.FFmpegError:
            return np.zeros((CHANNELS, 0), np.float32)  # the next packet's time fills it with silence
        pieces: list[Pcm] = []
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            frame.pts = None
            pieces += [out.to_ndarray().astype(np.float32, copy=False) for out in self._resampler.resample(frame)]
        return np.concatenate(pieces, axis=1) if pieces else np.zeros((CHANNELS, 0), np.float32)

    def _encode(self, pcm: Pcm) -> list[tuple[int, bytes]]:
        assert self._next is not None
        packets = self._encoder.encode(self._next, pcm)
        self._next += pcm.shape[1]
        return [(packet.pts, b"\xaf\x01" + packet.data) for packet in packets]
