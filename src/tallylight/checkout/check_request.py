"""Checks an order's request against the limits, before anything is looked up."""

import re
import unicodedata

from tallylight.checkout.address_rules import check_address
from tallylight.checkout.schemas import Address, PlaceOrder
from tallylight.deals import CODE_MAX, FUTURE_US_MAX
from tallylight.foundation.errors import InvalidInputError

LINES_MAX = 20
QUANTITY_MAX = 20
TOKEN_MAX = 200
TOTAL_MINOR_MAX = 1_000_000_000_000

# One @ between a local part and a dotted domain (RFC 5321 section 4.5.3.1 for the lengths); the rest only a
# delivered message can tell.
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]+\.[^\s@<>\".]{2,63}")
_EMAIL_MAX = 254


def check_request(request: PlaceOrder, *, now_us: int) -> None:
    """Raises InvalidInputError naming the first field that is wrong."""
    if not 1 <= len(request.lines) <= LINES_MAX:
        raise InvalidInputError(f"an order has 1 to {LINES_MAX} lines", field="lines")
    for line in request.lines:
        if not 1 <= line.quantity <= QUANTITY_MAX:
            raise InvalidInputError(f"a quantity must be 1 to {QUANTITY_MAX}", field="lines")
    if len({line.variant_id for line in request.lines}) < len(request.lines):
        raise InvalidInputError("a variant is named twice; add up its quantity", field="lines")
    if not 0 < request.at_us <= now_us + FUTURE_US_MAX:
        raise InvalidInputError("at_us is not a moment that anybody has seen", field="at_us")
    if not 0 <= request.expected_total.minor <= TOTAL_MINOR_MAX:
        raise InvalidInputError("expected_total is out of range", field="expected_total")
    if request.code is not None:
        check_code(request.code)
    buyer = request.buyer
    if len(buyer.email) > _EMAIL_MAX or not _EMAIL.fullmatch(buyer.email.strip()):
        raise InvalidInputError("the e-mail address is not one", field="email")
    check_recipient(buyer.name, buyer.address)
    if not 1 <= len(request.payment.token) <= TOKEN_MAX:
        raise InvalidInputError(f"the payment token must have 1 to {TOKEN_MAX} characters", field="token")


def check_recipient(name: str, address: Address) -> None:
    """Raises InvalidInputError naming the first field of a parcel's label that is wrong."""
    for field, value, most, required in (
        ("name", name, 100, True),
        ("line1", address.line1, 200, False),
        ("line2", address.line2, 200, False),
        ("city", address.city, 100, False),
        ("postal_code", address.postal_code, 20, False),
        ("region", address.region, 100, False),
    ):
        _check_text(field, value, most, required=required)
    check_address(address)


def check_code(code: str) -> None:
    """Raises InvalidInputError for what can be no code."""
    if not 1 <= len(code.strip()) <= CODE_MAX or not code.isprintable():
        raise InvalidInputError(f"a code has 1 to {CODE_MAX} characters", field="code")


def _check_text(field: str, value: str | None, most: int, *, required: bool) -> None:
    if value is None or not value.strip():
        if required:
            raise InvalidInputError(f"{field} is missing", field=field)
        return
    if len(value) > most:
        raise InvalidInputError(f"{field} has {len(value)} characters; the limit is {most}", field=field)
    if not value.isprintable() and any(unicodedata.category(character) == "Cc" for character in value):
        raise InvalidInputError(f"{field} holds control characters", field=field)
