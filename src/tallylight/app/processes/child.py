"""One operating-system process of the installation: started, started again when it ends, stopped in time."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from tallylight.app.processes.backoff import Backoff
from tallylight.app.processes.spare import Spare

SUPERVISOR_VARIABLE = "TALLYLIGHT_SUPERVISOR_PID"
"""Tells a child whose death it must not outlive."""

RENEW_EXIT_CODE = 75
"""A process ends so that another runs the code that is installed now (EX_TEMPFAIL of sysexits.h: try again)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Role:
    """A process to keep running."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    """Whether it does its work now; asked again and again at start."""
    stop_rank: int = 0
    """Lower ranks are stopped first; equal ranks together."""
    stop_within_s: float = 10.0
    """After SIGTERM; then SIGKILL."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Besides that of all roles."""
    spare_after_s: float | None = None
    """So long after this one is ready a second process is loaded, to go on at once when this one dies; None: there is
    none. It costs its memory.
    """


class Child:
    """Keeps one role running until told to stop."""

    def __init__(self, role: Role, environment: Mapping[str, str]) -> None:
        self.role = role
        self.ended_count = 0
        self.last_exit_code: int | None = None
        self._environment = {**environment, **role.environment, SUPERVISOR_VARIABLE: str(os.getpid())}
        self._process: asyncio.subprocess.Process | None = None
        self._spare: Spare | None = None
        if role.spare_after_s is not None:
            self._spare = Spare(role.command, self._environment, role.ready, after_s=role.spare_after_s)
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def process_id(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Begin to keep it running."""
        self._task = asyncio.create_task(self._keep_running(), name=f"keep {self.role.name} running")

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL to its whole process group after the role's time."""
        self._stopping.set()
        if self._spare is not None:
            await self._spare.stop()
        if self._task is None:
            return
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait({self._task}, timeout=self.role.stop_within_s)
        if not done:
            log.warning("a process does not stop and is killed", role=self.role.name)
            self.kill()
            await self._task

    def kill(self) -> None:
        """SIGKILL, now."""
        if self.process_id:
            os.killpg(self.process_id, signal.SIGKILL)

    async def _keep_running(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            started_s = time.monotonic()
            self._process = (self._spare and self._spare.take()) or await self._start()
            if self._stopping.is_set():
                self._signal(signal.SIGTERM)
            elif self._spare is not None:
                self._spare.prepare()
            self.last_exit_code = await self._process.wait()
            if self._stopping.is_set():
                return
            if self.last_exit_code == RENEW_EXIT_CODE:
                log.info("a process has handed over its work and is started afresh", role=self.role.name)
                if self._spare is not None:
                    await self._spare.stop()  # it has loaded the code of before
                continue
            self.ended_count += 1
            delay_s = backoff.next_delay_s(lived_s=time.monotonic() - started_s)
            log.error(
                "a process ended and is started again",
                role=self.role.name,
                exit_code=self.last_exit_code,
                restart_in_ms=int(delay_s * 1000),
            )
            await asyncio.wait({asyncio.ensure_future(self._stopping.wait())}, timeout=delay_s)

    async def _start(self) -> asyncio.subprocess.Process:
        # A session of its own: Ctrl-C at the terminal reaches the supervisor alone, which stops in order.
        return await asyncio.create_subprocess_exec(
            *self.role.command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def _signal(self, which: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            self._process.send_signal(which)
