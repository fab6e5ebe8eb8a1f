"""The web and jobs processes as the supervisor runs them: real processes, real signals."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tallylight.app.flows.fire_cue import fire_cue_and_tell
from tallylight.app.processes.chores import Chores
from tallylight.app.processes.jobs import create_jobs, forget_stalled
from tallylight.deals import accept_funding, deal_budget
from tallylight.foundation.clock import ManualClock, SystemClock
from tallylight.foundation.ids import DealId
from tests.conftest import Runner
from tests.support.postgres import free_port
from tests.support.small_shop import Shelf, SmallShop, fill_shelf, small_shop
from tests.support.web import EventReader

pytestmark = pytest.mark.alone

READY_S = 20


@asynccontextmanager
async def process(run: Runner, name: str, tmp_path: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """``tallylight.app.processes.{name}`` with the test's database; killed at the end if it still runs."""
    code = (
        f"from tallylight.app.processes.{name} import run; "
        "from tallylight.foundation.settings import read_settings; run(read_settings())"
    )
    environment = os.environ | {
        "DATABASE_URL": run.database.url,
        "TALLYLIGHT_DATA_DIR": str(tmp_path),
        "TALLYLIGHT_WEB_PORT": str(port),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            try:
                answer = await client.get("/healthz")
                if answer.status_code == 200 and answer.json()["live"]:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


def test_sigterm_ends_the_web_process_under_open_streams(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        port = free_port()
        async with (
            process(run, "web", tmp_path, port) as web,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
        ):
            await answering(client)
            url = f"/api/shows/{small.show.id}/events"
            async with client.stream("GET", url) as first, client.stream("GET", url) as second:
                readers = [EventReader(first), EventReader(second)]
                assert (await readers[0].next("viewers")).data["payload"]["now"] >= 1
                asked = time.monotonic()
                web.send_signal(signal.SIGTERM)
                for reader in readers:
                    try:
                        while True:
                            await reader.next()
                    except EOFError:
                        pass
                assert await asyncio.wait_for(web.wait(), 10) == 0
                assert time.monotonic() - asked < 3

    run(story())


def test_a_taken_port_is_said_plainly(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = taken.sockets[0].getsockname()[1]
        async with process(run, "web", tmp_path, port) as web:
            _, said = await asyncio.wait_for(web.communicate(), READY_S)
            assert web.returncode
            assert f"port {port}" in said.decode()
        taken.close()

    run(story())


async def open_the_deal(run: Runner, clock: ManualClock | SystemClock) -> tuple[SmallShop, Shelf]:
    small = await small_shop(run.database)
    shelf = await fill_shelf(run.database, small, now_us=clock.now_us())
    async with run.database.transaction() as connection:
        await accept_funding(connection, shelf.deal_id, "brand", accepted_by=None, at_us=clock.now_us())
    return small, shelf


def test_the_jobs_process_ends_deals_and_goes_when_told(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        past = ManualClock(SystemClock().now_us() - 59_000_000)
        small, shelf = await open_the_deal(run, past)
        async with run.database.transaction() as connection:
            await fire_cue_and_tell(connection, small.show.id, shelf.deal, past.now_us(), None)
        async with process(run, "jobs", tmp_path, 0) as jobs:
            async with asyncio.timeout(READY_S):
                while True:
                    async with run.database.transaction() as connection:
                        if (await deal_budget(connection, shelf.deal_id)).state == "ended":
                            break
                    await asyncio.sleep(0.1)
            jobs.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(jobs.wait(), 8) == 0

    run(story())


def test_one_deal_that_cannot_end_does_not_keep_another_open(run: Runner) -> None:
    """Two workers at once, and a deal that somebody ended by hand meanwhile: each ends once, none raises."""

    async def story() -> None:
        clock = ManualClock()
        small, shelf = await open_the_deal(run, clock)
        async with run.database.transaction() as connection:
            await fire_cue_and_tell(connection, small.show.id, shelf.deal, clock.now_us(), None)
        clock.advance(61_000_000)
        first, second = Chores(run.database, clock), Chores(run.database, clock)
        assert sorted(await asyncio.gather(first.end_deals(), second.end_deals())) == [0, 1]
        async with run.database.transaction() as connection:
            assert (await deal_budget(connection, DealId(shelf.deal_id))).state == "ended"
        assert await first.end_deals() == 0

    run(story())


def test_what_a_killed_worker_left_is_forgotten(run: Runner) -> None:
    async def story() -> None:
        app = create_jobs(run.database.url, Chores(run.database, SystemClock()))
        async with app.open_async():
            await app.tasks["tidy"].defer_async(timestamp=0)
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job(None, worker_id=worker)
            assert job is not None
            assert await forget_stalled(app) == 0
            await app.job_manager.unregister_worker(worker)
            assert await forget_stalled(app) == 1
            assert await forget_stalled(app) == 0

    run(story())
