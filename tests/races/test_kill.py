"""kill -9 of the selling process and of PostgreSQL in the middle of a sale: no acknowledged order is ever lost."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from tallylight.app.migrations.migrate import migrate
from tallylight.checkout import SaleDesk
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tests.races.selling_process import request_of
from tests.support.books import disagreements
from tests.support.postgres import DEBIAN_BIN, PostgresCluster, embedded_bin
from tests.support.sale import Scene, make_scene, open_flash_deal
from tests.support.shop import fetch_value

BATCH_OF_ACKNOWLEDGED = 300
WAIT_S = 60.0


@pytest.fixture(params=[os.environ.get("TALLYLIGHT_TEST_POSTGRES", "embedded")])
def durable(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """A server of its own with fsync on, to be killed."""
    binaries = embedded_bin() if request.param == "embedded" else DEBIAN_BIN
    with PostgresCluster(binaries, fsync="on", synchronous_commit="on") as cluster:
        yield cluster


def acknowledged_in(file: Path) -> dict[UUID, UUID]:
    """Key to order id; a record that the kill cut short was not acknowledged."""
    data = file.read_bytes() if file.exists() else b""
    whole = len(data) // 32 * 32
    return {UUID(bytes=data[at : at + 16]): UUID(bytes=data[at + 16 : at + 32]) for at in range(0, whole, 32)}


def sell_until(count: int, url: str, scene_file: Path, file: Path) -> "subprocess.Popen[bytes]":
    """A selling process that has acknowledged ``count`` orders more."""
    goal = len(acknowledged_in(file)) + count
    process = subprocess.Popen([sys.executable, "-m", "tests.races.selling_process", url, scene_file, file])
    deadline = time.monotonic() + WAIT_S
    while len(acknowledged_in(file)) < goal:
        assert process.poll() is None, "the selling process ended by itself"
        assert time.monotonic() < deadline, "the selling process sells too slowly"
        time.sleep(0.02)
    return process


def start_again(cluster: PostgresCluster) -> None:
    """Recovery; a killed postmaster that nobody has reaped yet makes the first attempts fail."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            cluster.start()
            return
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


async def prepare(url: str) -> tuple[Scene, int]:
    database = Database(url)
    await migrate(database)
    scene = await make_scene(database, stock=1_000_000)
    at_us = time.time_ns() // 1000
    await open_flash_deal(database, scene, at_us=at_us, duration_s=86_400, amount_minor=800)
    await fetch_value(database, "update funder set budget_minor = 1000000000000 returning 1")
    await database.close()
    return scene, at_us


async def repeat_all(url: str, scene: Scene, at_us: int, acknowledged: dict[UUID, UUID]) -> None:
    """Every acknowledged key gets the order that it got, from a new desk; and the books agree."""
    database = Database(url)
    desk = SaleDesk(url, SystemClock())
    orders = await fetch_value(database, "select count(*) from customer_order")
    answers = await asyncio.gather(*(desk.place(request_of(scene, key, at_us)) for key in acknowledged))
    assert {answer.id for answer in answers} == set(acknowledged.values())
    assert [answer.id for answer in answers] == list(acknowledged.values())
    assert await fetch_value(database, "select count(*) from customer_order") == orders
    assert await disagreements(database) == []
    await desk.stop()
    await database.close()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost(durable: PostgresCluster, tmp_path: Path) -> None:
    url = durable.url()
    scene, at_us = asyncio.run(prepare(url))
    scene_file, file = tmp_path / "scene.json", tmp_path / "acknowledged"
    scene_file.write_bytes(msgspec.json.encode((scene, at_us)))

    seller = sell_until(BATCH_OF_ACKNOWLEDGED, url, scene_file, file)
    seller.send_signal(signal.SIGKILL)
    seller.wait()
    asyncio.run(repeat_all(url, scene, at_us, acknowledged_in(file)))

    seller = sell_until(BATCH_OF_ACKNOWLEDGED, url, scene_file, file)
    durable.kill()
    start_again(durable)
    # The process that outlived its database sells on by itself.
    goal = len(acknowledged_in(file)) + BATCH_OF_ACKNOWLEDGED
    deadline = time.monotonic() + WAIT_S
    while len(acknowledged_in(file)) < goal:
        assert seller.poll() is None
        assert time.monotonic() < deadline, "the desk did not find its database again"
        time.sleep(0.02)

    durable.kill()
    seller.send_signal(signal.SIGKILL)
    seller.wait()
    start_again(durable)
    acknowledged = acknowledged_in(file)
    assert len(acknowledged) >= 3 * BATCH_OF_ACKNOWLEDGED
    asyncio.run(repeat_all(url, scene, at_us, acknowledged))
