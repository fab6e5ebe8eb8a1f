"""Turns a decided sale into the rows of a batch, and into the buyer's answer."""

import msgspec

from tallylight import ledger
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.decide import Sale
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.receipt import receipt_hash
from tallylight.checkout.sale_postings import SaleFigures, sale_transfers
from tallylight.checkout.schemas import BuyerView, Order

HOLD_US = 600_000_000
"""How long stock and funding are held for a payment whose outcome is not known."""

_encode = msgspec.json.Encoder().encode


def add_sale(batch: Batch, memory: DeskMemory, sale: Sale) -> None:
    """Add every row of ``sale`` to ``batch``; the ledger's too unless the payment is pending."""
    asked = sale.asked
    request = asked.request
    order_id, placed_us = asked.order_id, sale.placed_us
    rows = batch.rows
    total = sale.quote.total
    rows["customer_order"].append(
        (
            order_id,
            memory.shop_id,
            sale.number,
            request.show_id,
            request.broadcast_id,
            "payment_pending" if sale.pending else "paid",
            placed_us,
            min(request.at_us, placed_us),
            sale.priced_us,
            total.currency,
            total.minor,
            sale.quote.discount.minor,
            sale.units,
            asked.show.commission_bps,
            asked.show.creator_name,
            _encode(sale.quote).decode(),
            request.buyer.email.strip(),
            request.buyer.name.strip(),
            asked.buyer_hash,
            _encode(request.buyer.address).decode(),
            receipt_hash(asked.receipt_token),
            asked.key_hash,
            asked.body_hash,
            placed_us + HOLD_US if sale.pending else None,
        )
    )
    _add_lines(batch, memory, sale)
    state = "pending" if sale.pending else "captured"
    key = str(order_id)
    provider = request.payment.provider
    rows["payment"].append((order_id, provider, key, state, total.minor, total.currency, placed_us))
    if not sale.pending:
        add_transfers(batch, memory, _figures(memory, sale))


def add_transfers(batch: Batch, memory: DeskMemory, figures: SaleFigures) -> None:
    """Add the transfers of a paid order."""
    for transfer in sale_transfers(figures, memory.books):
        ledger.check_balanced(transfer)
        batch.rows["transfer"].append(ledger.transfer_row(transfer))
        batch.rows["entry"] += ledger.entry_rows(transfer)


def order_answer(sale: Sale) -> Order:
    """What the buyer is told."""
    asked = sale.asked
    token = asked.receipt_token
    at_us = min(asked.request.at_us, sale.placed_us)
    return Order(
        asked.order_id,
        str(sale.number),
        "payment_pending" if sale.pending else "paid",
        sale.placed_us,
        at_us,
        sale.quote,
        BuyerView(asked.request.buyer.email.strip(), asked.request.buyer.name.strip()),
        f"/receipt/{asked.order_id}?token={token}",
        token,
        f"/watch/{asked.show.slug}?t={at_us}",
    )


def _add_lines(batch: Batch, memory: DeskMemory, sale: Sale) -> None:
    order_id = sale.asked.order_id
    for position, line in enumerate(sale.quote.lines, 1):
        fact = memory.facts.variants[line.variant_id]
        deal_id = line.reasons[0].deal_id if line.reasons else None
        batch.rows["order_line"].append(
            (
                order_id, position, line.variant_id, fact.product_id, line.product_title, line.variant_title,
                line.quantity, line.unit_list.minor, line.discount.minor, deal_id,
            )
        )  # fmt: skip
        if sale.pending:
            batch.count_stock(line.variant_id, on_hand=0, held=line.quantity)
        else:
            batch.count_stock(line.variant_id, on_hand=-line.quantity, held=0)
            batch.rows["stock_movement"].append(
                (None, line.variant_id, -line.quantity, "sale", order_id, sale.placed_us)
            )
    for take in sale.takes:
        deal, quantity = take.deal, take.quantity
        sold, held = (0, quantity) if sale.pending else (quantity, 0)
        batch.count_deal(deal.deal_id, sold=sold, held=held)
        batch.count_bought(deal.deal_id, sale.asked.buyer_hash, quantity, deal.per_buyer_limit)
        funder_ids = [funder.funder_id for funder in deal.funders]
        batch.rows["order_funding"].append((order_id, deal.deal_id, funder_ids, take.parts))
        for funder_id, part in zip(funder_ids, take.parts, strict=True):
            spent, held_minor = (0, part) if sale.pending else (part, 0)
            batch.count_funder(funder_id, spent=spent, held=held_minor)


def _figures(memory: DeskMemory, sale: Sale) -> SaleFigures:
    quote, request = sale.quote, sale.asked.request
    return SaleFigures(
        memory.shop_id,
        sale.asked.order_id,
        sale.number,
        quote.total.currency,
        quote.subtotal.minor,
        quote.discount.minor,
        quote.shipping.minor,
        quote.tax.minor,
        quote.total.minor,
        [
            (funder.party_id, part)
            for take in sale.takes
            for funder, part in zip(take.deal.funders, take.parts, strict=True)
            if part
        ],
        sale.asked.show.commission_bps,
        sale.asked.show.creator_name,
        min(request.at_us, sale.placed_us),
        sale.placed_us,
    )
