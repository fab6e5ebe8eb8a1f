"""Decodes what aired, as a viewer's player would: from playlists and the files they name."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import av
import m3u8
import numpy as np
from numpy.typing import NDArray

from tests.media.sources import SAMPLE_RATE_HZ, read_number, tone_hz

Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class AiredPicture:
    """``number``: what is drawn on it; None for the slate."""

    at_us: int
    number: int | None


@dataclass(frozen=True)
class Aired:
    """``sound``: mono samples from ``origin_us`` on; NaN where nothing aired."""

    origin_us: int
    pictures: list[AiredPicture]
    sound: NDArray[np.float32]

    def level_db(self, start_us: int, end_us: int) -> float:
        """RMS of the sound in [start, end) of programme time, dBFS; silence and nothing are -200."""
        piece = self._piece(start_us, end_us)
        rms = float(np.sqrt(np.mean(np.square(piece)))) if len(piece) else 0.0
        return 20 * float(np.log10(max(rms, 1e-10)))

    def tone_db(self, hz: float, start_us: int, end_us: int) -> float:
        """Amplitude of one pitch in [start, end), dBFS."""
        piece = self._piece(start_us, end_us)
        if not len(piece):
            return -200.0
        wave = np.exp(-2j * np.pi * hz * np.arange(len(piece)) / SAMPLE_RATE_HZ) * np.hanning(len(piece)) * 2
        return 20 * float(np.log10(max(abs(np.mean(piece * wave)) * 2, 1e-10)))

    def seconds_heard(self, candidates: range, start_us: int | None = None, end_us: int | None = None) -> set[int]:
        """Which source seconds' pitches sound anywhere, looked for in windows of 50 ms."""
        heard = set()
        end = end_us or self.origin_us + len(self.sound) * 1_000_000 // SAMPLE_RATE_HZ
        for at_us in range(start_us or self.origin_us, end - 50_000, 25_000):
            for second in candidates:
                if second not in heard and self.tone_db(tone_hz(second), at_us, at_us + 50_000) > -20:
                    heard.add(second)
        return heard

    def _piece(self, start_us: int, end_us: int) -> NDArray[np.float32]:
        first = max((start_us - self.origin_us) * SAMPLE_RATE_HZ // 1_000_000, 0)
        last = max((end_us - self.origin_us) * SAMPLE_RATE_HZ // 1_000_000, 0)
        return np.nan_to_num(self.sound[first:last])


def decode_playlist(text: str, fetch: Fetch) -> Aired:
    """All that a playlist names, parts after the last segment included, placed by PROGRAM-DATE-TIME."""
    playlist = m3u8.loads(text)
    origin_us: int | None = None
    pictures: list[AiredPicture] = []
    sounds: list[tuple[int, NDArray[np.float32]]] = []
    run: list[bytes] = []
    run_init, run_us = "", 0

    def finish() -> None:
        if run:
            decoded_pictures, decoded_sounds = _decode(fetch(run_init) + b"".join(run), run_us)
            pictures.extend(decoded_pictures)
            sounds.extend(decoded_sounds)
            run.clear()

    for segment in playlist.segments:
        at_us = _microseconds(segment.program_date_time)
        origin_us = at_us if origin_us is None else origin_us
        if segment.discontinuity or segment.init_section.uri != run_init:
            finish()
        if not run:
            run_init, run_us = segment.init_section.uri, at_us
        if segment.uri:
            run.append(fetch(segment.uri))
        else:
            run += [fetch(part.uri) for part in segment.parts]
    finish()
    assert origin_us is not None
    end = max((at - origin_us) * SAMPLE_RATE_HZ // 1_000_000 + len(piece) for at, piece in sounds)
    sound = np.full(end, np.nan, np.float32)
    for at, piece in sounds:
        first = round((at - origin_us) * SAMPLE_RATE_HZ / 1_000_000)
        if first < 0:
            piece, first = piece[-first:], 0
        sound[first : first + len(piece)] = piece[: end - first]
    return Aired(origin_us, pictures, sound)


def _decode(data: bytes, start_us: int) -> tuple[list[AiredPicture], list[tuple[int, NDArray[np.float32]]]]:
    """One run with one initialisation segment, whose first picture is shown at ``start_us``."""
    pictures: list[tuple[int, int | None]] = []
    sounds: list[tuple[int, NDArray[np.float32]]] = []
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            assert frame.pts is not None
            assert frame.time_base is not None
            at_us = int(frame.pts * frame.time_base * 1_000_000)
            if isinstance(frame, av.VideoFrame):
                luma = frame.reformat(format="gray").to_ndarray()
                pictures.append((at_us, read_number(luma)))
            else:
                assert isinstance(frame, av.AudioFrame)
                sounds.append((at_us, frame.to_ndarray()[0].astype(np.float32)))
    shift = start_us - pictures[0][0]
    return [AiredPicture(at + shift, number) for at, number in pictures], [(at + shift, pcm) for at, pcm in sounds]


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
