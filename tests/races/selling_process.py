"""A process that sells until it is killed: ``python -m tests.races.selling_process URL SCENE ACKNOWLEDGED``.

Each acknowledged order is appended to the file ACKNOWLEDGED as 32 bytes, key and order id, before anything else.
"""

import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from tallylight.checkout import PlaceOrder, SaleDesk
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.errors import UnavailableError
from tests.support.sale import Scene, order_request

CLIENTS = 40
TOTAL_MINOR = 2499 - 800 + 495


def request_of(scene: Scene, key: UUID, at_us: int) -> PlaceOrder:
    """The same request for the same key, in whatever process."""
    return order_request(scene, TOTAL_MINOR, key=key, at_us=at_us, email=f"{key.hex}@example.com")


async def sell(url: str, scene: Scene, at_us: int, acknowledged: Path) -> None:
    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    desk = SaleDesk(url, SystemClock())
    await desk.start()

    async def client() -> None:
        while True:
            key = uuid4()
            try:
                order = await desk.place(request_of(scene, key, at_us))
            except UnavailableError:
                await asyncio.sleep(0.05)
                continue
            os.write(file, key.bytes + order.id.bytes)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


if __name__ == "__main__":
    scene_at = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=tuple[Scene, int])
    asyncio.run(sell(sys.argv[1], scene_at[0], scene_at[1], Path(sys.argv[3])))
