"""A batch that is decided and not yet committed: its rows, its events, and the answers that leave afterwards."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.crowd import decide_crowd
from tallylight.checkout.desk.decide import Sale, decide_sale
from tallylight.checkout.desk.events import batch_events
from tallylight.checkout.desk.memory import DeskMemory, code_of
from tallylight.checkout.desk.requests import SaleRequest
from tallylight.checkout.desk.sale_rows import add_sale, order_answer
from tallylight.checkout.desk.settled import Settled
from tallylight.checkout.errors import KeyReusedError
from tallylight.checkout.schemas import Order
from tallylight.foundation.errors import TallyError

_TURN = 4
_CROWD = 64
"""Orders decided before the loop may turn, one by one and as a crowd: the batch before this one is waiting for its
database meanwhile."""


class Decided:
    """What was decided on ``memory``. It stands only while the desk still decides on that same memory."""

    def __init__(self, memory: DeskMemory, *, keys_known: bool = True) -> None:
        """``keys_known``: a key that is given to ``add`` certainly made no order in an earlier batch."""
        self.memory = memory
        self.unsure: list[SaleRequest] = []
        self._keys_known = keys_known
        self.batch = Batch()
        self.sales: list[Sale] = []
        self.settled: list[Settled] = []
        self._answers: list[tuple[asyncio.Future[Any], object]] = []
        self._fresh: dict[bytes, tuple[bytes, Order]] = {}

    def add(self, asked: SaleRequest, *, now_us: int) -> None:
        """Decide a sale whose key made no order in an earlier batch.

        Where that is only likely, one that would be refused goes to ``unsure``: a repeated request gets its order, sold
        out or not. (One that is sold again meets the key's unique index.)
        """
        twin = self._fresh.get(asked.key_hash)
        if twin is not None:
            same = twin[0] == asked.body_hash
            self.answer(asked.answer, twin[1] if same else KeyReusedError("the key belongs to another order"))
            return
        try:
            sale = decide_sale(self.memory, asked, now_us=now_us)
        except TallyError as refusal:
            if self._keys_known:
                self.answer(asked.answer, refusal)
            else:
                self.unsure.append(asked)
            return
        self._sell(sale)

    def add_crowd(self, requests: Sequence[SaleRequest], *, now_us: int) -> bool:
        """Decide sales as ``add`` does, all at once where all that they ask for is there; False: nothing was done."""
        keys = {asked.key_hash for asked in requests}
        if len(keys) < len(requests) or not keys.isdisjoint(self._fresh):
            return False
        sales = decide_crowd(self.memory, requests, now_us=now_us)
        for sale in sales or ():
            self._sell(sale)
        return sales is not None

    def sell(self, sale: Sale) -> None:
        """Add a sale that is decided, and that somebody else answers."""
        self.sales.append(sale)
        add_sale(self.batch, self.memory, sale)

    def _sell(self, sale: Sale) -> None:
        asked = sale.asked
        self.sell(sale)
        order = order_answer(sale)
        self._fresh[asked.key_hash] = (asked.body_hash, order)
        self.answer(asked.answer, order)

    def turn(self, now_us: int) -> None:
        """It is ``now_us`` for what follows: maybe another day (UTC) for what funders bear in a day."""
        self.memory.turn(now_us)
        self.batch.turn(now_us)

    def answer(self, future: "asyncio.Future[Any]", value: object) -> None:
        """``value`` (an exception is raised) goes to ``future`` once the batch is committed."""
        self._answers.append((future, value))

    def finish(self) -> None:
        """Add the events: what memory says now is what this batch makes true."""
        self.batch.events += batch_events(self.memory, self.sales, self.settled)

    def forget(self) -> None:
        """Give back what buyers were counted for in memory: the batch will be decided anew."""
        for sale in self.sales:
            for take in () if sale.unheld else sale.takes:
                bought = self.memory.deals[take.deal.deal_id].bought
                bought[sale.asked.buyer_hash] -= take.quantity
                code_hash = code_of(take, sale.asked.voucher)
                if code_hash is not None:
                    bought[code_hash] -= 1

    def send(self) -> None:
        """The batch is committed: everybody may know."""
        for future, value in self._answers:
            if future.done():
                continue
            if isinstance(value, Exception):
                future.set_exception(value)
            else:
                future.set_result(value)


async def decide_ahead(decided: Decided, requests: Sequence[SaleRequest], *, now_us: int) -> None:
    """Decide sales with new keys while the batch before is being committed."""
    decided.turn(now_us)
    for first in range(0, len(requests), _CROWD):
        crowd = requests[first : first + _CROWD]
        if not decided.add_crowd(crowd, now_us=now_us):
            for place, asked in enumerate(crowd, 1):
                decided.add(asked, now_us=now_us)
                if place % _TURN == 0:
                    await asyncio.sleep(0)
        await asyncio.sleep(0)
    decided.finish()
