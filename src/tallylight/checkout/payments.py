"""What a payment provider can do. One adapter a provider; the sale desk knows only this.

Every call carries our order's id as the idempotency key: repeating it changes nothing and gives the same answer. A
provider that does not answer leaves the outcome unknown (``OutcomeUnknownError``); ``find`` asks again later.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from tallylight.foundation.errors import UnavailableError
from tallylight.foundation.money import Money

ChargeState = Literal["challenged", "authorised", "captured", "declined", "voided"]
"""``challenged``: the buyer's bank wants a step of the buyer first (3-D Secure)."""


class OutcomeUnknownError(UnavailableError):
    """The provider took the request and did not say what became of it."""

    code = "payment_outcome_unknown"


class PaymentStep(msgspec.Struct, frozen=True):
    """What the buyer's bank wants of the buyer before it says yes or no.

    ``stripe``: Stripe.js goes on with ``secret``. Of the test provider's bank: ``test_dialog`` asks beside the picture,
    ``test_page`` on a page of its own, from which the buyer comes back. Whoever knows ``secret`` can take the step.
    """

    kind: Literal["stripe", "test_dialog", "test_page"]
    secret: str


class Charge(msgspec.Struct, frozen=True):
    """A payment at its provider. ``reference`` is the provider's name for it; ``step``: of a challenged one."""

    reference: str
    state: ChargeState
    amount: Money
    step: PaymentStep | None = None


DisputeState = Literal["inquiry", "opened", "evidence_sent", "won", "lost"]
"""``inquiry``: the bank asks and takes no money (yet)."""


class Dispute(msgspec.Struct, frozen=True):
    """The buyer's bank wants ``amount`` back. ``id``: the provider's name for it; ``reference``: for the charge.

    ``fee``: what the provider takes for it in all, as far as it is known. ``due_us``: wall time until which the bank
    takes evidence.
    """

    id: str
    amount: Money
    reason: str
    state: DisputeState = "opened"
    reference: str = ""
    fee: Money | None = None
    due_us: int | None = None


class ProviderEvent(msgspec.Struct, frozen=True):
    """A verified webhook about the charge ``key``; ``id`` tells repeats apart.

    Events come late, twice and out of order: ``state`` is a hint, and who acts on it asks the provider what holds now.
    Without a key, ``reference`` is the provider's name for the charge (``key_of``). ``dispute`` names one; what holds
    of it is asked as well (``find_dispute``).
    """

    id: str
    key: str
    kind: Literal["payment", "dispute", "other"] = "payment"
    state: ChargeState | None = None
    reference: str = ""
    dispute: Dispute | None = None


class PaymentProvider(Protocol):
    """Authorise first, capture when the order is posted."""

    name: str

    def decides_at_once(self, token: str) -> ChargeState | None:
        """What will become of ``token``, when that is known without asking anybody.

        Only a provider whose books are in our database can: its charge is then written in the order's transaction.
        None means that ``authorise`` must be called.
        """
        ...

    async def authorise(self, key: str, token: str, amount: Money) -> Charge:
        """Reserve ``amount``. Raises OutcomeUnknownError."""
        ...

    async def capture(self, key: str) -> Charge: ...

    async def void(self, key: str) -> Charge | None:
        """Let go of what was authorised, and take no more steps of the buyer for it; None when the provider never
        heard of ``key``. Raises ConflictError for what was captured.
        """
        ...

    async def refund(self, key: str, amount: Money, refund_key: str) -> str:
        """Send ``amount`` of the captured charge ``key`` back; the provider's name for it.

        ``refund_key`` makes a repeat change nothing and give the same answer. Raises ConflictError when the provider
        refuses, OutcomeUnknownError when it does not answer.
        """
        ...

    async def transfer(self, key: str, destination: str, amount: Money) -> str:
        """Pay ``amount`` out to the account ``destination``; the provider's name for it.

        Raises ConflictError when the provider refuses, OutcomeUnknownError when it does not answer.
        """
        ...

    async def find(self, key: str) -> Charge | None:
        """What the provider knows of ``key``. Raises OutcomeUnknownError when it does not answer."""
        ...

    async def key_of(self, reference: str) -> str | None:
        """The key of the charge that the provider calls ``reference``; None when it is not ours."""
        ...

    async def find_dispute(self, dispute_id: str) -> Dispute | None:
        """What the provider knows of its dispute now. Raises OutcomeUnknownError when it does not answer."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """The event in a webhook's body. Raises InvalidInputError when the signature is not the provider's."""
        ...
