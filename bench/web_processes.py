"""Web processes as the supervisor would start them, over a database of the benchmark's own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.postgres import free_port

START_S_MAX = 180


class WebProcess:
    """``python -m tallylight.app.processes web`` on a port of its own, behind a proxy on this machine."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self.port = free_port()
        self._environment = os.environ | {
            "DATABASE_URL": database_url,
            "TALLYLIGHT_DATA_DIR": str(data_dir),
            "TALLYLIGHT_WEB_PORT": str(self.port),
            "TALLYLIGHT_TRUSTED_PROXIES": "127.0.0.1",
            "TALLYLIGHT_LOG_LEVEL": "critical",
        }
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """kill -9, and start again."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def is_ready(self) -> bool:
        """Whether it answers, its database too."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_ready(self) -> None:
        """Raises TimeoutError."""
        deadline = time.monotonic() + START_S_MAX
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError("the web process does not start")
            time.sleep(0.05)

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "tallylight.app.processes", "web"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
