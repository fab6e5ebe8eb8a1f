"""The demo's viewers: a few people who watch, chat, send hearts and buy through the public API, like anyone.

They act at a modest random rate and never empty a shelf: what runs low they leave to real people.
"""

import asyncio
import random
import uuid
from contextlib import suppress
from typing import Any

import httpx
import structlog

from tallylight.app.demo import cast, small_talk
from tallylight.app.demo.offers import CREATOR_CODE
from tallylight.app.demo.until_told import run_until_told, web_base
from tallylight.foundation.clock import MICROSECONDS, SystemClock
from tallylight.foundation.settings import Settings

VIEWERS = 9
REFRESH_S = 5.0
CHAT_EVERY_S, HEARTS_EVERY_S, BUY_EVERY_S = 9.0, 7.0, 16.0
PLAYER_LATENCY_US = 2 * MICROSECONDS
"""How far a player lies behind the newest released frame."""
ONE_OF_MANY_DECLINED = 20
COMES_WITH_CODE, FOLLOWS, ADDS_MORE = 0.12, 0.25, 0.4
TIMEOUT_S = 10.0

_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Blocking; returns after SIGTERM or SIGINT."""
    run_until_told(lambda: _watch_together(settings))


async def _watch_together(settings: Settings) -> None:
    limits = httpx.Limits(max_connections=VIEWERS + 10)
    async with httpx.AsyncClient(
        base_url=web_base(settings), trust_env=False, limits=limits, timeout=TIMEOUT_S
    ) as client:
        crowd = Crowd(client, random.Random())  # noqa: S311 - small talk, not secrets
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(crowd.keep_looking())
            for number in range(VIEWERS):
                tasks.create_task(crowd.watch(number))
            tasks.create_task(crowd.now_and_then(CHAT_EVERY_S, crowd.chat))
            tasks.create_task(crowd.now_and_then(HEARTS_EVERY_S, crowd.send_hearts))
            tasks.create_task(crowd.now_and_then(BUY_EVERY_S, crowd.buy))


class Crowd:
    """What the viewers have before them (a ShowView, refreshed now and then) and what they do about it."""

    def __init__(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        self._client = client
        self._chance = chance
        self._clock = SystemClock()
        self._show: dict[str, Any] | None = None
        self._ids = [f"demo-viewer-{uuid.uuid4().hex[:12]}" for _ in range(VIEWERS)]
        self._said: list[str] = []

    async def keep_looking(self) -> None:
        """Refresh the show; between broadcasts there is nobody to talk to."""
        while True:
            with suppress(httpx.HTTPError, ValueError):
                answer = await self._client.get(f"/api/shows/{cast.SHOW_SLUG}")
                show = answer.json() if answer.is_success else None
                self._show = show if show is not None and show["state"] == "live" else None
            await asyncio.sleep(REFRESH_S)

    async def watch(self, number: int) -> None:
        """Hold the event stream open as a player does, so that one more viewer is counted; come back if it ends."""
        await asyncio.sleep(number * 1.5)
        while True:
            with suppress(httpx.HTTPError):
                show = self._show
                if show is not None:
                    position = show["channel"]
                    query = {"epoch": position["epoch"], "offset": position["offset"]}
                    address = f"/api/shows/{show['id']}/events"
                    async with self._client.stream("GET", address, params=query, timeout=60.0) as stream:
                        async for _ in stream.aiter_raw():
                            pass
            await asyncio.sleep(self._chance.uniform(2, 6))

    async def now_and_then(self, every_s: float, act: Any) -> None:
        """Do something about every so often, whatever comes of it."""
        while True:
            await asyncio.sleep(self._chance.uniform(0.4, 1.6) * every_s)
            show = self._show
            if show is None:
                continue
            try:
                await act(show, self._seen_us(show))
            except (httpx.HTTPError, ValueError, KeyError) as error:
                _log.debug("a viewer's call failed", kind=type(error).__name__)

    def _seen_us(self, show: dict[str, Any]) -> int:
        """The programme time of the frame before a viewer's eyes."""
        seen = self._clock.now_us() - int(show["delay_ms"]) * 1000 - PLAYER_LATENCY_US
        return max(seen, int(show["broadcast"]["started_us"]))

    def _pinned(self, show: dict[str, Any], at_us: int) -> dict[str, Any] | None:
        """The product whose card a viewer sees at ``at_us``."""
        pinned = None
        for moment in show["moments"]:
            if moment["at_us"] <= at_us and moment["type"] in ("pin", "unpin"):
                pinned = moment.get("product_id")
        return next((product for product in show["products"] if product["id"] == pinned), None)

    async def chat(self, show: dict[str, Any], at_us: int) -> None:
        """Say something that was not said lately, half of the time about what is being shown."""
        pinned = self._pinned(show, at_us)
        handle = None if pinned is None else pinned["handle"]
        about = small_talk.ABOUT.get(handle or "", ())
        choice = about if about and self._chance.random() < 0.6 else small_talk.ASIDES
        fresh = [text for text in choice if text not in self._said] or list(choice)
        text = self._chance.choice(fresh)
        self._said = [*self._said, text][-24:]
        name = self._chance.choice(small_talk.NAMES)
        if "acne" in text:
            name = "Emma"  # the host reads her question aloud
        number = hash(name) % VIEWERS
        body = {"name": name, "text": text, "at_us": at_us, "viewer_id": self._ids[number]}
        await self._client.post(f"/api/shows/{show['id']}/chat", json=body)

    async def send_hearts(self, show: dict[str, Any], at_us: int) -> None:
        body = {"viewer_id": self._chance.choice(self._ids), "count": self._chance.randint(1, 6)}
        await self._client.post(f"/api/shows/{show['id']}/reactions", json=body)

    async def buy(self, show: dict[str, Any], at_us: int) -> None:
        """Quote a small cart and order it at the quoted total; a refusal is a viewer's bad luck and no more.

        Some follow the shop first, some come with the host's code, and whoever has earned a gift takes it.
        """
        lines = self._cart(show, at_us)
        if not lines:
            return
        chance = self._chance.random()
        code = CREATOR_CODE if chance < COMES_WITH_CODE else None
        follower = f"demo-buyer-{uuid.uuid4().hex[:12]}" if chance > 1 - FOLLOWS else None
        if follower is not None:
            body = {"viewer_id": follower, "following": True}
            await self._client.post(f"/api/shops/{show['shop']['id']}/follow", json=body)
        asked = {"show_id": show["id"], "lines": lines, "at_us": at_us, "code": code, "viewer_id": follower}
        answer = await self._client.post("/api/quote", json=asked | {"gifts": {}})
        if not answer.is_success:
            return
        quote = answer.json()
        by_follow = quote["by_follow"]
        first, last = self._chance.choice(small_talk.FIRST_NAMES), self._chance.choice(small_talk.LAST_NAMES)
        line1, city, postal_code, country = self._chance.choice(small_talk.PLACES)
        declined = self._chance.randrange(ONE_OF_MANY_DECLINED) == 0
        order = {
            "key": str(uuid.uuid4()),
            "show_id": show["id"],
            "broadcast_id": show["broadcast"]["id"],
            "lines": [{"variant_id": line["variant_id"], "quantity": line["quantity"]} for line in quote["lines"]],
            "at_us": at_us,
            "code": code,
            "follow": by_follow and {"viewer_id": follower, "deal_id": by_follow["deal_id"]},
            "expected_total": quote["total"],
            "buyer": {
                "name": f"{first} {last}",
                "email": f"{first}.{last}.{self._chance.randrange(10_000)}@mail.example".lower(),
                "address": {"line1": line1, "city": city, "postal_code": postal_code, "country": country},
            },
            "payment": {"provider": "test", "token": "tok_declined" if declined else "tok_ok"},
        }
        await self._client.post("/api/orders", json=order)

    def _cart(self, show: dict[str, Any], at_us: int) -> list[dict[str, Any]]:
        """Mostly what is pinned, sometimes something else beside it; only from full shelves."""
        pinned = self._pinned(show, at_us)
        wanted = [pinned] if pinned is not None and self._chance.random() < 0.75 else []
        while not wanted or self._chance.random() < ADDS_MORE:
            wanted.append(self._chance.choice(show["products"]))
        lines: dict[str, int] = {}
        for product in wanted:
            plenty = [variant for variant in product["variants"] if variant["available"] >= cast.STOCK_LOW]
            if plenty:
                lines[self._chance.choice(plenty)["id"]] = 1 if self._chance.random() < 0.8 else 2
        return [{"variant_id": variant_id, "quantity": quantity} for variant_id, quantity in lines.items()]
