"""The two servers that the gate's benchmarks compare: ours, as a process of its own, and nginx with its RTMP module.

Installs the Debian packages ``nginx-light`` and ``libnginx-mod-rtmp`` if they are missing.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.media.house import make_show
from tests.media.speech_desk import SpeechDesk
from tests.support.postgres import free_port

from tallylight.foundation.database import Database
from tallylight.media.stream_address import live_path, stream_address_of
from tallylight.shows.models import broadcast

RTMP_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
NGINX = "/usr/sbin/nginx"
TUNED = "hls_fragment 2s; hls_playlist_length 10s;"
"""nginx-rtmp's playlist in step with a 2 s keyframe interval; empty: as it comes (5 s fragments, 30 s listed)."""


@dataclass(frozen=True)
class Peer:
    """``publish_url`` with the key; ``pid`` of the process that does the work."""

    publish_url: str
    http_port: int
    pid: int

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used (proc(5), stat)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def tallylight(folder: Path, database: Database, delay_ms: int) -> AsyncIterator[Peer]:
    """The media process, judged by a policy that is always ahead: speech is not what is measured."""
    _, key = await make_show(database, delay_ms=delay_ms)
    rtmp_port, media_port = free_port(), free_port()
    (folder / "run").mkdir(parents=True)
    speech = SpeechDesk(folder / "run" / "speech.sock")
    await speech.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tallylight.app.processes", "media",
        env=os.environ | {"DATABASE_URL": database.url, "TALLYLIGHT_DATA_DIR": str(folder),
                          "TALLYLIGHT_RTMP_PORT": str(rtmp_port), "TALLYLIGHT_MEDIA_PORT": str(media_port),
                          "TALLYLIGHT_LOG_LEVEL": "warning"},
    )  # fmt: skip
    try:
        await _listening(rtmp_port)
        yield Peer(f"rtmp://127.0.0.1:{rtmp_port}/live/{key}", media_port, process.pid)
    finally:
        process.terminate()
        await process.wait()
        await speech.kill()


@asynccontextmanager
async def nginx_rtmp(folder: Path, hls: str = TUNED) -> AsyncIterator[Peer]:
    """nginx-rtmp, ungated; ``hls``: its directives, everything else as it comes."""
    if not RTMP_MODULE.exists() or not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        command = ["apt-get", "install", "-y", "--no-install-recommends", "nginx-light", "libnginx-mod-rtmp"]
        await asyncio.to_thread(subprocess.run, command, check=True, stdout=sys.stderr)
    rtmp_port, http_port = free_port(), free_port()
    (folder / "hls").mkdir(parents=True)
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = f"""
load_module {RTMP_MODULE}; daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{rtmp_port}; chunk_size 4096;
  application live {{ live on; hls on; hls_path {folder}/hls; {hls} }} }} }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  server {{ listen 127.0.0.1:{http_port}; location / {{ root {folder}/hls; add_header Cache-Control no-cache;
    add_header Access-Control-Allow-Origin *; }} }} }}
"""
    (folder / "nginx.conf").write_text(configuration)
    process = await asyncio.create_subprocess_exec(NGINX, "-c", str(folder / "nginx.conf"))
    try:
        await _listening(rtmp_port)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Peer(f"rtmp://127.0.0.1:{rtmp_port}/live/show", http_port, int(children[0]))
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise SystemExit(f"nothing listens on port {port} after 20 s")


async def live_path_of(database: Database) -> str:
    """The low-latency playlist of the one broadcast there is."""
    async with database.transaction() as connection:
        broadcast_id = await connection.scalar(broadcast.select().with_only_columns(broadcast.c.id))
        token = await stream_address_of(connection, broadcast_id) if broadcast_id else None
    if token is None or broadcast_id is None:
        raise SystemExit("the show did not go on air")
    return live_path(broadcast_id, token)
