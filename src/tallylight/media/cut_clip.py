"""Cuts a clip out of a recording: whole segments as they aired, nothing decoded or encoded again."""

import io
from fractions import Fraction
from pathlib import Path

import av
import msgspec

from tallylight.media.cut_sound import CUT_US_MAX
from tallylight.media.recording import IndexLine, read_index


class Clip(msgspec.Struct, frozen=True):
    """An MP4 file and the programme time that it shows: whole segments, so a little more than was asked for."""

    data: bytes
    from_us: int
    until_us: int


def cut_clip(folder: Path, from_us: int, until_us: int, *, around_us: int) -> Clip | None:
    """The recording's segments that touch [from_us, until_us), of the stretch that holds ``around_us``.

    A clip does not run over a discontinuity. The same recording gives the same bytes. None when the moment was not
    recorded. Raises ValueError for more than CUT_US_MAX, OSError for a segment that is missing or torn.
    """
    if not 0 < until_us - from_us <= CUT_US_MAX or not from_us <= around_us < until_us:
        raise ValueError("a clip is up to two minutes long, around a moment within it")
    run = _run_around(read_index(folder / "index.jsonl"), from_us, until_us, around_us)
    if not run:
        return None
    names = [run[0].init, *(line.name for line in run)]
    data = b"".join((folder / name).read_bytes() for name in names)
    return Clip(_as_file(data), run[0].at_us, _end_us(run[-1]))


def _end_us(line: IndexLine) -> int:
    return line.at_us + line.ticks * 100 // 9


def _run_around(lines: list[IndexLine], from_us: int, until_us: int, around_us: int) -> list[IndexLine]:
    wanted = [line for line in lines if line.at_us < until_us and _end_us(line) > from_us]
    run: list[IndexLine] = []
    for line in wanted:
        broken = run and (line.discontinuity or line.init != run[-1].init or line.sequence != run[-1].sequence + 1)
        if broken:
            if _end_us(run[-1]) > around_us:
                break
            run = []
        run.append(line)
    return run if run and run[0].at_us <= around_us < _end_us(run[-1]) else []


def _as_file(data: bytes) -> bytes:
    """The fragments as one MP4 that begins at 0 and that any player opens."""
    target = io.BytesIO()
    options = {"movflags": "+frag_keyframe+empty_moov+default_base_moof", "fflags": "+bitexact"}
    with av.open(io.BytesIO(data), "r") as source, av.open(target, "w", format="mp4", options=options) as sink:
        streams = {stream.index: sink.add_stream_from_template(stream) for stream in source.streams}
        packets = [packet for packet in source.demux() if packet.dts is not None]
        if not packets:
            raise OSError("the recording holds no packet here")
        begin = min(Fraction(packet.dts or 0) * packet.time_base for packet in packets)
        for packet in packets:
            shift = int(begin / packet.time_base)
            assert packet.dts is not None
            packet.dts -= shift
            if packet.pts is not None:
                packet.pts -= shift
            packet.stream = streams[packet.stream.index]
            sink.mux(packet)
    return target.getvalue()
