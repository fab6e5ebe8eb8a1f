"""kill -9 of the desk, of web processes and of PostgreSQL at random moments of a sale: what is lost, and for how long.

``uv run python -m bench.kill9 [--cycles 100] [--seed N]``. Three real web processes share one shop; one of them holds
its sale desk. Shoppers buy over HTTP at random ones, and repeat the same request elsewhere until they are answered. In
each cycle some pieces and some budget are put out, fewer than are wanted, and after a random number of orders something
is killed: the process that holds the desk, another one, PostgreSQL, or two of them at once; one web process always
lives, or a cold start would be measured. ``recovery_s`` is from the kill
to the answer of the first order that was asked for after it. In the end an auditor that shares no code with the desk
looks for acknowledged orders that are not there, pieces sold that were never put out, and discounts beyond a budget.
"""

import argparse
import asyncio
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import sqlalchemy as sa
from tests.support.books import disagreements
from tests.support.postgres import OwnChild, embedded_bin
from tests.support.sale import FUNDERS, Scene, make_scene, open_flash_deal

from bench.shoppers import Connection, body_of, decode_order, request_of
from bench.web_processes import WebProcess
from tallylight.app.migrations.migrate import migrate
from tallylight.catalogue import set_stock, touch_selling_facts
from tallylight.catalogue.models import stock_level
from tallylight.checkout.receipt import key_hash
from tallylight.deals.models import funder
from tallylight.foundation.database import Database
from tallylight.foundation.ids import VariantId

WEB_PROCESSES = 3
SHOPPERS = 24
PIECES = 400
"""Put out in each cycle, on top of what is left."""
FUNDED = 200
"""Of these, so many with the deal."""
PARTS = (400, 240, 160)
DEAL_MINOR, LIST_MINOR = 2499 - 800 + 495, 2499 + 495
CYCLE_S_MAX = 60.0
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "recovery_init_sync_method": "syncfs"}
"""As the embedded PostgreSQL has them: after a crash one system call writes out what thousands of fsyncs would."""
KINDS = ("desk", "web", "postgres", "desk and postgres", "desk and web")


class Ledger(msgspec.Struct):
    """What shoppers were told."""

    acknowledged: dict[UUID, UUID]
    put_out: int = 0
    refused: int = 0
    killed_s: float = 0.0
    recovered_s: float | None = None

    def acknowledge(self, key: UUID, body: bytes, *, asked_s: float) -> None:
        self.acknowledged[key] = decode_order(body).id
        if self.recovered_s is None and asked_s > self.killed_s:
            self.recovered_s = time.monotonic()


class Shopper:
    """Buys on and on; an unanswered request is repeated, the same bytes, at another process."""

    def __init__(self, scene: Scene, webs: list[WebProcess], told: Ledger, chance: random.Random) -> None:
        self._scene = scene
        self._webs = webs
        self._told = told
        self._chance = chance
        self._connections: dict[int, Connection] = {}

    async def buy_on(self) -> None:
        while True:
            total_minor = DEAL_MINOR
            key, at_us = UUID(int=self._chance.getrandbits(128), version=4), time.time_ns() // 1000
            request = request_of(body_of(self._scene, key, at_us, total_minor))
            while True:
                asked_s = time.monotonic()
                status, body = await self._ask(request)
                if status == 200:
                    self._told.acknowledge(key, body, asked_s=asked_s)
                    break
                if status == 409 and b'"budget_exhausted"' in body and total_minor == DEAL_MINOR:
                    # The buyer confirms the list price: another request, so another key.
                    total_minor = LIST_MINOR
                    key = UUID(int=self._chance.getrandbits(128), version=4)
                    request = request_of(body_of(self._scene, key, at_us, total_minor))
                elif status == 409:
                    self._told.refused += 1
                    await asyncio.sleep(0.02)
                    break
                elif status not in (0, 503, 500):
                    raise RuntimeError(f"the shop answered {status}: {body[:300]!r}")
                else:
                    await asyncio.sleep(0.02)

    async def _ask(self, request: bytes) -> tuple[int, bytes]:
        port = self._chance.choice(self._webs).port
        connection = self._connections.get(port)
        if connection is None:
            try:
                connection = self._connections[port] = await Connection.open(port)
            except OSError:
                return 0, b""
        try:
            async with asyncio.timeout(10):
                status, body = await connection.ask(request)
        except TimeoutError:
            status, body = 0, b""
        if status == 0:
            self._connections.pop(port).close()
        return status, body


