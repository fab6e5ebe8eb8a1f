"""How many durable orders a second one SKU can take, beside pgbench's one-row update on the same server.

``uv run python -m bench.hot_sale``. The server is the embedded PostgreSQL with fsync on. An order is the whole
thing: idempotency key, order, line, funding by three funders, payment, stock movement, two transfers of six and
two entries, counters of stock, deal, buyer and budgets, events. Requests are made before the clock runs: they are the
buyers' work. A first round that does not count leaves log files to recycle, as any server has that is not a minute
old. The rounds alternate, and the figures are medians. ``ledger_check_cost`` is the share of throughput that the
trigger costs by which the database sees for itself that each transfer is whole and sums to zero: with it and without.
"""

import argparse
import asyncio
import gc
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
MADE_AHEAD_PER_S = 12_000
CROWDS = (50, 200, 1_000)
_WITHOUT_CHECK = "alter table transfer disable trigger transfer_balanced"
_WITH_CHECK = "alter table transfer enable trigger transfer_balanced"
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
    made = [order(scene) for _ in range(int(MADE_AHEAD_PER_S * seconds))]
    gc.collect()
    gc.freeze()
    stop = time.perf_counter() + seconds

    async def buy() -> None:
        while (began := time.perf_counter()) < stop:
            await desk.place(made.pop() if made else order(scene))
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


async def execute(url: str, sql: str) -> None:
    """Run ``sql``. A checkpoint before a round writes out what the one before left behind, and recycles log files."""
    connection = await asyncpg.connect(url)
    for statement in sql.split("; "):
        await connection.execute(statement)
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


class Measured(msgspec.Struct):
    """All rounds: of pgbench by clients, of the desk by clients, and of the desk without the ledger's check."""

    pgbench: dict[int, list[float]]
    desk: dict[int, list[Round]]
    unchecked: list[Round]

    def orders_per_s(self, clients: int) -> float:
        return statistics.median(each.orders_per_s for each in self.desk[clients])

    def milliseconds(self, clients: int, name: str) -> float:
        return float(statistics.median(getattr(each, name) for each in self.desk[clients]))


def measure(cluster: PostgresCluster, *, seconds: int, rounds: int) -> Measured:
    """Alternate everything ``rounds`` times and check the books."""
    asyncio.run(make_pgbench_table(cluster.url()))
    asyncio.run(execute(cluster.url(), "create database sale"))
    url = cluster.url("sale")
    scene = asyncio.run(prepare(url))
    measured = Measured({1: [], 50: []}, {clients: [] for clients in CROWDS}, [])
    uvloop.run(sell(url, scene, clients=200, seconds=seconds))
    for number in range(1, rounds + 1):
        for clients, peers in measured.pgbench.items():
            asyncio.run(execute(cluster.url(), "checkpoint"))
            peers.append(pgbench(cluster, "postgres", clients=clients, seconds=seconds))
        for clients, sold in measured.desk.items():
            asyncio.run(execute(cluster.url(), "checkpoint"))
            sold.append(uvloop.run(sell(url, scene, clients=clients, seconds=seconds)))
        best = max(measured.desk, key=lambda clients: measured.desk[clients][-1].orders_per_s)
        asyncio.run(execute(url, f"checkpoint; {_WITHOUT_CHECK}"))
        measured.unchecked.append(uvloop.run(sell(url, scene, clients=best, seconds=seconds)))
        asyncio.run(execute(url, _WITH_CHECK))
        latest = {clients: sold[-1] for clients, sold in measured.desk.items()}
        print(f"round {number}: pgbench {measured.pgbench}, {latest}", file=sys.stderr)
    asyncio.run(check(url))
    return measured


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    collect_rarely()  # as the process that sells does
    with PostgresCluster(embedded_bin(), **SETTINGS) as cluster:
        measured = measure(cluster, seconds=options.seconds, rounds=options.rounds)
    best = max(CROWDS, key=measured.orders_per_s)
    orders_per_s = measured.orders_per_s(best)
    pgbench_tps = {clients: statistics.median(peers) for clients, peers in measured.pgbench.items()}
    # In each round the crowd that did best: with the check and without, minutes apart at most.
    shares = [
        1 - max(sold[number].orders_per_s for sold in measured.desk.values()) / without.orders_per_s
        for number, without in enumerate(measured.unchecked)
    ]
    figures = {
        "orders_per_s": round(orders_per_s),
        "clients": best,
        "orders_per_s_by_clients": {clients: round(measured.orders_per_s(clients)) for clients in CROWDS},
        "pgbench_c50_tps": round(pgbench_tps[50]),
        "pgbench_c1_tps": round(pgbench_tps[1]),
        "p50_ms_at_200": round(measured.milliseconds(200, "p50_ms"), 1),
        "p99_ms_at_200": round(measured.milliseconds(200, "p99_ms"), 1),
        "orders_per_batch": round(measured.milliseconds(best, "orders_per_batch"), 1),
    }
    ratios = {
        "vs_pgbench_c50": round(orders_per_s / pgbench_tps[50], 2),
        "vs_pgbench_c1": round(orders_per_s / pgbench_tps[1], 2),
        "p99_over_p50": round(measured.milliseconds(200, "p99_ms") / measured.milliseconds(200, "p50_ms"), 2),
        "clients_1000_vs_50": round(measured.orders_per_s(1_000) / measured.orders_per_s(50), 2),
        "ledger_check_cost": round(statistics.median(shares), 3),
    }
    print(json.dumps({"bench": "hot_sale", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    main()
