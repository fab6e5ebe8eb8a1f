"""Runs the roles of an installation, each in a process of its own, so that a crash in one touches no other.

A role that ends is started again with backoff, for ever; only at the start does the supervisor give up, when a
role ends again and again before it was ever ready. Nothing outlives the supervisor: it stops the roles in order
and within a bounded time, and the kernel kills them if it is killed itself (``parent_death``).
"""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from typing import Self

import structlog

from tallylight.app.processes.child import Child, Role
from tallylight.app.processes.errors import StartError

_READY_POLL_S = 0.1
_READY_WITHIN_S = 120.0
_ENDED_TOO_OFTEN = 3

log = structlog.get_logger()


class Supervisor:
    """``async with Supervisor(roles, environment)``: all roles run and are ready inside the block."""

    def __init__(
        self, roles: Sequence[Role], environment: Mapping[str, str], *, ready_within_s: float = _READY_WITHIN_S
    ) -> None:
        self.children = {role.name: Child(role, environment) for role in roles}
        self._ready_within_s = ready_within_s

    async def start(self) -> None:
        """Start every role; return when all are ready. StartError names the one that does not come up."""
        for child in self.children.values():
            child.start()
        try:
            async with asyncio.TaskGroup() as group:
                for child in self.children.values():
                    group.create_task(self._wait_until_ready(child))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _wait_until_ready(self, child: Child) -> None:
        deadline = asyncio.get_running_loop().time() + self._ready_within_s
        while not (child.process_id and await child.role.ready()):
            if child.ended_count >= _ENDED_TOO_OFTEN:
                raise StartError(
                    f"the process {child.role.name!r} ends as soon as it starts (exit code {child.last_exit_code}): "
                    "its last log lines above say why"
                )
            if asyncio.get_running_loop().time() > deadline:
                raise StartError(
                    f"the process {child.role.name!r} was not ready within {self._ready_within_s:.0f} s: "
                    "its log lines above say how far it came"
                )
            await asyncio.sleep(_READY_POLL_S)
        log.debug("ready", role=child.role.name)

    async def stop(self) -> None:
        """Stop the roles by rank; the longest that this takes is the sum of the ranks' longest times."""
        by_rank = sorted(self.children.values(), key=lambda child: child.role.stop_rank)
        for _, together in itertools.groupby(by_rank, key=lambda child: child.role.stop_rank):
            await asyncio.gather(*(child.stop() for child in together))

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
