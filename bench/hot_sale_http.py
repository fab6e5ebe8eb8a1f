"""How many durable orders a second one SKU can take over HTTP, beside pgbench and beside django-oscar.

``uv run python -m bench.hot_sale_http``. A real web process (its edge, rate limits by address, the raw buy route, the
sale desk) sells the order of ``bench.hot_sale``; shoppers on keep-alive connections load it from another process.
Server, database and load share the machine. pgbench's one-row update runs in turn with it, and so does django-oscar's
own order creation, in its own environment (installed into ``--cache`` at first use), without HTTP, on the same server.
Buyers are guests: the buy call knows no other session than the rate limit's address and the idempotency key.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import uvloop
from tests.support.postgres import PostgresCluster, embedded_bin
from tests.support.sale import Scene

from bench.hot_sale import SETTINGS, TOTAL_MINOR, check, execute, make_pgbench_table, pgbench, prepare
from bench.shoppers import buy_for
from bench.web_processes import WebProcess

OSCAR = ("django-oscar==4.2.1", "Django==5.2.*", "psycopg[binary]==3.3.*")
OSCAR_PROCESSES = 4
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tallylight-bench"


class Round(msgspec.Struct):
    """One round of selling; times in milliseconds."""

    orders_per_s: float
    p50_ms: float
    p99_ms: float


async def _crowd(port: int, scene: Scene, clients: int, seconds: float) -> list[float]:
    bought = await asyncio.gather(*(buy_for(port, scene, TOTAL_MINOR, seconds=seconds) for _ in range(clients)))
    return [latency for each in bought for latency in each]


def _load(port: int, scene: Scene, clients: int, seconds: float, told: "multiprocessing.Queue[list[float]]") -> None:
    told.put(uvloop.run(_crowd(port, scene, clients, seconds)))


def sell(port: int, scene: Scene, *, clients: int, seconds: float) -> Round:
    """A crowd in a process of its own buys for ``seconds``."""
    spawning = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[list[float]] = spawning.Queue()
    crowd = spawning.Process(target=_load, args=(port, scene, clients, seconds, told))
    crowd.start()
    latencies = sorted(told.get(timeout=seconds + 60))
    crowd.join()
    return Round(
        len(latencies) / seconds,
        latencies[len(latencies) // 2] * 1000,
        latencies[int(len(latencies) * 0.99)] * 1000,
    )


def oscar_python(cache: Path) -> Path:
    """The interpreter of an environment with django-oscar in it."""
    environment = cache / "oscar"
    python = environment / "bin" / "python"
    if not (environment / "complete").exists():
        uv = Path(".uv/bin/uv") if Path(".uv/bin/uv").exists() else Path("uv")
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *OSCAR], check=True)
        (environment / "complete").touch()
    return python


def oscar(cluster: PostgresCluster, python: Path, name: str, *, seconds: int) -> float:
    """Orders a second of django-oscar in a fresh database ``name``."""
    asyncio.run(execute(cluster.url(), f"create database {name}"))
    script = Path(__file__).parent / "oscar_orders.py"
    command = [str(python), str(script), str(cluster.port), name, str(OSCAR_PROCESSES), str(seconds)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise SystemExit(f"django-oscar failed: {finished.stderr[-2000:]}")
    return float(json.loads(finished.stdout.splitlines()[-1])["orders_per_s"])


def main() -> None:
    """Alternate the rounds, check the books, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    python = oscar_python(options.cache)
    peers: list[float] = []
    oscars: list[float] = []
    rounds: list[Round] = []
    with PostgresCluster(embedded_bin(), **SETTINGS) as cluster, tempfile.TemporaryDirectory() as folder:
        asyncio.run(make_pgbench_table(cluster.url()))
        asyncio.run(execute(cluster.url(), "create database sale"))
        url = cluster.url("sale")
        scene = asyncio.run(prepare(url))
        web = WebProcess(url, Path(folder))
        try:
            web.wait_until_ready()
            sell(web.port, scene, clients=options.clients, seconds=options.seconds)
            for number in range(1, options.rounds + 1):
                asyncio.run(execute(cluster.url(), "checkpoint"))
                peers.append(pgbench(cluster, "postgres", clients=50, seconds=options.seconds))
                oscars.append(oscar(cluster, python, f"oscar{number}", seconds=options.seconds))
                asyncio.run(execute(cluster.url(), "checkpoint"))
                rounds.append(sell(web.port, scene, clients=options.clients, seconds=options.seconds))
                print(
                    f"round {number}: pgbench {peers[-1]:.0f}/s, oscar {oscars[-1]:.1f}/s, {rounds[-1]}",
                    file=sys.stderr,
                )
        finally:
            web.stop()
        asyncio.run(check(url))
    orders_per_s = statistics.median(each.orders_per_s for each in rounds)
    figures = {
        "orders_per_s": round(orders_per_s),
        "pgbench_c50_tps": round(statistics.median(peers)),
        "oscar_orders_per_s": round(statistics.median(oscars), 1),
        "p50_ms": round(statistics.median(each.p50_ms for each in rounds), 1),
        "p99_ms": round(statistics.median(each.p99_ms for each in rounds), 1),
        "clients": options.clients,
    }
    ratios = {
        "vs_pgbench_c50": round(orders_per_s / statistics.median(peers), 2),
        "vs_oscar": round(orders_per_s / statistics.median(oscars)),
    }
    print(json.dumps({"bench": "hot_sale_http", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    main()
