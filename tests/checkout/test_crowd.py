"""A crowd that is decided at once gets what it would have got one by one, or is decided one by one."""

from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.checkout.desk.crowd import decide_crowd
from tallylight.checkout.desk.decide import Sale, decide_sale
from tallylight.checkout.desk.load import load_memory
from tallylight.checkout.desk.memory import DeskMemory, FunderCounts
from tallylight.checkout.desk.price_memo import PriceMemo
from tallylight.checkout.desk.requests import SaleRequest, ShowFact
from tallylight.checkout.desk.write_batch import prepare
from tallylight.foundation.errors import TallyError
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US

CARTS = ((1, 0, 2194), (2, 0, 3893), (1, 1, 3394), (0, 1, 1695), (1, 0, 2994))
"""Serums, mugs, and the total that is agreed to; the last one at the list price, which does not hold."""
ENDS_US = NOW_US + 300_000_000


class Crowd(msgspec.Struct):
    """What a shop has, and who asks for what: (cart, buyer, whether after the deal)."""

    stock: int
    total_limit: int | None
    per_buyer_limit: int | None
    pieces_funded: int
    asks: list[tuple[int, int, bool]]


@pytest.fixture
def shop(run: Runner) -> tuple[Scene, DeskMemory]:
    async def made() -> tuple[Scene, DeskMemory]:
        scene = await make_scene(run.database, slug=f"s{uuid4().hex}")
        await open_flash_deal(run.database, scene)
        connection = await run.database.raw_connection()
        formats = await prepare(connection)
        await connection.close()
        async with run.database.transaction() as pooled:
            memory = await load_memory(pooled, scene.shop_id, version=1, now_us=NOW_US, old=None, formats=formats)
        return scene, memory

    return run(made())


def memory_of(shop: tuple[Scene, DeskMemory], crowd: Crowd) -> DeskMemory:
    """A memory of its own with what ``crowd`` has."""
    read = shop[1]
    deals = {}
    for deal_id, deal in read.deals.items():
        view = msgspec.structs.replace(deal.view, total_limit=crowd.total_limit)
        spent = [funder.budget.minor - part * crowd.pieces_funded for funder, part in
                 zip(view.agreement.funders, (400, 240, 160), strict=True)]  # fmt: skip
        counts = FunderCounts(spent, [0] * 3, [0] * 3, deal.funders.day)
        deals[deal_id] = msgspec.structs.replace(deal, view=view, funders=counts, bought={})
    facts = msgspec.structs.replace(
        read.facts,
        deals={
            product_id: tuple(msgspec.structs.replace(each, per_buyer_limit=crowd.per_buyer_limit) for each in facts)
            for product_id, facts in read.facts.deals.items()
        },
    )
    return msgspec.structs.replace(
        read, facts=facts, prices=PriceMemo(facts), deals=deals, available=dict.fromkeys(read.available, crowd.stock)
    )


def asked_of(scene: Scene, crowd: Crowd) -> list[SaleRequest]:
    show = ShowFact(scene.show_id, scene.shop_id, "friday", 0, 1000, "Mina Park", {})
    requests = []
    for cart, buyer, late in crowd.asks:
        serums, mugs, total = CARTS[cart]
        lines: list[tuple[UUID, int]] = []
        if serums:
            lines.append((scene.serum.variants[0].id, serums))
        if mugs:
            lines.append((scene.mug.variants[0].id, mugs))
        at_us = ENDS_US if late else NOW_US
        request = order_request(scene, total, *lines, at_us=at_us)
        hash_ = bytes([buyer]) * 32
        asked = SaleRequest(request, show, request.key.bytes * 2, b"b" * 32, hash_, uuid4(), "t", "captured", None)  # type: ignore[arg-type]
        requests.append(asked)
    return requests


def one_by_one(memory: DeskMemory, requests: list[SaleRequest]) -> list[Sale | str]:
    told: list[Sale | str] = []
    for asked in requests:
        try:
            told.append(decide_sale(memory, asked, now_us=ENDS_US))
        except TallyError as refusal:
            told.append(refusal.code)
    return told


def counted(memory: DeskMemory) -> object:
    """Everything that decisions change."""
    deals = [
        (deal.sold, deal.held, {buyer: many for buyer, many in deal.bought.items() if many}, deal.funders)
        for deal in memory.deals.values()
    ]
    return memory.available, memory.next_number, deals


LIMIT = st.one_of(st.none(), st.integers(0, 12))
CROWDS = st.builds(
    Crowd, st.integers(0, 14), LIMIT, st.one_of(st.none(), st.integers(1, 3)), st.integers(0, 12),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.booleans()), min_size=1, max_size=8),
)  # fmt: skip


def test_a_crowd_gets_what_it_would_get_one_by_one(shop: tuple[Scene, DeskMemory]) -> None:
    @given(crowd=CROWDS)
    @settings(max_examples=150, deadline=None)
    def compared(crowd: Crowd) -> None:
        requests = asked_of(shop[0], crowd)
        together, alone = memory_of(shop, crowd), memory_of(shop, crowd)
        sales = decide_crowd(together, requests, now_us=ENDS_US)
        if sales is None:
            assert counted(together) == counted(memory_of(shop, crowd))
            return
        found = one_by_one(alone, requests)
        assert [figures_of(sale) for sale in sales] == [
            figures_of(sale) if isinstance(sale, Sale) else sale for sale in found
        ]
        assert counted(together) == counted(alone)

    compared()


def figures_of(sale: Sale) -> object:
    takes = [msgspec.structs.astuple(use) for use in sale.takes]
    return sale.number, sale.quote.total, sale.units, sale.priced_us, sale.pending, sale.unheld, takes


FITS = (
    (Crowd(8, 8, 1, 8, [(0, buyer, False) for buyer in range(8)]), True),
    (Crowd(7, 8, 1, 8, [(0, buyer, False) for buyer in range(8)]), False),
    (Crowd(8, 7, 1, 8, [(0, buyer, False) for buyer in range(8)]), False),
    (Crowd(8, 8, 1, 7, [(0, buyer, False) for buyer in range(8)]), False),
    (Crowd(8, 8, 1, 8, [(0, buyer // 2, False) for buyer in range(8)]), False),
    # Two carts meet in one product, one deal and one agreement.
    (Crowd(6, 6, None, 6, [(0, 1, False), (1, 2, False), (2, 3, False), (0, 4, False), (0, 5, False)]), True),
    (Crowd(5, 6, None, 6, [(0, 1, False), (1, 2, False), (2, 3, False), (0, 4, False), (0, 5, False)]), False),
    (Crowd(6, 5, None, 6, [(0, 1, False), (1, 2, False), (2, 3, False), (0, 4, False), (0, 5, False)]), False),
    (Crowd(6, 6, None, 5, [(0, 1, False), (1, 2, False), (2, 3, False), (0, 4, False), (0, 5, False)]), False),
    (Crowd(9, None, None, 9, [(0, 1, False), (4, 2, False)]), False),  # somebody agreed to another price
)


def test_it_is_decided_at_once_only_when_all_of_it_fits(shop: tuple[Scene, DeskMemory]) -> None:
    for crowd, fits in FITS:
        sales = decide_crowd(memory_of(shop, crowd), asked_of(shop[0], crowd), now_us=NOW_US)
        assert (sales is not None) is fits, crowd
