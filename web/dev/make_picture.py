"""Cut a film into fMP4 segments for the mock back end: ``uv run python web/dev/make_picture.py FILM.mp4``.

Writes web/dev/picture/ (not committed). H.264 and AAC are copied, not encoded.
"""

import sys
from pathlib import Path

import av

TARGET_S = 1


def cut(film: Path, folder: Path) -> None:
    """Remux ``film`` into ``folder``/list.m3u8, init.mp4 and seg*.m4s, cut at key frames."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    options = {
        "hls_time": str(TARGET_S),
        "hls_list_size": "0",
        "hls_segment_type": "fmp4",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(folder / "seg%04d.m4s"),
    }
    playlist = str(folder / "list.m3u8")
    with av.open(str(film)) as source, av.open(playlist, "w", format="hls", options=options) as made:
        streams = {stream: made.add_stream_from_template(stream) for stream in source.streams if stream.type != "data"}
        for packet in source.demux(list(streams)):
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                made.mux(packet)


if __name__ == "__main__":
    cut(Path(sys.argv[1]), Path(__file__).parent / "picture")
