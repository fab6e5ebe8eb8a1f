"""Decodes what aired, as a viewer's player would: from playlists and the files they name."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import av
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

    def seconds_heard(
        self, candidates: Iterable[int], start_us: int | None = None, end_us: int | None = None
    ) -> set[int]:
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
    pictures: list[AiredPicture] = []
    sounds: list[tuple[int, NDArray[np.float32]]] = []
    runs = _runs(text)
    for run in runs:
        data = fetch(run.init) + b"".join(map(fetch, run.files))
        decoded_pictures, decoded_sounds = _decode(data, run.at_us)
        pictures += decoded_pictures
        sounds += decoded_sounds
    origin_us = runs[0].at_us
    end = max((at - origin_us) * SAMPLE_RATE_HZ // 1_000_000 + len(piece) for at, piece in sounds)
    sound = np.full(end, np.nan, np.float32)
    for at, piece in sounds:
        first = round((at - origin_us) * SAMPLE_RATE_HZ / 1_000_000)
        kept = piece[max(-first, 0) :]
        sound[max(first, 0) : max(first, 0) + len(kept)] = kept[: end - max(first, 0)]
    return Aired(origin_us, pictures, sound)


@dataclass
class _Run:
    """Files that one initialisation segment goes with, without a break."""

    init: str
    at_us: int
    files: list[str]


def _runs(text: str) -> list[_Run]:
    """What a player would append, in order: whole segments, and at the end the parts of an unfinished one."""
    runs: list[_Run] = []
    init, at_us, begins = "", 0, True
    parts: list[str] = []

    def append(files: list[str]) -> None:
        nonlocal begins
        if begins:
            runs.append(_Run(init, at_us, []))
            begins = False
        runs[-1].files += files

    for line in text.splitlines():
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-DISCONTINUITY":
            begins = True
        elif tag == "#EXT-X-MAP":
            uri = value.split('"')[1]
            begins, init = begins or uri != init, uri
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            at_us = round(datetime.fromisoformat(value).timestamp() * 1_000_000)
        elif tag == "#EXT-X-PART":
            parts.append(value.split('URI="')[1].split('"')[0])
        elif line and not line.startswith("#"):
            append([line])
            parts.clear()
    if parts:
        append(parts)
    return runs


def _decode(data: bytes, start_us: int) -> tuple[list[AiredPicture], list[tuple[int, NDArray[np.float32]]]]:
    """One run with one initialisation segment, whose first picture is shown at ``start_us``."""
    pictures: list[tuple[int, int | None]] = []
    sounds: list[tuple[int, NDArray[np.float32]]] = []
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            assert frame.pts is not None
            assert frame.time_base is not None
            at_us = int(frame.pts * frame.time_base * 1_000_000)
            if isinstance(frame, av.VideoFrame):
                luma = frame.reformat(format="gray").to_ndarray().astype(np.uint8)
                pictures.append((at_us, read_number(luma)))
            else:
                sounds.append((at_us, frame.to_ndarray()[0].astype(np.float32)))
    shift = start_us - pictures[0][0]
    return [AiredPicture(at + shift, number) for at, number in pictures], [(at + shift, pcm) for at, pcm in sounds]
