"""Debian's nginx with its modules, as the peer of tests and benchmarks, stopped for sure."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.waiting import until

NGINX = Path("/usr/sbin/nginx")
MODULES = Path("/usr/lib/nginx/modules")


def head(folder: Path, *modules: str, connections: int = 1024) -> str:
    """What every configuration begins with: one worker in the foreground that keeps to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    load = " ".join(f"load_module {MODULES / module};" for module in modules)
    user = "user root;" if os.geteuid() == 0 else ""
    return (
        f"{load} daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;\n"
        f"events {{ worker_connections {connections}; }}\n"
    )


def http_head(folder: Path) -> str:
    """What an ``http`` block begins with, so that nothing is written outside ``folder``."""
    paths = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"access_log off; {paths}\n"


@asynccontextmanager
async def nginx(folder: Path, configuration: str, *ports: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Running until the block ends; entered when all ``ports`` accept connections."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(configuration)
    process = await asyncio.create_subprocess_exec(str(NGINX), "-e", str(folder / "error.log"), "-c", str(file))
    try:
        for port in ports:
            await until(lambda port=port: listens(port, process), what=f"nginx listens on {port}")  # type: ignore[misc]
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def listens(port: int, process: asyncio.subprocess.Process) -> bool:
    """Whether the port accepts; AssertionError when the process has ended."""
    assert process.returncode is None, "nginx ended: its error.log says why"
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
