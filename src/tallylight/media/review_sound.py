"""A programme's sound on its way to the recogniser: packets as the source sent them, to be decoded where it listens.

Decoding would cost the process that airs the show more than everything else it does for its sound. Only what has no
packet of its own is sent decoded: silence that fills a gap, a source at another rate or in mono, a frame of which a
part came too late.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np

from tallylight.foundation.clock import samples_to_us
from tallylight.media.sound import AAC_FRAME_SAMPLES, REVIEW_BLOCK_SAMPLES, REVIEW_RATE_HZ, ReviewSound, SoundDecoder
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ, Pcm

_STEP_US = 1_000
"""Packets that begin this near to where the ones before ended go on from them: all times are rounded."""


class PacketRun(msgspec.Struct, frozen=True):
    """AAC frames in a row, the first of them at programme time ``at_us``; ``asc`` is their AudioSpecificConfig.

    ``before``: the frame that came before them, empty at the beginning: a decoder has to have heard it.
    """

    at_us: int
    asc: bytes
    before: bytes
    packets: tuple[bytes, ...]

    @property
    def end_us(self) -> int:
        return self.at_us + samples_to_us(len(self.packets) * AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ)

    def after(self, at_us: int) -> "PacketRun":
        """The frames of it that end after ``at_us``."""
        gone = sum(
            self.at_us + samples_to_us(count * AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ) <= at_us
            for count in range(1, len(self.packets) + 1)
        )
        if not gone:
            return self
        began_us = self.at_us + samples_to_us(gone * AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ)
        return PacketRun(began_us, self.asc, self.packets[gone - 1], self.packets[gone:])


class ReviewListener(Protocol):
    """Gets all sound of an epoch, in order and without a gap."""

    def review_packets(self, run: PacketRun) -> None: ...

    def review_sound(self, at_us: int, pcm: bytes) -> None:
        """16 kHz mono s16 sound whose first sample is at ``at_us``."""
        ...


class ReviewFeed:
    """One epoch's sound in blocks to a listener; ``finish`` at its end."""

    def __init__(self, asc: bytes, listener: ReviewListener) -> None:
        self._asc = asc
        self._listener = listener
        self._packets: list[bytes] = []
        self._packets_us = 0
        self._before = b""
        self._pcm: ReviewSound | None = None
        self._pcm_us = 0
        self._pcm_sent = 0

    def packet(self, at_us: int, data: bytes, before: bytes | None) -> None:
        if self._pcm is not None:
            self._end_pcm(self._pcm)
        if not self._packets:
            self._packets_us, self._before = at_us, before or b""
        self._packets.append(data)
        if len(self._packets) * AAC_FRAME_SAMPLES >= REVIEW_BLOCK_SAMPLES:
            self._send_packets()

    def pcm(self, at_us: int, pcm: Pcm) -> None:
        self._send_packets()
        if self._pcm is None:
            self._pcm, self._pcm_us, self._pcm_sent = ReviewSound(), at_us, 0
        self._send_pcm(self._pcm.convert(pcm))

    def finish(self) -> None:
        self._send_packets()
        if self._pcm is not None:
            self._end_pcm(self._pcm)

    def _send_packets(self) -> None:
        if self._packets:
            run = PacketRun(self._packets_us, self._asc, self._before, tuple(self._packets))
            self._packets = []
            self._listener.review_packets(run)

    def _end_pcm(self, pcm: ReviewSound) -> None:
        self._pcm = None
        self._send_pcm(pcm.rest())

    def _send_pcm(self, samples: bytes) -> None:
        if samples:
            at_us = self._pcm_us + self._pcm_sent * 1_000_000 // REVIEW_RATE_HZ
            self._pcm_sent += len(samples) // 2
            self._listener.review_sound(at_us, samples)


class HeardSound(msgspec.Struct, frozen=True):
    """16 kHz mono s16 ``pcm`` from ``at_us``; silence stands for the stretches that did not decode (``unheard``)."""

    at_us: int
    pcm: bytes
    unheard: tuple[tuple[int, int], ...] = ()


class PacketEar:
    """Hears packet runs. What it gives out trails by the few samples that a resampler keeps; ``rest`` are those."""

    def __init__(self) -> None:
        self._decoder: SoundDecoder | None = None
        self._resampler = ReviewSound()
        self._asc = b""
        self._began_us = 0
        self._given = 0
        self._next_us = 0

    def hear(self, run: PacketRun) -> Sequence[HeardSound]:
        """The run's sound, after the rest of what it does not go on from."""
        heard: list[HeardSound] = []
        decoder = self._decoder
        if decoder is None or run.asc != self._asc or abs(run.at_us - self._next_us) > _STEP_US:
            heard += self.rest()
            decoder = self._begin(run)
        pcm, unheard = b"", []
        for number, packet in enumerate(run.packets):
            broken = decoder.broken_frames
            frame = decoder.decode(packet)
            if decoder.broken_frames > broken or frame.shape[1] != AAC_FRAME_SAMPLES:
                frame = np.zeros((CHANNELS, AAC_FRAME_SAMPLES), np.float32)
                unheard.append(_stretch(run.at_us, number))
            pcm += self._resampler.convert(frame)
        pcm += self._resampler.waiting()
        self._next_us = run.end_us
        heard.append(self._out(pcm, tuple(unheard)))
        return heard

    def rest(self) -> Sequence[HeardSound]:
        """What is still inside, at an end or before sound from elsewhere."""
        if self._decoder is None:
            return []
        self._decoder = None
        pcm = self._resampler.rest()
        return [self._out(pcm)] if pcm else []

    def _begin(self, run: PacketRun) -> SoundDecoder:
        self._asc, self._began_us, self._given = run.asc, run.at_us, 0
        self._resampler = ReviewSound()
        decoder = self._decoder = SoundDecoder(run.asc, SAMPLE_RATE_HZ)
        if run.before:
            decoder.decode(run.before)
        return decoder

    def _out(self, pcm: bytes, unheard: tuple[tuple[int, int], ...] = ()) -> HeardSound:
        at_us = self._began_us + self._given * 1_000_000 // REVIEW_RATE_HZ
        self._given += len(pcm) // 2
        return HeardSound(at_us, pcm, unheard)


def _stretch(at_us: int, number: int) -> tuple[int, int]:
    """From and until of the frame with this number in a run."""
    start, end = (samples_to_us((number + more) * AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ) for more in (0, 1))
    return at_us + start, at_us + end
