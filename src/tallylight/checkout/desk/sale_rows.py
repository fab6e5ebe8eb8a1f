"""Turns a decided sale into the rows of a batch, and into the buyer's answer."""

import msgspec

from tallylight import ledger
from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.decide import Sale
from tallylight.checkout.desk.memory import DeskMemory, code_of
from tallylight.checkout.desk.price_memo import TemplateKey
from tallylight.checkout.desk.sale_template import SaleTemplate, own_row
from tallylight.checkout.sale_postings import SaleFigures, sale_transfers
from tallylight.checkout.schemas import BuyerView, Order

HOLD_US = 600_000_000
"""How long stock and funding are held for a payment whose outcome is not known."""
TEMPLATES_MAX = 50
"""A priced cart's: shows that sell it, times payment providers."""


def add_sale(batch: Batch, memory: DeskMemory, sale: Sale) -> None:
    """Add every row of ``sale`` to ``batch``; the ledger's too unless the payment is pending."""
    asked = sale.asked
    batch.sell(_template(memory, sale), own_row(memory.own, sale))
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
        msgspec.structs.replace(sale.quote, at_us=sale.priced_us),
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
