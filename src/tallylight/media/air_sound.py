"""Sound on its way to air: the source's own AAC packets wherever nothing was withheld, encoded anew around what was.

An AAC packet is half of two frames of sound: the one it is placed at and the one after (ISO/IEC 14496-3, 4.6.11: the
transform overlaps by half). So a source packet passes only when the frame before, its own and the frame after all
aired as they came; the packet before a withheld frame already carries half of it and is replaced too. That is why a
packet leaves one frame after its own: the fate of the next frame must be known.

From the packet before a withheld frame until one frame after the last, sound comes from an encoder that is warmed up
with the frames before, on the same 1024-sample grid, and a decoder goes over both seams without a gap. Sound whose
packets cannot be passed (another rate, mono, frames off the grid) is encoded throughout. A break in the grid, such as
the silence of lost sound, costs a hole of less than a frame where the grids do not meet.
"""

from collections import deque
from functools import cache

from tallylight.media.delay_gate import ReleasedSound
from tallylight.media.sound import AAC_FRAME_SAMPLES, AIR_BITRATE_BPS, AacPacket, SoundEncoder

WARM_FRAMES = 4
"""Frames that an encoder hears before the first of its packets that airs."""
SPLICE_BITRATE_BPS = 256_000
"""Between the source's own packets, so that what is coded a second time loses little; it lasts as long as a span."""


@cache
def air_asc() -> bytes:
    """The AudioSpecificConfig of all sound on air: AAC-LC, 48 kHz, stereo, 1024 samples a frame."""
    return SoundEncoder().asc


class AirSound:
    """One epoch's sound: released frames in order in, packets for air out."""

    def __init__(self) -> None:
        self._held: ReleasedSound | None = None
        """The newest frame. Its own packet waits for what becomes of the next one."""
        self._before: deque[ReleasedSound] = deque(maxlen=WARM_FRAMES)
        self._encoder: SoundEncoder | None = None
        self._next = 0
        """Where the next packet belongs while encoding."""

    def air(self, sound: ReleasedSound) -> list[AacPacket]:
        """What can leave now that ``sound`` is decided; it follows on the one before."""
        if self._encoder is not None:
            packets = self._go_on_encoding(self._encoder, sound)
        elif self._held is None:
            packets = [] if sound.packet is not None else self._begin_encoding([sound], sound.start)
        elif sound.packet is not None:
            packets = [_as_it_came(self._held)]
        else:
            packets = self._begin_encoding([*self._before, self._held, sound], self._held.start)
        if self._held is not None:
            self._before.append(self._held)
        self._held = sound
        return packets

    def finish(self) -> list[AacPacket]:
        """The packets still inside. The last frame's own packet reaches past what was decided, so it is encoded."""
        if self._held is None:
            return []
        packets: list[AacPacket] = []
        if self._encoder is None:
            packets = self._begin_encoding([*self._before, self._held], self._held.start)
        assert self._encoder is not None
        packets += self._wanted(self._encoder.finish(), self._held.start + self._held.samples)
        self._encoder, self._held = None, None
        self._before.clear()
        return packets

    def _begin_encoding(self, sounds: list[ReleasedSound], first: int) -> list[AacPacket]:
        """Encode ``sounds``, of which the packets from sample ``first`` on air."""
        spliced = any(sound.packet for sound in sounds)
        encoder = self._encoder = SoundEncoder(SPLICE_BITRATE_BPS if spliced else AIR_BITRATE_BPS)
        self._next = first
        return [packet for sound in sounds for packet in self._wanted(encoder.encode(sound.start, sound.pcm))]

    def _go_on_encoding(self, encoder: SoundEncoder, sound: ReleasedSound) -> list[AacPacket]:
        off_grid = (sound.start - self._next) % AAC_FRAME_SAMPLES != 0
        if sound.packet is not None and off_grid:
            ended = self._wanted(encoder.finish(), sound.start)
            return [*ended, *self._begin_encoding([sound], sound.start)]
        packets = self._wanted(encoder.encode(sound.start, sound.pcm))
        clear = self._before and self._before[-1].packet and self._held is not None and self._held.packet
        if clear and sound.packet is not None and self._held is not None and self._next == self._held.start:
            packets.append(_as_it_came(self._held))
            self._encoder = None
        return packets

    def _wanted(self, packets: list[AacPacket], until: int | None = None) -> list[AacPacket]:
        """Those that belong on air, whole and before ``until``; the encoder's warming up is left out."""
        wanted = [
            packet
            for packet in packets
            if packet.pts >= self._next and (until is None or packet.pts + AAC_FRAME_SAMPLES <= until)
        ]
        if wanted:
            self._next = wanted[-1].pts + AAC_FRAME_SAMPLES
        return wanted


def _as_it_came(sound: ReleasedSound) -> AacPacket:
    assert sound.packet is not None
    return AacPacket(sound.start, AAC_FRAME_SAMPLES, sound.packet)
