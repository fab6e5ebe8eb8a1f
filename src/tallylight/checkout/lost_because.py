"""Why an order lost whose money was sure too late: what was gone by then."""

from typing import Literal

from tallylight.deals import RefusalCode

LostBecause = Literal["sold_out", RefusalCode, "deal_over", "exchange_over"]
"""``exchange_over``: what was to come back for it could not any more."""
