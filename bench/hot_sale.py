"""How many durable orders a second one SKU can take, beside pgbench's one-row update on the same server.

``uv run python -m bench.hot_sale``. The server is the embedded PostgreSQL with fsync on. An order is the whole
thing: idempotency key, order, line, funding by three funders, payment, stock movement, two transfers with their
entries, counters of stock, deal, buyer and budgets, events. A first round that does not count leaves log files to
recycle, as any server has that is not a minute old. The rounds alternate, and the figures are medians.
"""

import argparse
import asyncio
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec
import uvloop
from tests.support.books import disagreements
from tests.support.postgres import PostgresCluster, embedded_bin
from tests.support.sale import FUNDERS, Scene, make_scene, open_flash_deal, order_request

from tallylight.app.migrations.migrate import migrate
from tallylight.checkout import PlaceOrder, SaleDesk
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.garbage import collect_rarely

STOCK = 10_000_000
_BUYERS = uuid4().hex
_COUNT = itertools.count()
TOTAL_MINOR = 2499 - 800 + 495
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "'512MB'",
    "max_wal_size": "'4GB'",
    "min_wal_size": "'2GB'",
    "max_connections": "320",
}


class Round(msgspec.Struct):
    """One round of selling; times in milliseconds."""

    orders_per_s: float
    p50_ms: float
    p99_ms: float
    orders_per_batch: float


async def sell(url: str, scene: Scene, *, clients: int, seconds: float) -> Round:
    """``clients`` buyers who order one after another for ``seconds``."""
    desk = SaleDesk(url, SystemClock())
    await desk.start()
    await desk.place(order(scene))
    latencies: list[float] = []
    stop = time.perf_counter() + seconds

    async def buy() -> None:
        while (began := time.perf_counter()) < stop:
            await desk.place(order(scene))
            latencies.append(time.perf_counter() - began)

    before = desk.batches
    began = time.perf_counter()
    await asyncio.gather(*(buy() for _ in range(clients)))
    elapsed = time.perf_counter() - began
    batches = desk.batches - before
    await desk.stop()
    latencies.sort()
    return Round(
        len(latencies) / elapsed,
        latencies[len(latencies) // 2] * 1000,
        latencies[int(len(latencies) * 0.99)] * 1000,
        len(latencies) / batches,
    )


def order(scene: Scene) -> PlaceOrder:
    """A fresh order of one piece by somebody new, seen now."""
    now_us = time.time_ns() // 1000
    return order_request(scene, TOTAL_MINOR, at_us=now_us, email=f"{_BUYERS}-{next(_COUNT)}@example.com")


async def prepare(url: str) -> Scene:
    """A migrated database with a shop, a show and a deal that outlasts the benchmark."""
    database = Database(url)
    await migrate(database)
    scene = await make_scene(database, stock=STOCK)
    funders = tuple(msgspec.structs.replace(funder, budget_minor=10**12) for funder in FUNDERS)
    now_us = time.time_ns() // 1000
    await open_flash_deal(database, scene, at_us=now_us, duration_s=86_400, total_limit=1_000_000, funders=funders)
    await database.close()
    return scene


async def check(url: str) -> None:
    """A figure for wrong books is worth nothing."""
    database = Database(url)
    wrong = await disagreements(database)
    await database.close()
    if wrong:
        raise SystemExit(f"the books are wrong: {', '.join(wrong)}")


async def make_pgbench_table(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create table one_row (id int primary key, quantity int) with (fillfactor = 50)")
    await connection.execute("insert into one_row values (1, 2000000000)")
    await connection.close()


async def checkpoint(url: str) -> None:
    """Write out what the round before left behind, so that no round pays for another, and recycle its log files."""
    connection = await asyncpg.connect(url)
    await connection.execute("checkpoint")
    await connection.close()


def pgbench(cluster: PostgresCluster, database: str, *, clients: int, seconds: int) -> float:
    """Transactions a second of an update of one row by ``clients``."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write("update one_row set quantity = quantity - 1 where id = 1 and quantity > 0;\n")
        script.flush()
        Path(script.name).chmod(0o644)
        finished = subprocess.run(
            [
                str(cluster.binaries / "pgbench"), "-n", "-M", "prepared", "-f", script.name, "-c", str(clients),
                "-j", "2", "-T", str(seconds), "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres", database,
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", finished.stdout)
    if found is None:
        raise SystemExit(f"pgbench said nothing of its speed: {finished.stdout}{finished.stderr}")
    return float(found[1])


def main() -> None:
    """Alternate the rounds, check the books, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    collect_rarely()  # as the process that sells does
    with PostgresCluster(embedded_bin(), **SETTINGS) as cluster:
        asyncio.run(make_pgbench_table(cluster.url()))
        asyncio.run(_create(cluster.url()))
        url = cluster.url("sale")
        scene = asyncio.run(prepare(url))
        peers: list[float] = []
        rounds: list[Round] = []
        uvloop.run(sell(url, scene, clients=options.clients, seconds=options.seconds))
        for number in range(1, options.rounds + 1):
            asyncio.run(checkpoint(cluster.url()))
            peers.append(pgbench(cluster, "postgres", clients=50, seconds=options.seconds))
            asyncio.run(checkpoint(cluster.url()))
            rounds.append(uvloop.run(sell(url, scene, clients=options.clients, seconds=options.seconds)))
            print(f"round {number}: pgbench {peers[-1]:.0f}/s, {rounds[-1]}", file=sys.stderr)
        asyncio.run(check(url))
    orders_per_s = statistics.median(each.orders_per_s for each in rounds)
    peer = statistics.median(peers)
    figures = {
        "orders_per_s": round(orders_per_s),
        "pgbench_c50_tps": round(peer),
        "p50_ms": round(statistics.median(each.p50_ms for each in rounds), 1),
        "p99_ms": round(statistics.median(each.p99_ms for each in rounds), 1),
        "orders_per_batch": round(statistics.median(each.orders_per_batch for each in rounds), 1),
        "clients": options.clients,
    }
    ratios = {"vs_pgbench_c50": round(orders_per_s / peer, 2)}
    print(json.dumps({"bench": "hot_sale", "figures": figures, "ratios": ratios}))


async def _create(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("create database sale")
    await connection.close()


if __name__ == "__main__":
    main()
