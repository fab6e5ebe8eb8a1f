"""Stripe by its official library (https://docs.stripe.com/api): an order is a PaymentIntent, authorised, then captured.

What Stripe forgets we do not rely on: its idempotency keys live for 24 hours, so a refund is looked for by its mark
before it is made. An answer that does not come is an unknown outcome, never a decline. The buyer's browser makes a
confirmation token and we confirm with it here; a card whose bank asks for a further step (3-D Secure) is *challenged*
until Stripe.js has taken the buyer through it (https://docs.stripe.com/payments/finalize-payments-on-the-server).
"""

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
import stripe
from sqlalchemy.dialects.postgresql import insert

from tallylight.checkout.models import stripe_intent
from tallylight.checkout.payments import (
    Charge,
    ChargeState,
    Dispute,
    DisputeState,
    OutcomeUnknownError,
    PaymentStep,
    ProviderEvent,
)
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.money import Money

ANSWER_S = 20.0
WINDOW_S = 900
"""An intent is made within so many seconds of its order's id, which holds its time (RFC 9562, section 5.7)."""
PAGES_MAX = 20
PAGE = 100
ORDER_MARK = "tallylight_order"
REFUND_MARK = "tallylight_refund"
SIGNATURE_HEADER = "stripe-signature"
SIGNATURE_AGE_S = 300

CONFIRMATION_MARK = "ctoken_"
METHODS: Mapping[str, Any] = {"automatic_payment_methods": {"enabled": True}}
"""Any way to pay that the account offers. A confirmation token says where its buyer comes back to."""
METHODS_HERE: Mapping[str, Any] = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
"""Without one: any way that needs no page elsewhere."""

T = TypeVar("T")

_STATES: Mapping[str, ChargeState] = {
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "voided",
    "requires_payment_method": "declined",
    "requires_action": "challenged",
}
_DISPUTE_STATES: Mapping[str, DisputeState] = {
    "needs_response": "opened",
    "under_review": "evidence_sent",
    "won": "won",
    "lost": "lost",
}
"""Of the others (warnings, prevented ones) no money is withdrawn (https://docs.stripe.com/api/disputes/object)."""
_AWAY = (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError)


