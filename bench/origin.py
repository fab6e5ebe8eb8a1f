"""Segment throughput of one origin worker beside nginx with one worker, on the same segments, in the same run.

``python -m bench.origin [--seconds N]``. Segments of two seconds at 6 Mbit/s; CLIENTS keep-alive connections ask for
one after another over loopback. The client throws bodies away in the kernel (MSG_TRUNC), so that it costs the server's
core little. Rounds alternate; medians are compared. Processor time a gigabyte is told beside it: where both fill the
client, that is the sharper measure. nginx is from Debian.
"""

import argparse
import asyncio
import json
import os
import selectors
import shutil
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import uvicorn
from tests.support.nginx import head, http_head, listens, nginx
from tests.support.postgres import free_port
from tests.support.waiting import until

from tallylight.app.processes.media_http import origin_config
from tallylight.foundation.clock import SystemClock
from tallylight.media.kept_sound import KeptSound
from tallylight.media.live_window import LiveWindow
from tallylight.media.origin import Origin, OriginDirectory, Served
from tallylight.media.recording import Recorder
from tallylight.media.segment_files import SegmentFiles
from tallylight.media.segmenter import Part

SEGMENTS = 12
PARTS = 8
PART_BYTES = 6_000_000 * 2 // 8 // PARTS
CLIENTS = 32
ROUNDS = 3
BROADCAST, TOKEN = UUID(int=5), "t" * 32


def fill(window: LiveWindow) -> None:
    """A live window as it stands in the middle of a show."""
    for number in range(SEGMENTS):
        window.segment_began(b"init" * 200, discontinuity=False, at_ticks=number * 180_000)
        for _ in range(PARTS):
            window.part(Part(os.urandom(PART_BYTES), 22_500, independent=True))
        window.segment_ended()


def serve(port: int, folder: Path) -> None:
    """One worker of the origin, until killed; the same files are put into ``folder`` for nginx."""
    files = SegmentFiles()
    recorder = Recorder(folder.parent / "aired", files)
    window = LiveWindow(lambda ticks: ticks * 100 // 9, recorder, files=files)
    fill(window)
    recorder.hand_over()
    for number in range(SEGMENTS):
        (folder / f"s{number}.m4s").write_bytes(window.get(f"s{number}.m4s") or b"")
    directory = OriginDirectory(SystemClock(), folder, b"k" * 32)
    directory.served[BROADCAST] = Served(TOKEN, window, window, KeptSound())
    origin = Origin(directory)
    uvicorn.Server(origin_config(origin, "127.0.0.1", port, origin.at_once)).run()


class Reader:
    """One keep-alive connection that asks again as soon as it has an answer."""

    def __init__(self, port: int, paths: list[str], number: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self._requests = [f"GET {path} HTTP/1.1\r\nHost: origin\r\n\r\n".encode() for path in paths]
        self._next = number
        self._head = b""
        self._left = 0
        self._ask()

    def read(self, scratch: bytearray) -> int:
        """Take what is there; bytes of body."""
        if not self._left:
            return self._read_head()
        taken = self.socket.recv_into(scratch, min(self._left, len(scratch)), socket.MSG_TRUNC)
        if not taken:
            raise SystemExit("a server closed the connection")
        self._took(taken)
        return taken

    def _read_head(self) -> int:
        self._head += self.socket.recv(4096)
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return 0
        if b" 200 " not in head:
            raise SystemExit(f"a server answers {head[:60]!r}")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        self._left = int(lengths[0].partition(b":")[2])
        self._head = b""
        self._took(len(body))
        return len(body)

    def _took(self, count: int) -> None:
        self._left -= count
        if not self._left:
            self._ask()

    def _ask(self) -> None:
        self.socket.sendall(self._requests[self._next % len(self._requests)])
        self._next += 1


def read_for(port: int, paths: list[str], seconds: float) -> int:
    """Bytes of body that CLIENTS connections take in ``seconds``."""
    waiting = selectors.DefaultSelector()
    readers = [Reader(port, paths, number) for number in range(CLIENTS)]
    for reader in readers:
        waiting.register(reader.socket, selectors.EVENT_READ, reader)
    scratch = bytearray(4 << 20)
    total, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in waiting.select(1):
            total += key.data.read(scratch)
    for reader in readers:
        reader.socket.close()
    waiting.close()
    return total


def processor_s(pid: int) -> float:
    """Processor time of a process and its children, seconds."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_s(int(child)) for child in children)


def measure(port: int, pid: int, paths: list[str], seconds: float) -> tuple[float, float]:
    """(gigabytes a second, processor seconds a gigabyte)."""
    read_for(port, paths, 0.5)
    before, began = processor_s(pid), time.monotonic()
    gigabytes = read_for(port, paths, seconds) / 1e9
    return gigabytes / (time.monotonic() - began), (processor_s(pid) - before) / gigabytes


async def compare(seconds: float, folder: Path) -> dict[str, dict[str, float]]:
    (folder / "files").mkdir()
    ours_port, peer_port = free_port(), free_port()
    ours = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.origin", "--serve", str(ours_port), str(folder / "files")
    )
    configuration = head(folder / "nginx") + (
        f"http {{ {http_head(folder / 'nginx')} sendfile on; tcp_nopush on; keepalive_requests 1000000;"
        f" server {{ listen 127.0.0.1:{peer_port}; root {folder}/files; }} }}\n"
    )
    rounds: dict[str, list[tuple[float, float]]] = {"tallylight": [], "nginx": []}
    try:
        async with nginx(folder / "nginx", configuration, peer_port) as peer:
            await until(lambda: listens(ours_port, ours), what="the origin listens")
            names = [f"/s{number}.m4s" for number in range(SEGMENTS)]
            base = f"/hls/{BROADCAST}/{TOKEN}"
            for _ in range(ROUNDS):
                for name, port, pid, paths in (
                    ("tallylight", ours_port, ours.pid, [base + one for one in names]),
                    ("nginx", peer_port, peer.pid, names),
                ):
                    taken = await asyncio.to_thread(measure, port, pid, paths, seconds)
                    print(f"{name}: {taken[0]:.2f} GB/s, {taken[1]:.3f} s of processor a GB", file=sys.stderr)
                    rounds[name].append(taken)
    finally:
        ours.kill()
        await ours.wait()
    return {
        name: {
            "gigabytes_per_second": round(statistics.median(rate for rate, _ in taken), 3),
            "processor_s_per_gigabyte": round(statistics.median(cost for _, cost in taken), 3),
        }
        for name, taken in rounds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="of each round (default 4)")
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(int(chosen.serve[0]), Path(chosen.serve[1]))
        return
    folder = Path(tempfile.mkdtemp(prefix="tallylight-bench-"))
    folder.chmod(0o755)
    try:
        figures = asyncio.run(compare(chosen.seconds, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ours, peer = figures["tallylight"], figures["nginx"]
    ratios = {
        "vs_nginx": round(ours["gigabytes_per_second"] / peer["gigabytes_per_second"], 3),
        "processor_vs_nginx": round(ours["processor_s_per_gigabyte"] / peer["processor_s_per_gigabyte"], 2),
    }
    print(json.dumps({"bench": "origin", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    main()
