"""The last two minutes of a programme's sound as the recogniser gets it, packets or samples, so that the desk can
hear a phrase again while the gate still holds it. In memory: a segment on disk would come seconds too late.
"""

import struct
from collections import deque
from collections.abc import Iterator

from tallylight.foundation.clock import us_to_samples
from tallylight.media.review_sound import PacketEar, PacketRun
from tallylight.media.sound import REVIEW_RATE_HZ

KEPT_US = 120_000_000
CUT_US_MAX = 30_000_000
_SAMPLE_BYTES = 2
_BLOCK_US_MAX = 10_000_000
"""No block is longer."""


class KeptSound:
    """Under 4 MB a show: what is not in packets is 16 kHz mono, signed 16-bit."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, bytes | PacketRun]] = deque()

    def add(self, at_us: int, pcm: bytes) -> None:
        """``at_us``: programme time of the first sample. Blocks come in order of time."""
        self._keep(at_us, pcm)

    def add_packets(self, run: PacketRun) -> None:
        """The same of a source's own packets; they are decoded when somebody listens."""
        self._keep(run.at_us, run)

    def _keep(self, at_us: int, block: bytes | PacketRun) -> None:
        self._blocks.append((at_us, block))
        while self._blocks[0][0] < at_us - KEPT_US:
            self._blocks.popleft()

    def cut(self, from_us: int, until_us: int) -> bytes | None:
        """[from_us, until_us) as a WAV file, silence where nothing came; up to what there is by now.

        None when nothing of it is kept. Raises ValueError for more than CUT_US_MAX.
        """
        if not 0 < until_us - from_us <= CUT_US_MAX:
            raise ValueError("a cut is up to thirty seconds long")
        sound = bytearray(us_to_samples(until_us - from_us, REVIEW_RATE_HZ) * _SAMPLE_BYTES)
        filled = 0
        for at_us, pcm in self._heard(from_us, until_us):
            offset = us_to_samples(abs(at_us - from_us), REVIEW_RATE_HZ) * (1 if at_us >= from_us else -1)
            low, high = offset * _SAMPLE_BYTES, offset * _SAMPLE_BYTES + len(pcm)
            first, end = max(low, 0), min(high, len(sound))
            if first < end:
                sound[first:end] = pcm[first - low : end - low]
                filled = max(filled, end)
        return _wav(bytes(sound[:filled])) if filled else None

    def _heard(self, from_us: int, until_us: int) -> Iterator[tuple[int, bytes]]:
        """Blocks that touch [from_us, until_us), decoded."""
        ear = PacketEar()
        for at_us, block in list(self._blocks):  # a copy: this may run in a thread
            if not from_us - _BLOCK_US_MAX < at_us < until_us:
                continue
            heard = ear.rest() if isinstance(block, bytes) else ear.hear(block)
            yield from ((piece.at_us, piece.pcm) for piece in heard)
            if isinstance(block, bytes):
                yield at_us, block
        yield from ((piece.at_us, piece.pcm) for piece in ear.rest())


def _wav(pcm: bytes) -> bytes:
    """``pcm`` with the 44 bytes that say what it is (RIFF WAVE, format 1)."""
    rate, size = REVIEW_RATE_HZ, len(pcm)
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * _SAMPLE_BYTES, _SAMPLE_BYTES, 8 * _SAMPLE_BYTES)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form + b"data" + struct.pack("<I", size) + pcm
