"""The test provider: a payment provider whose books are in our own database, for demos and tests.

A charge that is decided at once is taken with its order, whose payment row records it; it gets a row of its own when
something is asked of it.

Tokens: ``tok_ok`` is captured, ``tok_declined`` is declined, ``tok_unknown`` is authorised but the answer gets lost.
``tok_challenge`` and ``tok_redirect`` wait until the buyer has said yes or no to the bank (3-D Secure), beside the
picture or on the bank's page; its answer comes by ``answer_challenge``.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import payment, test_charge, test_dispute, test_refund, test_transfer
from tallylight.checkout.payments import Charge, ChargeState, Dispute, OutcomeUnknownError, PaymentStep, ProviderEvent
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.money import Money

TOKENS: Mapping[str, ChargeState] = {
    "tok_ok": "authorised",
    "tok_declined": "declined",
    "tok_unknown": "authorised",
    "tok_challenge": "challenged",
    "tok_redirect": "challenged",
}
AT_ONCE: Mapping[str, ChargeState] = {"tok_ok": "captured"}
"""What becomes of a token whose payment nobody has to be asked about; any other one is declined."""
ASKED = ("tok_unknown", "tok_challenge", "tok_redirect")
ENDS = ("won", "lost")
SIGNATURE_HEADER = "tallylight-test-signature"


class TestProvider:
    """Implements ``PaymentProvider``."""

    __test__ = False
    name = "test"

    def __init__(self, database: Database, webhook_secret: bytes = b"") -> None:
        self._database = database
        self._webhook_secret = webhook_secret

    def decides_at_once(self, token: str) -> ChargeState | None:
        return None if token in ASKED else AT_ONCE.get(token, "declined")

    async def authorise(self, key: str, token: str, amount: Money) -> Charge:
        state = TOKENS.get(token, "declined")
        secret = secrets.token_urlsafe(24) if state == "challenged" else None
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(test_charge)
                .values(
                    key=key,
                    token=token,
                    amount_minor=amount.minor,
                    currency=amount.currency,
                    state=state,
                    secret=secret,
                )
                .on_conflict_do_nothing()
            )
            row = (await connection.execute(sa.select(test_charge).where(test_charge.c.key == key))).one()
        if (row.token, row.amount_minor, row.currency) != (token, amount.minor, amount.currency):
            raise ConflictError("the key belongs to another charge")
        if token == "tok_unknown":  # noqa: S105
            raise OutcomeUnknownError("the payment provider did not answer")
        return _charge(row)

    async def capture(self, key: str) -> Charge:
        return await self._move(key, ("authorised", "captured"), "captured")

    async def void(self, key: str) -> Charge | None:
        try:
            return await self._move(key, ("authorised", "challenged", "voided", "declined"), "voided")
        except NotFoundError:
            return None

    async def answer_challenge(self, key: str, secret: str, *, passed: bool) -> None:
        """The buyer answers the bank. Raises NotFoundError for a wrong key or secret, ConflictError when the bank does
        not wait for an answer (any more).
        """
        state: ChargeState = "authorised" if passed else "declined"
        async with self._database.transaction() as connection:
            row = (
                await connection.execute(sa.select(test_charge).where(test_charge.c.key == key).with_for_update())
            ).one_or_none()
            if row is None or row.secret is None or not hmac.compare_digest(row.secret.encode(), secret.encode()):
                raise NotFoundError("the bank knows of no such payment")
            if row.state not in ("challenged", state):
                raise ConflictError("the bank does not wait for an answer to this payment any more")
            await connection.execute(test_charge.update().where(test_charge.c.key == key).values(state=state))

    async def refund(self, key: str, amount: Money, refund_key: str) -> str:
        async with self._database.transaction() as connection:
            await _open_page(connection, key)
            charge = (
                await connection.execute(sa.select(test_charge).where(test_charge.c.key == key).with_for_update())
            ).one_or_none()
            done = (
                await connection.execute(sa.select(test_refund).where(test_refund.c.key == refund_key))
            ).one_or_none()
            if done is not None:
                if (done.charge_key, done.amount_minor) != (key, amount.minor):
                    raise ConflictError("the key belongs to another refund")
                return refund_key
            left = 0 if charge is None or charge.state != "captured" else charge.amount_minor - charge.refunded_minor
            if charge is None or charge.currency != amount.currency or not 0 < amount.minor <= left:
                raise ConflictError("the charge is not captured, or less than that is left of it")
            await connection.execute(
                test_refund.insert().values(key=refund_key, charge_key=key, amount_minor=amount.minor)
            )
            await connection.execute(
                test_charge.update()
                .where(test_charge.c.key == key)
                .values(refunded_minor=test_charge.c.refunded_minor + amount.minor)
            )
            return refund_key

    async def transfer(self, key: str, destination: str, amount: Money) -> str:
        wanted = {"destination": destination, "amount_minor": amount.minor, "currency": amount.currency}
        async with self._database.transaction() as connection:
            await connection.execute(insert(test_transfer).values(key=key, **wanted).on_conflict_do_nothing())
            row = (await connection.execute(sa.select(test_transfer).where(test_transfer.c.key == key))).one()
        if any(getattr(row, name) != value for name, value in wanted.items()):
            raise ConflictError("the key belongs to another transfer")
        return key

    async def key_of(self, reference: str) -> str | None:
        return reference or None

    async def find(self, key: str) -> Charge | None:
        async with self._database.transaction() as connection:
            await _open_page(connection, key)
            row = (await connection.execute(sa.select(test_charge).where(test_charge.c.key == key))).one_or_none()
        return None if row is None else _charge(row)

    async def dispute(self, key: str, told: Dispute) -> ProviderEvent:
        """The bank of the buyer of ``key`` says ``told``, now or again with another state; the webhook that tells it.

        After a last word only another one changes anything.
        """
        fee_minor = told.fee.minor if told.fee is not None else 0
        said = {"state": told.state, "fee_minor": fee_minor, "due_us": told.due_us}
        async with self._database.transaction() as connection:
            await connection.execute(
                insert(test_dispute)
                .values(
                    id=told.id, charge_key=key, amount_minor=told.amount.minor, currency=told.amount.currency,
                    reason=told.reason, **said,
                )
                .on_conflict_do_update(
                    index_elements=[test_dispute.c.id],
                    set_=said,
                    where=sa.or_(test_dispute.c.state.not_in(ENDS), sa.literal(told.state).in_(ENDS)),
                )
            )  # fmt: skip
        return ProviderEvent(f"{told.id}-{told.state}", "", "dispute", reference=key, dispute=told)

    async def find_dispute(self, dispute_id: str) -> Dispute | None:
        async with self._database.reading() as connection:
            row = (
                await connection.execute(sa.select(test_dispute).where(test_dispute.c.id == dispute_id))
            ).one_or_none()
        if row is None:
            return None
        fee = Money(row.fee_minor, row.currency) if row.fee_minor else None
        amount = Money(row.amount_minor, row.currency)
        return Dispute(row.id, amount, row.reason, row.state, row.charge_key, fee, row.due_us)

    def sign(self, event: ProviderEvent) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook as this provider sends it."""
        body = msgspec.json.encode(event)
        return {SIGNATURE_HEADER: hmac.new(self._webhook_secret, body, hashlib.sha256).hexdigest()}, body

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        expected = hmac.new(self._webhook_secret, body, hashlib.sha256).hexdigest()
        if not self._webhook_secret or not hmac.compare_digest(headers.get(SIGNATURE_HEADER, ""), expected):
            raise InvalidInputError("the webhook's signature is wrong")
        try:
            return msgspec.json.decode(body, type=ProviderEvent)
        except msgspec.MsgspecError:
            raise InvalidInputError("the webhook's body is not an event") from None

    async def _move(self, key: str, from_states: tuple[str, ...], to_state: ChargeState) -> Charge:
        async with self._database.transaction() as connection:
            await _open_page(connection, key)
            row = (
                await connection.execute(sa.select(test_charge).where(test_charge.c.key == key).with_for_update())
            ).one_or_none()
            if row is None:
                raise NotFoundError("there is no such charge")
            if row.state not in from_states:
                raise ConflictError(f"the charge is {row.state}")
            if row.state == "authorised" or (row.state == "challenged" and to_state == "voided"):
                await connection.execute(test_charge.update().where(test_charge.c.key == key).values(state=to_state))
                return Charge(key, to_state, Money(row.amount_minor, row.currency))
            return _charge(row)


async def _open_page(connection: AsyncConnection, key: str) -> None:
    """Give a charge that was captured at once, as its payment says, a row of its own."""
    try:
        order_id = UUID(key)
    except ValueError:
        return
    at_once = sa.select(
        sa.literal(key), sa.literal("tok_ok"), payment.c.amount_minor, payment.c.currency, payment.c.state
    ).where(payment.c.order_id == order_id, payment.c.provider == TestProvider.name, payment.c.state == "captured")
    columns = ["key", "token", "amount_minor", "currency", "state"]
    await connection.execute(insert(test_charge).from_select(columns, at_once).on_conflict_do_nothing())


def _charge(row: sa.Row[Any]) -> Charge:
    step = None
    if row.state == "challenged":
        step = PaymentStep("test_page" if row.token == "tok_redirect" else "test_dialog", row.secret)  # noqa: S105
    return Charge(row.key, row.state, Money(row.amount_minor, row.currency), step)