class StripeProvider:
    """Implements ``PaymentProvider``. ``api_base``: somewhere else than Stripe, which may know fewer ``methods``
    and may not list by time: for tests.
    """

    name = "stripe"

    def __init__(
        self,
        database: Database,
        secret_key: str,
        webhook_secret: str = "",
        *,
        api_base: str | None = None,
        methods: Mapping[str, Any] | None = None,
        lists_by_time: bool = True,
    ) -> None:
        self._database = database
        self._webhook_secret = webhook_secret
        self._methods = methods
        self._lists_by_time = lists_by_time
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={} if api_base is None else {"api": api_base},
            http_client=stripe.HTTPXClient(timeout=ANSWER_S, allow_sync_methods=False),
            max_network_retries=0,
        )

    def decides_at_once(self, token: str) -> ChargeState | None:
        return None

    async def authorise(self, key: str, token: str, amount: Money) -> Charge:
        known = await self._intent_id(key)
        if known is not None:
            return await self._settled(_charge(await self._retrieve(known)), known)
        wanted: Any = {
            "amount": amount.minor,
            "currency": amount.currency.lower(),
            "capture_method": "manual",
            "confirm": True,
            "metadata": {ORDER_MARK: key},
            **self._means(token),
        }
        options: Any = {"idempotency_key": f"authorise-{key}"}
        try:
            intent = await _answer(self._client.v1.payment_intents.create_async(wanted, options))
        except stripe.CardError:
            return Charge("", "declined", amount)
        except stripe.InvalidRequestError as error:
            # No such payment method: the buyer's card is not one, whatever it is.
            if error.param in ("payment_method", "confirmation_token"):
                return Charge("", "declined", amount)
            raise ConflictError("the payment provider did not take the payment; try another card") from error
        await self._remember(key, intent.id)
        return await self._settled(_charge(intent), intent.id)

    async def capture(self, key: str) -> Charge:
        intent_id = await self._require(key)
        charge = _charge(await self._retrieve(intent_id))
        if charge.state == "captured":
            return charge
        options: Any = {"idempotency_key": f"capture-{key}"}
        return _charge(await _refusable(self._client.v1.payment_intents.capture_async(intent_id, {}, options)))

    async def void(self, key: str) -> Charge | None:
        charge = await self.find(key)
        if charge is None or charge.state == "voided":
            return charge
        if charge.state == "captured":
            raise ConflictError("the charge is captured")
        return _charge(await _refusable(self._client.v1.payment_intents.cancel_async(charge.reference)))

    async def refund(self, key: str, amount: Money, refund_key: str) -> str:
        intent_id = await self._require(key)
        made = await _answer(self._client.v1.refunds.list_async({"payment_intent": intent_id, "limit": PAGE}))
        for refund in made.data:
            if _mark(refund, REFUND_MARK) == refund_key:
                return refund.id
        options: Any = {"idempotency_key": f"refund-{refund_key}"}
        refund = await _refusable(
            self._client.v1.refunds.create_async(
                {"payment_intent": intent_id, "amount": amount.minor, "metadata": {REFUND_MARK: refund_key}}, options
            )
        )
        if refund.status in ("failed", "canceled"):
            raise ConflictError("the payment provider could not send the money back; its own desk says why")
        return refund.id

    async def transfer(self, key: str, destination: str, amount: Money) -> str:
        transfer = await _refusable(
            self._client.v1.transfers.create_async(
                {"amount": amount.minor, "currency": amount.currency.lower(), "destination": destination},
                {"idempotency_key": f"transfer-{key}"},
            )
        )
        return transfer.id

    async def find(self, key: str) -> Charge | None:
        intent_id = await self._intent_id(key)
        if intent_id is not None:
            return _charge(await self._retrieve(intent_id))
        intent = await self._look_for(key)
        if intent is None:
            return None
        await self._remember(key, intent.id)
        return _charge(intent)

    async def find_dispute(self, dispute_id: str) -> Dispute | None:
        try:
            found = await _answer(self._client.v1.disputes.retrieve_async(dispute_id))
        except stripe.InvalidRequestError:
            return None
        return _dispute(found.to_dict())

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        signature = headers.get(SIGNATURE_HEADER, "")
        try:
            if not self._webhook_secret:
                raise ValueError("no secret")
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret, tolerance=SIGNATURE_AGE_S)
            thing = event["data"]["object"].to_dict()
        except (ValueError, KeyError, TypeError, AttributeError, stripe.SignatureVerificationError):
            raise InvalidInputError("the webhook's signature is wrong") from None
        kind: str = event["type"]
        if kind.startswith("payment_intent."):
            key = (thing.get("metadata") or {}).get(ORDER_MARK, "")
            return ProviderEvent(
                event["id"], key, "payment", _STATES.get(thing.get("status", "")), reference=thing["id"]
            )
        if kind.startswith("charge.dispute."):
            dispute = _dispute(thing)
            return ProviderEvent(event["id"], "", "dispute", None, reference=dispute.reference, dispute=dispute)
        return ProviderEvent(event["id"], "", "other", None)

    async def key_of(self, reference: str) -> str | None:
        """The order's id behind an intent, by our own memory, else by its mark at Stripe."""
        async with self._database.reading() as connection:
            key: str | None = await connection.scalar(
                sa.select(stripe_intent.c.key).where(stripe_intent.c.intent_id == reference)
            )
        if key is None and reference:
            intent = await self._retrieve(reference)
            key = _mark(intent, ORDER_MARK)
        return key

    def _means(self, token: str) -> Any:
        """How ``token`` pays, as Stripe's parameters."""
        if token.startswith(CONFIRMATION_MARK):
            return {"confirmation_token": token, **(METHODS if self._methods is None else self._methods)}
        return {"payment_method": token, **(METHODS_HERE if self._methods is None else self._methods)}

    async def _settled(self, charge: Charge, intent_id: str) -> Charge:
        """An intent that was declined is let go of: with its secret a browser could pay it all the same."""
        if charge.state == "declined":
            await _refusable(self._client.v1.payment_intents.cancel_async(intent_id))
        return charge

    async def _retrieve(self, intent_id: str) -> stripe.PaymentIntent:
        return await _refusable(self._client.v1.payment_intents.retrieve_async(intent_id))

    async def _look_for(self, key: str) -> stripe.PaymentIntent | None:
        """The intent of an order whose answer got lost, among those of its minutes."""
        made_s = (UUID(key).int >> 80) // 1000
        params: Any = {"limit": PAGE}
        if self._lists_by_time:
            params["created"] = {"gte": made_s - 60, "lte": made_s + WINDOW_S}
        for _ in range(PAGES_MAX):
            page = await _answer(self._client.v1.payment_intents.list_async(params))
            for intent in page.data:
                if _mark(intent, ORDER_MARK) == key:
                    return intent
            if not page.has_more:
                return None
            params["starting_after"] = page.data[-1].id
        raise OutcomeUnknownError("too many payments were made in those minutes to find this one")

    async def _intent_id(self, key: str) -> str | None:
        async with self._database.reading() as connection:
            found: str | None = await connection.scalar(
                sa.select(stripe_intent.c.intent_id).where(stripe_intent.c.key == key)
            )
        return found

    async def _require(self, key: str) -> str:
        charge = await self.find(key)
        if charge is None:
            raise NotFoundError("there is no such charge")
        return charge.reference

    async def _remember(self, key: str, intent_id: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(stripe_intent).values(key=key, intent_id=intent_id).on_conflict_do_nothing()
            )