class Sale:
    """One sale with everything that can be killed in it."""

    def __init__(self, cluster: OwnChild, scene: Scene, webs: list[WebProcess], seed: int) -> None:
        self._cluster = cluster
        self._scene = scene
        self._webs = webs
        self._chance = random.Random(seed)
        self.told = Ledger({})
        self.killed: dict[str, int] = dict.fromkeys(KINDS, 0)

    async def run(self, cycles: int) -> list[float]:
        """The recovery times in seconds."""
        shoppers = [
            asyncio.create_task(
                Shopper(self._scene, self._webs, self.told, random.Random(self._chance.random())).buy_on()
            )
            for _ in range(SHOPPERS)
        ]
        recoveries = []
        for number in range(1, cycles + 1):
            await self._put_out()
            goal = len(self.told.acknowledged) + self._chance.randint(20, 200)
            await self._until(lambda goal=goal: len(self.told.acknowledged) >= goal, shoppers)  # type: ignore[misc]
            await asyncio.sleep(self._chance.random() / 20)
            kind = self._chance.choice(KINDS)
            holder = await self._holder()
            self.told.killed_s, self.told.recovered_s = time.monotonic(), None
            await self._kill(kind, holder)
            self.killed[kind] += 1
            await self._until(lambda: self.told.recovered_s is not None, shoppers)
            recoveries.append((self.told.recovered_s or 0) - self.told.killed_s)
            print(f"cycle {number}: {kind}, {recoveries[-1]:.2f} s", file=sys.stderr, flush=True)
            for web in self._webs:
                await asyncio.to_thread(web.wait_until_ready)
        for shopper in shoppers:
            shopper.cancel()
        await asyncio.gather(*shoppers, return_exceptions=True)
        return recoveries

    async def _until(self, condition: Callable[[], bool], shoppers: list["asyncio.Task[None]"]) -> None:
        deadline = time.monotonic() + CYCLE_S_MAX
        while not condition():
            for shopper in shoppers:
                if shopper.done():
                    shopper.result()
            if time.monotonic() > deadline:
                raise SystemExit("the shop does not sell any more")
            await asyncio.sleep(0.002)

    async def _put_out(self) -> None:
        """More pieces, and budget for half of them."""
        database = Database(self._cluster.url())
        variant_id = VariantId(self._scene.serum.variants[0].id)
        async with database.transaction() as connection:
            await touch_selling_facts(connection, self._scene.shop_id)
            level = sa.select(stock_level.c.on_hand).where(stock_level.c.variant_id == variant_id)
            on_hand = (await connection.execute(level)).scalar_one()
            await set_stock(
                connection, self._scene.shop_id, variant_id, on_hand=on_hand + PIECES, at_us=time.time_ns() // 1000
            )
            for funder_, part in zip(FUNDERS, PARTS, strict=True):
                await connection.execute(
                    funder.update()
                    .where(funder.c.name == funder_.name)
                    .values(budget_minor=funder.c.budget_minor + part * FUNDED)
                )
        await database.close()
        self.told.put_out += PIECES

    async def _kill(self, kind: str, holder: WebProcess) -> None:
        """Kill and start again at once, as a supervisor does."""
        others = [web for web in self._webs if web is not holder]
        if kind in ("web", "desk and web"):
            self._chance.choice(others).kill()
        if kind.startswith("desk"):
            holder.kill()
        if kind.endswith("postgres"):
            self._cluster.kill()
            await asyncio.to_thread(self._cluster.start)

    async def _holder(self) -> WebProcess:
        connection = await asyncpg.connect(self._cluster.url())
        name = await connection.fetchval("select holder from sale_desk")
        await connection.close()
        return next((web for web in self._webs if str(name).endswith(f":{web.pid}")), self._webs[0])


async def prepare(url: str) -> Scene:
    """A shop with an open deal; nothing is put out yet."""
    database = Database(url)
    await migrate(database)
    scene = await make_scene(database, stock=0)
    funders = tuple(msgspec.structs.replace(each, budget_minor=part) for each, part in zip(FUNDERS, PARTS, strict=True))
    now_us = time.time_ns() // 1000
    await open_flash_deal(database, scene, at_us=now_us, duration_s=86_400, funders=funders)
    await database.close()
    return scene


async def audit(url: str, told: Ledger) -> dict[str, int]:
    """lost: acknowledged orders that are not there as they were acknowledged; oversold: pieces; overspent: minor units.

    Raises SystemExit when the books do not agree.
    """
    connection = await asyncpg.connect(url)
    found = {row["key_hash"]: row["id"] for row in await connection.fetch("select key_hash, id from customer_order")}
    sold = await connection.fetchval(
        "select coalesce(sum(quantity), 0) from order_line join customer_order on id = order_id where state = 'paid'"
    )
    overspent = await connection.fetchval(
        "select coalesce(sum(greatest(0, spent - budget_minor)), 0) from funder join (select funder_id, sum(amount) as"
        " spent from order_funding, unnest(funder_ids, amounts_minor) as part(funder_id, amount) group by 1) as s"
        " on s.funder_id = funder.id"
    )
    await connection.close()
    database = Database(url)
    wrong = await disagreements(database)
    await database.close()
    if wrong:
        raise SystemExit(f"the books are wrong: {', '.join(wrong)}")
    lost = sum(found.get(key_hash(key)) != order_id for key, order_id in told.acknowledged.items())
    return {"lost": lost, "oversold": max(0, sold - told.put_out), "overspent": int(overspent), "orders": len(found)}


def main() -> None:
    """Run the cycles, audit, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    with (
        OwnChild(embedded_bin(), **SETTINGS) as cluster,
        tempfile.TemporaryDirectory() as folder,
    ):
        scene = asyncio.run(prepare(cluster.url()))
        webs = [WebProcess(cluster.url(), Path(folder) / str(number)) for number in range(WEB_PROCESSES)]
        try:
            for web in webs:
                web.wait_until_ready()
            sale = Sale(cluster, scene, webs, options.seed)
            recoveries = sorted(asyncio.run(sale.run(options.cycles)))
        finally:
            for web in webs:
                web.stop()
        found = asyncio.run(audit(cluster.url(), sale.told))
    figures = {
        "cycles": len(recoveries),
        "seed": options.seed,
        "acknowledged": len(sale.told.acknowledged),
        **found,
        "recovery_p50_s": round(statistics.median(recoveries), 2),
        "recovery_p95_s": round(recoveries[int(len(recoveries) * 0.95)], 2),
        "recovery_max_s": round(recoveries[-1], 2),
        "killed": sale.killed,
    }
    print(json.dumps({"bench": "kill9", "figures": figures, "ratios": {}}))


if __name__ == "__main__":
    main()
