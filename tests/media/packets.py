"""The AAC packets that a playlist's files hold, as they stand in the bytes."""

import io

import av

from tests.media.lines import VirtualAir


def aired_packets(air: VirtualAir) -> list[tuple[int, bytes]]:
    """(first sample on the broadcast's clock, packet) of all that is listed, in order; one epoch's worth."""
    window = air.line.window
    names = [line for line in window.playlist(low_latency=False).splitlines() if line and not line.startswith("#")]
    data = air.fetch("init-0.mp4") + b"".join(map(air.fetch, names))
    with av.open(io.BytesIO(data), "r") as container:
        return [
            (packet.pts, bytes(packet))
            for packet in container.demux(container.streams.audio[0])
            if packet.pts is not None and packet.size
        ]
