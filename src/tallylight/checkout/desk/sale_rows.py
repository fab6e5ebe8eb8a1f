"""Turns a decided sale into the rows of a batch, and into the buyer's answer."""

import msgspec

from tallylight import ledger
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.decide import Sale
from tallylight.checkout.desk.memory import DeskMemory, code_of
from tallylight.checkout.desk.price_memo import TemplateKey
from tallylight.checkout.desk.sale_template import SaleTemplate
from tallylight.checkout.receipt import receipt_hash
from tallylight.checkout.sale_postings import SaleFigures, sale_transfers
from tallylight.checkout.schemas import BuyerView, Order
from tallylight.foundation.row_bytes import int8, sized

HOLD_US = 600_000_000
"""How long stock and funding are held for a payment whose outcome is not known."""
TEMPLATES_MAX = 50
"""A priced cart's: shows that sell it, times payment providers."""

_encode = msgspec.json.Encoder().encode


def add_sale(batch: Batch, memory: DeskMemory, sale: Sale) -> None:
    """Add every row of ``sale`` to ``batch``; the ledger's too unless the payment is pending."""
    asked = sale.asked
    buyer = asked.request.buyer
    holes = {
        "order_id": asked.order_id.bytes,
        "reference": str(asked.order_id).encode(),
        "buyer_email": sized(buyer.email.strip().encode()),
        "buyer_name": sized(buyer.name.strip().encode()),
        "buyer_hash": asked.buyer_hash,
        "address": sized(_encode(buyer.address)),
        "receipt_hash": receipt_hash(asked.receipt_token),
        "key_hash": asked.key_hash,
        "body_hash": asked.body_hash,
    }
    if sale.pending:
        holes["hold_expires_us"] = int8(sale.placed_us + HOLD_US)
    _template(memory, sale).write(batch, sale, holes)
    for take in () if sale.unheld else sale.takes:
        batch.count_bought(take.deal.deal_id, asked.buyer_hash, take.quantity, take.deal.per_buyer_limit)
        code_hash = code_of(take, asked.voucher)
        if code_hash is not None and asked.voucher is not None:
            batch.count_bought(take.deal.deal_id, code_hash, 1, asked.voucher.uses_max)


def add_transfers(batch: Batch, memory: DeskMemory, figures: SaleFigures) -> None:
    """Add the transfers of a paid order."""
    for transfer in sale_transfers(figures, memory.books):
        ledger.check_balanced(transfer)
        batch.rows["transfer"].append(ledger.transfer_row(transfer))


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
        kept=not sale.unheld,
        pay_by_us=sale.placed_us + HOLD_US if sale.pending else None,
    )


def _template(memory: DeskMemory, sale: Sale) -> SaleTemplate:
    """The rows that ``sale`` shares with others of its price."""
    request, show = sale.asked.request, sale.asked.show
    key: TemplateKey = (
        request.show_id, request.broadcast_id, show.commission_bps, show.creator_name, request.payment.provider,
        sale.pending,
    )  # fmt: skip
    templates = sale.priced.templates
    template = templates.get(key)
    if template is None:
        if len(templates) >= TEMPLATES_MAX:
            templates.clear()
        template = templates[key] = SaleTemplate(memory, sale)
    return template
