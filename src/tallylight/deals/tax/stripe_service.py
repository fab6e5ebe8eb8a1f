"""Stripe Tax by Stripe's official library (https://docs.stripe.com/api/tax/calculations): a calculation of one amount a
class, of which only the rates are kept. Nothing is recorded at Stripe as sold.

It collects where the account is registered at Stripe; where it says that it does not, the shop's registration and the
account's do not fit, which is refused and never taken for a rate of nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import stripe

from tallylight.deals.tax.service import (
    LAYERS_MAX,
    ServiceRates,
    TaxQuestion,
    TaxServiceAwayError,
    TaxServiceRefusedError,
)
from tallylight.deals.tax.types import Place, TaxRate
from tallylight.foundation.clock import MICROSECONDS

ANSWER_S = 8.0
BELIEVED_US = 86_400 * MICROSECONDS
"""Stripe does not say until when a rate holds; its own changes come by the day."""
GOODS_CODE = "txcd_99999999"
SHIPPING_CODE = "txcd_92010001"
"""General tangible goods; shipping (https://docs.stripe.com/tax/tax-codes)."""
AMOUNT_MINOR = 10_000
NAME_MAX = 100
_NOT_HERE = ("not_collecting", "not_supported")

Layer = tuple[str, str]
"""The authority and the tax's name."""


class StripeTax:
    """Implements ``TaxService``. ``api_base``: somewhere else than Stripe: for tests."""

    name = "stripe"

    def __init__(self, secret_key: str, *, api_base: str | None = None) -> None:
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={} if api_base is None else {"api": api_base},
            http_client=stripe.HTTPXClient(timeout=ANSWER_S, allow_sync_methods=False),
            max_network_retries=0,
        )

    async def rates_for(self, question: TaxQuestion, *, now_us: int) -> ServiceRates:
        """See ``TaxService``."""
        asked: Any = _asked(question)
        try:
            answer = await self._client.v1.tax.calculations.create_async(asked)
        except stripe.InvalidRequestError as error:
            raise TaxServiceRefusedError(_refusal(error)) from error
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise TaxServiceRefusedError("Stripe does not take the key; see TALLYLIGHT_STRIPE_SECRET_KEY") from error
        except stripe.StripeError as error:
            raise TaxServiceAwayError("Stripe Tax does not answer") from error
        try:
            return ServiceRates(_rates(answer.to_dict(), question), now_us + BELIEVED_US)
        except (KeyError, TypeError, ArithmeticError) as error:
            raise TaxServiceRefusedError("Stripe Tax gave an answer that is not understood") from error


def _asked(question: TaxQuestion) -> dict[str, Any]:
    behavior = "inclusive" if question.included else "exclusive"
    return {
        "currency": question.currency.lower(),
        "line_items": [
            {
                "amount": AMOUNT_MINOR,
                "reference": tax_class,
                "tax_code": code or GOODS_CODE,
                "tax_behavior": behavior,
            }
            for tax_class, code in question.codes.items()
        ],
        "shipping_cost": {"amount": AMOUNT_MINOR, "tax_code": SHIPPING_CODE, "tax_behavior": behavior},
        "customer_details": {"address": _address(question.where), "address_source": "shipping"},
        "ship_from_details": {"address": _address(question.origin)},
        "expand": ["line_items", "shipping_cost.tax_breakdown"],
    }


def _address(where: Place) -> dict[str, str]:
    parts = {"country": where.country, "state": where.region, "postal_code": where.postal_code}
    return {name: part for name, part in parts.items() if part}


def _refusal(error: stripe.InvalidRequestError) -> str:
    if error.code == "customer_tax_location_invalid":
        return "Stripe Tax does not know the place"
    return f"Stripe Tax refused: {(error.user_message or 'it says no more')[:200]}"


def _rates(answer: Mapping[str, Any], question: TaxQuestion) -> tuple[TaxRate, ...]:
    """Each class has a rate in each layer, if of 0 %: what is exempt must not be taxed as standard goods are."""
    by_class = {item["reference"]: _ppm_by_layer(item["tax_breakdown"]) for item in answer["line_items"]["data"]}
    if set(by_class) != set(question.codes):
        raise TaxServiceRefusedError("Stripe Tax did not answer for each class of goods")
    shipping = _ppm_by_layer((answer.get("shipping_cost") or {}).get("tax_breakdown") or ())
    layers = sorted({layer for found in by_class.values() for layer in found})
    if not 1 <= len(layers) <= LAYERS_MAX:
        raise TaxServiceRefusedError(
            f"Stripe Tax named {len(layers)} taxes for one place; 1 to {LAYERS_MAX} can be kept"
        )
    return tuple(
        TaxRate(
            authority=layer[0],
            name=layer[1],
            country=question.where.country,
            region=question.where.region,
            tax_class=tax_class,
            layer=number,
            rate_ppm=found.get(layer, 0),
            on_shipping=shipping.get(layer, 0) > 0,
            source="Stripe Tax",
        )
        for tax_class, found in by_class.items()
        for number, layer in enumerate(layers, 1)
    )


def _ppm_by_layer(breakdown: Iterable[Mapping[str, Any]]) -> dict[Layer, int]:
    """A tax of a part of the price is a lower tax of all of it."""
    found: dict[Layer, int] = {}
    for part in breakdown:
        if part["taxability_reason"] in _NOT_HERE:
            raise TaxServiceRefusedError(
                "Stripe Tax does not collect there: register the place in the Stripe account as well"
            )
        details = part.get("tax_rate_details")
        layer = _authority(part["jurisdiction"]), str((details or {}).get("display_name") or "Tax")[:NAME_MAX]
        ppm = _ppm(details, part) if details else 0
        found[layer] = found.get(layer, 0) + ppm
    return found


def _ppm(details: Mapping[str, Any], part: Mapping[str, Any]) -> int:
    percent = Decimal(details["percentage_decimal"])
    if not 0 <= percent <= 100:
        raise TaxServiceRefusedError("Stripe Tax named a rate that is none")
    if not part["taxable_amount"]:
        return 0
    share = Decimal(1)
    if part["taxability_reason"] in ("portion_product_exempt", "taxable_basis_reduced", "proportionally_rated"):
        share = min(share, Decimal(part["taxable_amount"]) / AMOUNT_MINOR)
    return int((percent * 10_000 * share).to_integral_value(ROUND_HALF_UP))


def _authority(jurisdiction: Mapping[str, Any]) -> str:
    """As the rates that come along name them: DE, US-NY; below that, by its own name."""
    land, state = jurisdiction["country"], jurisdiction.get("state")
    place = f"{land}-{state}" if state else land
    if jurisdiction["level"] in ("country", "state"):
        return str(place if jurisdiction["level"] == "state" else land)
    return f"{place} {jurisdiction['display_name']} {jurisdiction['level']}"[:NAME_MAX]
