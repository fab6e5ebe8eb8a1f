"""Whether an order whose bank is still to be asked holds nothing meanwhile: first paid, first served. Pure."""

from tallylight.checkout.desk.price_memo import Priced


def holds_nothing(first_paid: bool, priced: Priced) -> bool:
    """``first_paid``: what the shop does. A deal may choose for itself, and an order holds all of its pieces or none.

    One deal of the order on which who pays first is served first is enough: its pieces cannot be kept from others by
    what else is in the cart. Where the shop keeps nothing, an order keeps its pieces if each of its lines is on a deal
    that keeps them.
    """
    chosen = {use.deal.deal_id: use.deal.first_paid for use in priced.takes}
    if True in chosen.values():
        return True
    if not first_paid:
        return False
    keeping = {deal_id for deal_id, choice in chosen.items() if choice is False}
    return not all(any(reason.deal_id in keeping for reason in line.reasons) for line in priced.quote.lines)