def _mark(thing: Any, name: str) -> str | None:
    """What we wrote on something at Stripe."""
    marks: dict[str, str] = thing.metadata.to_dict() if thing.metadata else {}
    return marks.get(name)


def _charge(intent: stripe.PaymentIntent) -> Charge:
    """Raises OutcomeUnknownError while the bank has not decided."""
    if intent.status == "processing":
        raise OutcomeUnknownError("the bank has not decided about the payment yet")
    state = _STATES.get(intent.status, "declined")
    step = PaymentStep("stripe", intent.client_secret or "") if state == "challenged" else None
    return Charge(intent.id, state, Money(intent.amount, intent.currency.upper()), step)


def _dispute(thing: Mapping[str, Any]) -> Dispute:
    """A dispute as Stripe writes it. Its fees stand in what moved on the balance, those given back with a minus."""
    fees: dict[str, int] = {}
    for moved in thing.get("balance_transactions") or ():
        currency = str(moved["currency"]).upper()
        fees[currency] = fees.get(currency, 0) + int(moved.get("fee") or 0)
    due_s = (thing.get("evidence_details") or {}).get("due_by")
    fee = next((Money(minor, currency) for currency, minor in fees.items() if minor > 0), None)
    return Dispute(
        str(thing["id"]),
        Money(int(thing["amount"]), str(thing["currency"]).upper()),
        str(thing.get("reason") or "no reason given"),
        _DISPUTE_STATES.get(str(thing.get("status")), "inquiry"),
        str(thing.get("payment_intent") or ""),
        fee,
        int(due_s) * MICROSECONDS if due_s else None,
    )


async def _answer(waiting: Awaitable[T]) -> T:
    """What Stripe says. Raises OutcomeUnknownError when it is away or does not answer in time."""
    try:
        return await waiting
    except (stripe.CardError, stripe.InvalidRequestError, stripe.AuthenticationError, stripe.PermissionError):
        raise
    except _AWAY as error:
        raise OutcomeUnknownError("the payment provider did not answer") from error


async def _refusable(waiting: Awaitable[T]) -> T:
    """The same, where a refusal is ConflictError: what is asked does not fit the payment as it is."""
    try:
        return await _answer(waiting)
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise ConflictError("the payment provider refused: what is asked does not fit the payment as it is") from error
