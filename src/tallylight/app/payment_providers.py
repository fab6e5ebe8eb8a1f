"""Which payment providers this installation sells by, from its settings, and what buyers' browsers need of them."""

from typing import Literal

import msgspec

from tallylight.checkout import PaymentProvider, TestProvider
from tallylight.checkout.stripe_provider import StripeProvider
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings


class PaymentWay(msgspec.Struct, frozen=True):
    """A provider as the player's checkout offers it. ``publishable_key``: Stripe's, for its script."""

    provider: Literal["stripe", "test"]
    publishable_key: str | None = None


def payment_ways(settings: Settings) -> list[PaymentWay]:
    """How buyers can pay in the player, the first first. None for Stripe without the key for browsers."""
    ways = []
    if settings.stripe_in_player:
        ways.append(PaymentWay("stripe", settings.stripe_publishable_key))
    if tests_payments(settings):
        ways.append(PaymentWay("test"))
    return ways


def tests_payments(settings: Settings) -> bool:
    """Whether the test provider is offered: it is asked for, or there is no other."""
    return settings.test_payments if settings.test_payments is not None else not settings.stripe_secret_key


def payment_providers(settings: Settings, database: Database) -> dict[str, PaymentProvider]:
    """By name. The test provider takes no money: it stands aside when another one is set up, unless it is asked for."""
    providers: dict[str, PaymentProvider] = {}
    if settings.stripe_secret_key:
        providers["stripe"] = StripeProvider(database, settings.stripe_secret_key, settings.stripe_webhook_secret or "")
    if tests_payments(settings):
        providers["test"] = TestProvider(database, (settings.test_webhook_secret or "").encode())
    return providers
