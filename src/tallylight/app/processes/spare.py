"""A second process of a role that has loaded everything and waits: when the one at work dies, it goes on at once.

Loading takes seconds, starting what is loaded takes tenths. A spare holds no lock, port or connection: until it is
told to go it has done nothing but import. It ends by itself when its input closes.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping

SPARE_VARIABLE = "TALLYLIGHT_SPARE"
_READY_POLL_S = 0.5
_GO = b"go\n"


class Spare:
    """``prepare`` while the one at work works; ``take`` when it is gone."""

    def __init__(
        self,
        command: tuple[str, ...],
        environment: Mapping[str, str],
        ready: Callable[[], Awaitable[bool]],
        *,
        after_s: float,
    ) -> None:
        self._command = command
        self._environment = {**environment, SPARE_VARIABLE: "1"}
        self._ready = ready
        self._after_s = after_s
        self._process: asyncio.subprocess.Process | None = None
        self._preparing: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Start one some time after the one at work is ready: loading must not slow down an installation's start."""
        self._preparing = asyncio.create_task(self._start_when_ready())

    def take(self) -> asyncio.subprocess.Process | None:
        """The spare, told to go; None when there is none."""
        self._cancel()
        process, self._process = self._process, None
        if process is None or process.returncode is not None or process.stdin is None:
            return None
        process.stdin.write(_GO)
        process.stdin.close()
        return process

    async def stop(self) -> None:
        self._cancel()
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()

    def _cancel(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            self._preparing = None

    async def _start_when_ready(self) -> None:
        while not await self._ready():  # noqa: ASYNC110 - another process gets ready
            await asyncio.sleep(_READY_POLL_S)
        await asyncio.sleep(self._after_s)
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=self._environment, stdin=subprocess.PIPE, start_new_session=True
        )


def wait_if_spare() -> bool:
    """In the process: return at once, or when a spare is told to go; False when it is not needed any more."""
    if os.environ.pop(SPARE_VARIABLE, None) is None:
        return True
    return sys.stdin.buffer.readline() == _GO
