"""The whole product as a newcomer starts it: ``tallylight demo`` in a process of its own, on free ports."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.support.postgres import free_port

START_S_MAX = 120
LOGS = Path(__file__).parents[2] / "artifacts" / "logs"


class RunningDemo:
    """A demo that prints its addresses. ``web_url``: the web process; ``sign_in_url``: the one-time link."""

    def __init__(self, data_dir: Path) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.web_port, self.media_port, self.rtmp_port = free_port(), free_port(), free_port()
        self.web_url = f"http://127.0.0.1:{self.web_port}"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
            "TALLYLIGHT_DATA_DIR": str(data_dir),
            "TALLYLIGHT_WEB_PORT": str(self.web_port),
            "TALLYLIGHT_MEDIA_PORT": str(self.media_port),
            "TALLYLIGHT_RTMP_PORT": str(self.rtmp_port),
        }
        command = Path(sys.executable).parent / "tallylight"
        self._log = (LOGS / "demo.log").open("w")
        self.process = subprocess.Popen(
            [str(command), "demo"], env=environment, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        self.printed: list[str] = []
        self._addressed = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        deadline = time.monotonic() + START_S_MAX
        while not self._addressed.wait(0.2):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the demo printed no addresses: {self.printed}; see {LOGS / 'demo.log'}")
        self.addressed_at = time.monotonic()

    @property
    def sign_in_url(self) -> str:
        """The one-time link that the demo printed."""
        match = re.search(r"https?://\S+/signin/\S+", "\n".join(self.printed))
        if match is None:
            raise RuntimeError(f"no sign-in link among {self.printed}")
        return match.group(0)

    def stop(self) -> int:
        """SIGTERM, as Ctrl-C would; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise RuntimeError("the demo did not stop within 60 s") from None
        finally:
            self._log.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line.rstrip())
            if "/signin/" in line:
                self._addressed.set()
