"""Reads into memory what the desk decides on, while it holds its lease rows: nothing moves meanwhile."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import deals, ledger
from tallylight.catalogue.models import product, stock_level, variant
from tallylight.checkout.desk.memory import DealMemory, DeskMemory, FunderCounts
from tallylight.checkout.desk.price_memo import PriceMemo
from tallylight.checkout.desk.sale_template import own_template
from tallylight.checkout.models import customer_order
from tallylight.checkout.sale_postings import FUNDING_PURPOSES, Books
from tallylight.deals import DealFact, Facts
from tallylight.deals.models import agreement, deal, deal_buyer, funder
from tallylight.foundation.ids import ShopId
from tallylight.foundation.row_bytes import RowFormat
from tallylight.ledger import AccountName
from tallylight.ledger.models import party
from tallylight.members.models import shop

FIRST_NUMBER = 1001


async def load_memory(
    connection: AsyncConnection,
    shop_id: ShopId,
    *,
    version: int,
    now_us: int,
    old: DeskMemory | None,
    formats: Mapping[str, RowFormat],
) -> DeskMemory:
    """Memory as of ``version``. From ``old`` come only the buyers' counts of deals that it knew: the desk alone
    writes those, and they are many.
    """
    facts = await deals.selling_facts(connection, shop_id, now_us=now_us)
    rows = await connection.execute(
        sa.select(stock_level.c.variant_id, (stock_level.c.on_hand - stock_level.c.held).label("available"))
        .join(variant, variant.c.id == stock_level.c.variant_id)
        .join(product, product.c.id == variant.c.product_id)
        .where(product.c.shop_id == shop_id)
    )
    available = {row.variant_id: row.available for row in rows}
    newest = sa.select(sa.func.max(customer_order.c.number)).where(customer_order.c.shop_id == shop_id)
    last_number = (await connection.execute(newest)).scalar()
    return DeskMemory(
        shop_id,
        version,
        facts,
        available,
        await _deals(connection, facts, old),
        await _books(connection, shop_id, facts, old),
        FIRST_NUMBER if last_number is None else last_number + 1,
        PriceMemo(facts),
        formats,
        own_template(formats),
    )


async def ensure_creator(connection: AsyncConnection, memory: DeskMemory, name: str) -> None:
    """Give the creator ``name`` an account for commission."""
    party = await ledger.ensure_party(connection, ShopId(memory.shop_id), "creator", name)
    wanted = AccountName(party.id, "affiliate_commission", memory.facts.currency)
    memory.books.creators[name] = (await ledger.ensure_accounts(connection, [wanted]))[wanted]


async def _deals(connection: AsyncConnection, facts: Facts, old: DeskMemory | None) -> dict[UUID, DealMemory]:
    of_pieces = (fact for each in facts.deals.values() for fact in each)
    known: dict[UUID, DealFact] = {fact.deal_id: fact for fact in (*of_pieces, *facts.cart_deals)}
    views = await deals.deals_by_id(connection, list(known))
    found: dict[UUID, DealMemory] = {}
    # Deals of one agreement burn the same budgets: they count in the same lists.
    counts: dict[UUID, FunderCounts] = {}
    rows = await connection.execute(sa.select(deal.c.id, deal.c.held).where(deal.c.id.in_(list(known))))
    held = {row.id: row.held for row in rows}
    for view in views:
        bought = old.deals[view.id].bought if old is not None and view.id in old.deals else None
        found[view.id] = DealMemory(
            known[view.id],
            view,
            view.sold,
            held[view.id],
            counts.setdefault(view.agreement_id, FunderCounts.of(known[view.id], view)),
            {} if bought is None else dict(bought),
        )
        if bought is None:
            rows = await connection.execute(sa.select(deal_buyer).where(deal_buyer.c.deal_id == view.id))
            found[view.id].bought.update({row.buyer_hash: row.quantity for row in rows})
    return found


async def _books(connection: AsyncConnection, shop_id: ShopId, facts: Facts, old: DeskMemory | None) -> Books:
    name = (await connection.execute(sa.select(shop.c.name).where(shop.c.id == shop_id))).scalar_one()
    brand = await ledger.ensure_party(connection, shop_id, "brand", name)
    processor = await ledger.ensure_party(connection, shop_id, "processor", "Payments")
    currency = facts.currency
    payments = AccountName(processor.id, "customer_payment", currency)
    included = AccountName(brand.id, "tax_included", currency)
    taxes = await _taxes(connection, shop_id, facts)
    subtotal = AccountName(brand.id, "subtotal", currency)
    shipping = AccountName(brand.id, "shipping", currency)
    commission = AccountName(brand.id, "affiliate_commission", currency)
    # Of every deal the shop ever had: a payment may settle long after its deal has ended.
    rows = await connection.execute(
        sa.select(funder.c.party_id, funder.c.party_kind)
        .distinct()
        .join(agreement, agreement.c.id == funder.c.agreement_id)
        .where(agreement.c.shop_id == shop_id)
    )
    funding = {row.party_id: AccountName(row.party_id, FUNDING_PURPOSES[row.party_kind], currency) for row in rows}
    ids = await ledger.ensure_accounts(
        connection, [payments, included, subtotal, shipping, commission, *taxes.values(), *funding.values()]
    )
    return Books(
        customer_payment=ids[payments],
        subtotal=ids[subtotal],
        shipping=ids[shipping],
        tax_included=ids[included],
        taxes={name: ids[wanted] for name, wanted in taxes.items()},
        commission=ids[commission],
        funding={party_id: ids[wanted] for party_id, wanted in funding.items()},
        creators={} if old is None else old.books.creators,
    )


async def _taxes(connection: AsyncConnection, shop_id: ShopId, facts: Facts) -> dict[str, AccountName]:
    """The account of every authority that the shop owes tax to, or ever owed: its orders may be refunded long after."""
    for name in {rate.authority for rate in facts.taxes.rates} if facts.taxes is not None else ():
        await ledger.ensure_party(connection, shop_id, "tax", name)
    rows = await connection.execute(sa.select(party).where(party.c.shop_id == shop_id, party.c.kind == "tax"))
    return {row.name: AccountName(row.id, "tax", facts.currency) for row in rows}
