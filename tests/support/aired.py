"""What aired, as a player would get it: collects a live playlist; the sound comes back by programme time."""

import io
import threading
from typing import NamedTuple

import av
import httpx
import m3u8
import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000

Samples = npt.NDArray[np.float32]


class Piece(NamedTuple):
    """One segment: its name, where it starts in programme time, its length, and the init section it needs."""

    uri: str
    start_us: int
    duration_us: int
    init_uri: str
    discontinuity: bool


class AiredCollector:
    """Reads a plain HLS playlist on a thread of its own from now on, and keeps every segment that it names."""

    def __init__(self, playlist_url: str) -> None:
        self._url = playlist_url
        self.pieces: list[Piece] = []
        self.bodies: dict[str, bytes] = {}
        self._stop = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def until_us(self) -> int:
        """Programme time up to which segments are here; 0 before the first. Raises what went wrong on the thread."""
        if self._problem is not None:
            raise self._problem
        return self.pieces[-1].start_us + self.pieces[-1].duration_us if self.pieces else 0

    def wait_until(self, at_us: int, timeout_s: float) -> None:
        """Block until the programme has aired up to ``at_us``."""
        waited = 0.0
        while self.until_us() < at_us:
            if waited > timeout_s:
                raise TimeoutError(f"aired only up to {self.until_us()}, not {at_us}, after {timeout_s} s")
            self._stop.wait(0.5)
            waited += 0.5

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def sound(self, start_us: int, end_us: int) -> Samples:
        """The aired sound of [start_us, end_us) as mono floats at RATE_HZ; zeros where nothing aired."""
        result = np.zeros((end_us - start_us) * RATE_HZ // 1_000_000, np.float32)
        for first_us, samples in self._runs():
            offset = (first_us - start_us) * RATE_HZ // 1_000_000
            low, high = max(0, offset), min(len(result), offset + len(samples))
            if low < high:
                result[low:high] = samples[low - offset : high - offset]
        return result

    def _runs(self) -> list[tuple[int, Samples]]:
        """Stretches without a discontinuity, each decoded as one stream."""
        runs: list[list[Piece]] = []
        for piece in list(self.pieces):
            if piece.discontinuity or not runs or runs[-1][-1].init_uri != piece.init_uri:
                runs.append([])
            runs[-1].append(piece)
        return [(run[0].start_us, self._decode(run)) for run in runs]

    def _decode(self, run: list[Piece]) -> Samples:
        data = self.bodies[run[0].init_uri] + b"".join(self.bodies[piece.uri] for piece in run)
        resampler = av.AudioResampler("flt", "mono", RATE_HZ)
        with av.open(io.BytesIO(data), "r", format="mp4") as container:
            video_start = container.streams.video[0].start_time if container.streams.video else None
            chunks, audio_start = [], None
            for frame in container.decode(audio=0):
                if audio_start is None and frame.pts is not None and frame.time_base is not None:
                    audio_start = float(frame.pts * frame.time_base)
                frame.pts = None
                chunks += [out.to_ndarray().ravel() for out in resampler.resample(frame)]
            samples: Samples = np.concatenate(chunks).astype(np.float32) if chunks else np.zeros(0, np.float32)
            if video_start is None or audio_start is None:
                return samples
            # A segment's date is that of its first picture; the sound in it may begin a little before or after.
            time_base = container.streams.video[0].time_base
            lead = round((audio_start - float(video_start * (time_base or 0))) * RATE_HZ)
            if lead <= 0:
                return samples[-lead:]
            silence: Samples = np.zeros(lead, np.float32)
            return np.concatenate([silence, samples])

    def _run(self) -> None:
        with httpx.Client(trust_env=False, timeout=10) as client:
            while not self._stop.wait(0.7):
                try:
                    self._poll(client)
                except httpx.TransportError:
                    continue
                except Exception as problem:
                    self._problem = problem
                    return

    def _poll(self, client: httpx.Client) -> None:
        answer = client.get(self._url)
        if answer.status_code != 200:
            return
        playlist = m3u8.loads(answer.text, uri=self._url)
        known = {piece.uri for piece in self.pieces}
        for segment in playlist.segments:
            if segment.absolute_uri in known or not segment.uri or segment.current_program_date_time is None:
                continue
            init = segment.init_section.absolute_uri
            for uri in (init, segment.absolute_uri):
                if uri not in self.bodies:
                    body = client.get(uri)
                    body.raise_for_status()
                    self.bodies[uri] = body.content
            start_us = round(segment.current_program_date_time.timestamp() * 1000) * 1000
            self.pieces.append(
                Piece(segment.absolute_uri, start_us, round(segment.duration * 1_000_000), init, segment.discontinuity)
            )
