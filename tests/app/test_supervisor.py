"""Real processes under the supervisor: started again when killed, stopped in order and in time, left nowhere."""

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from tallylight.app.processes.child import Role
from tallylight.app.processes.errors import StartError
from tallylight.app.processes.supervisor import Supervisor
from tests.support.waiting import until, wait_until

OBEDIENT = """
import signal, sys, pathlib
signal.signal(signal.SIGTERM, lambda *_: (log("stopped"), sys.exit(0)))
def log(text):
    with open(sys.argv[1], "a") as file:
        file.write(f"{sys.argv[2]} {text}\\n")
log("started")
while True:
    signal.pause()
"""
STUBBORN = OBEDIENT.replace('lambda *_: (log("stopped"), sys.exit(0))', "signal.SIG_IGN")
SUPERVISING = """
import asyncio, os, sys
from tallylight.app.processes.child import Role
from tallylight.app.processes.supervisor import Supervisor
from tallylight.app.processes.readiness import always

async def main():
    async with Supervisor([Role("child", (sys.executable, "-c", *sys.argv[1:]), always())], os.environ):
        await asyncio.Event().wait()

asyncio.run(main())
"""
GUARDED = """
import os, pathlib, signal, sys
from tallylight.app.processes.child import SUPERVISOR_VARIABLE
from tallylight.app.processes.parent_death import die_with_parent
die_with_parent(int(os.environ[SUPERVISOR_VARIABLE]), signal.SIGKILL)
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}\\n")
while True:
    signal.pause()
"""
LOADED = """
import pathlib, signal, sys
from tallylight.app.processes.spare import wait_if_spare
def note(word):
    with pathlib.Path(sys.argv[1]).open("a") as diary:
        diary.write(f"{sys.argv[2]} {word}\\n")
note("loaded")
if wait_if_spare():
    note("started")
    signal.pause()
"""
FAILING = "import sys; sys.exit(3)"


def role(name: str, code: str, diary: Path, *, stop_rank: int = 0, stop_within_s: float = 5.0) -> Role:
    async def started() -> bool:
        return f"{name} started" in lines(diary)

    command = (sys.executable, "-c", code, str(diary), name)
    return Role(name, command, started, stop_rank=stop_rank, stop_within_s=stop_within_s)


def lines(diary: Path) -> list[str]:
    return diary.read_text().splitlines() if diary.exists() else []


def alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def play(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 60))


def test_roles_are_ready_inside_the_block_and_gone_after_it(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        async with Supervisor([role("a", OBEDIENT, diary), role("b", OBEDIENT, diary)], os.environ) as supervisor:
            assert sorted(lines(diary)) == ["a started", "b started"]
            processes = [child.process_id for child in supervisor.children.values()]
        assert sorted(lines(diary)[2:]) == ["a stopped", "b stopped"]
        assert not any(alive(process) for process in processes if process)

    play(story)


def test_a_killed_role_is_started_again_and_the_others_are_left_alone(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        async with Supervisor([role("a", OBEDIENT, diary), role("b", OBEDIENT, diary)], os.environ) as supervisor:
            killed, other = supervisor.children["a"].process_id, supervisor.children["b"].process_id
            assert killed
            os.kill(killed, signal.SIGKILL)
            await until(lambda: lines(diary).count("a started") == 2, what="a started again")
            assert supervisor.children["a"].process_id not in (None, killed)
            assert supervisor.children["a"].last_exit_code == -signal.SIGKILL
            assert supervisor.children["b"].process_id == other

    play(story)


def test_a_spare_that_was_loaded_beforehand_goes_on_when_its_role_is_killed(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        spared = dataclasses.replace(role("a", LOADED, diary), spare_after_s=0)
        async with Supervisor([spared], os.environ) as supervisor:
            child = supervisor.children["a"]
            first = child.process_id
            await until(lambda: lines(diary).count("a loaded") == 2, what="a spare")
            assert lines(diary).count("a started") == 1, "a spare does nothing yet"
            child.kill()
            await until(lambda: lines(diary).count("a started") == 2, what="the spare at work")
            second = child.process_id
            assert lines(diary)[:3] == ["a loaded", "a started", "a loaded"], "it had been loaded before the kill"
            await until(lambda: lines(diary).count("a loaded") == 3, what="another spare")
        assert not any(alive(process) for process in (first, second) if process)
        assert lines(diary).count("a started") == 2, "the last spare ended without having worked"

    play(story)


def test_roles_stop_in_the_order_of_their_ranks(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        ranks = {"last": 2, "first": 0, "second": 1}
        roles = [role(name, OBEDIENT, diary, stop_rank=rank) for name, rank in ranks.items()]
        async with Supervisor(roles, os.environ):
            pass
        assert lines(diary)[3:] == ["first stopped", "second stopped", "last stopped"]

    play(story)


def test_a_role_that_ignores_the_signal_is_killed_in_time(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        async with Supervisor([role("deaf", STUBBORN, diary, stop_within_s=0.3)], os.environ) as supervisor:
            process = supervisor.children["deaf"].process_id
            began = time.monotonic()
        assert process
        assert not alive(process)
        assert time.monotonic() - began < 5

    play(story)


def test_a_role_that_cannot_start_is_named_and_the_rest_is_stopped(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        with pytest.raises(StartError, match=r"'broken' ends as soon as it starts \(exit code 3\)"):
            await Supervisor([role("good", OBEDIENT, diary), role("broken", FAILING, diary)], os.environ).__aenter__()
        assert lines(diary) == ["good started", "good stopped"]

    play(story)


def test_a_role_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async def story() -> None:
        silent = role("silent", "import signal; signal.pause()", diary)
        with pytest.raises(StartError, match="'silent' was not ready"):
            await Supervisor([silent], os.environ, ready_within_s=0.5).__aenter__()

    play(story)


def test_roles_do_not_outlive_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    command = [sys.executable, "-c", SUPERVISING, GUARDED, str(diary)]
    supervisor = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_until(lambda: lines(diary), what="the child has started")
    child = int(lines(diary)[0])
    assert alive(child)
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not alive(child), what="the orphaned child is killed by the kernel")
