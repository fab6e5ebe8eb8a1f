"""Ends what a killed supervisor or a killed postmaster left in a cluster's directory.

The caller holds the directory's lock, so whatever still runs there belongs to nobody. An unreaped postmaster
(a zombie) still answers ``kill(pid, 0)``, and a recycled process id answers for a stranger; either makes
PostgreSQL believe that its stale ``postmaster.pid`` is live. We look at what the processes are instead.
"""

import asyncio
import os
import signal
from pathlib import Path

from tallylight.app.processes.errors import StartError

_PROC = Path("/proc")
_FAST_SHUTDOWN_S = 15.0
_ORPHANS_LEAVE_S = 2.0
_IMMEDIATE_SHUTDOWN_S = 5.0
_KILL_S = 10.0
_POLL_S = 0.05


def postgres_processes(data: Path) -> list[int]:
    """Live PostgreSQL processes that work in ``data``. Zombies have no directory and do not count. Linux only."""
    found: list[int] = []
    if not _PROC.is_dir():
        return found
    here = str(data.resolve())
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == Path(here) and (entry / "exe").readlink().name.startswith("postgres"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


async def clear_leftovers(data: Path) -> int:
    """Stop every leftover process and remove the stale ``postmaster.pid``; how many processes there were.

    A live postmaster is asked for a fast shutdown; backends whose postmaster was killed notice and leave.
    """
    leftovers = postgres_processes(data)
    if count := len(leftovers):
        postmaster = [process for process in leftovers if process == _postmaster_in(data)]
        _signal(postmaster, signal.SIGINT)
        leftovers = await _gone(data, _FAST_SHUTDOWN_S if postmaster else _ORPHANS_LEAVE_S)
    for how, within_s in ((signal.SIGQUIT, _IMMEDIATE_SHUTDOWN_S), (signal.SIGKILL, _KILL_S)):
        if leftovers:
            _signal(leftovers, how)
            leftovers = await _gone(data, within_s)
    if leftovers:
        raise StartError(f"processes {leftovers} still hold the database in {data} and cannot be ended: end them")
    if _PROC.is_dir():
        (data / "postmaster.pid").unlink(missing_ok=True)
    return count


def _postmaster_in(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _signal(processes: list[int], how: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, how)
        except ProcessLookupError:
            continue


async def _gone(data: Path, within_s: float) -> list[int]:
    deadline = asyncio.get_running_loop().time() + within_s
    while leftovers := postgres_processes(data):
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(_POLL_S)
    return leftovers
