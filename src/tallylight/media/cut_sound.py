"""Cuts the sound of a stretch of programme time out of a recording, to the sample, as FLAC: nothing is lost twice."""

import io
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tallylight.foundation.clock import us_to_samples
from tallylight.media.recording import IndexLine, read_index
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ

CUT_US_MAX = 120_000_000
_LEAD_US = 3_000_000
"""A decoder needs what comes before; segments are about two seconds long."""

Samples = NDArray[np.int16]


def cut_sound(folder: Path, from_us: int, until_us: int) -> bytes | None:
    """[from_us, until_us) of the recording in ``folder`` as a FLAC file; silence where nothing was recorded.

    None when nothing at all was recorded there. Raises ValueError for more than CUT_US_MAX.
    """
    if not 0 < until_us - from_us <= CUT_US_MAX:
        raise ValueError("a cut is up to two minutes long")
    sound: Samples = np.zeros((us_to_samples(until_us - from_us, SAMPLE_RATE_HZ), CHANNELS), np.int16)
    found = False
    for run in _runs(read_index(folder / "index.jsonl"), from_us - _LEAD_US, until_us):
        for at_us, piece in _decoded(folder, run):
            offset = us_to_samples(abs(at_us - from_us), SAMPLE_RATE_HZ) * (1 if at_us >= from_us else -1)
            low, high = max(0, offset), min(len(sound), offset + len(piece))
            if low < high:
                sound[low:high] = piece[low - offset : high - offset]
                found = True
    return _flac(sound) if found else None


def _runs(lines: list[IndexLine], from_us: int, until_us: int) -> list[list[IndexLine]]:
    """Segments that touch the stretch, parted where a decoder must begin anew."""
    wanted = [line for line in lines if line.at_us < until_us and line.at_us + line.ticks * 100 // 9 > from_us]
    runs: list[list[IndexLine]] = []
    for _, same in groupby(wanted, key=lambda line: line.init):
        for line in same:
            last = runs[-1][-1] if runs else None
            if last is None or last.init != line.init or line.discontinuity or line.sequence != last.sequence + 1:
                runs.append([line])
            else:
                runs[-1].append(line)
    return runs


def _decoded(folder: Path, run: list[IndexLine]) -> list[tuple[int, Samples]]:
    """Pieces of sound with the programme time of their first sample."""
    names = [run[0].init, *(line.name for line in run)]
    data = b"".join((folder / name).read_bytes() for name in names)
    pieces = []
    with av.open(io.BytesIO(data), "r") as container:
        first = next(packet for packet in container.demux(video=0) if packet.pts is not None)
        # Pictures and sound count from the same origin: the index says when the first picture was shown.
        assert first.pts is not None
        origin_us = run[0].at_us - int(first.pts * Fraction(first.time_base) * 1_000_000)
    resampler = av.AudioResampler("s16", "stereo", SAMPLE_RATE_HZ)
    with av.open(io.BytesIO(data), "r") as container:
        if not container.streams.audio:
            return []
        for frame in container.decode(audio=0):
            if frame.pts is None or frame.time_base is None:
                continue
            at_us = origin_us + int(frame.pts * frame.time_base * 1_000_000)
            pieces += [
                (at_us, out.to_ndarray().reshape(-1, CHANNELS).astype(np.int16)) for out in resampler.resample(frame)
            ]
    return pieces


def _flac(sound: Samples) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="flac", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ)
        stream.layout = "stereo"
        stream.format = "s16"
        step = 4_096
        for at in range(0, len(sound), step):
            frame = av.AudioFrame.from_ndarray(sound[at : at + step].reshape(1, -1), format="s16", layout="stereo")
            frame.sample_rate = SAMPLE_RATE_HZ
            frame.pts = at
            frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
