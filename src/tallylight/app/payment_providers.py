"""Which payment providers this installation sells by, from its settings."""

from tallylight.checkout import PaymentProvider, TestProvider
from tallylight.checkout.stripe_provider import StripeProvider
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings


def payment_providers(settings: Settings, database: Database) -> dict[str, PaymentProvider]:
    """By name. The test provider takes no money: it stands aside when another one is set up, unless it is asked for."""
    providers: dict[str, PaymentProvider] = {}
    if settings.stripe_secret_key:
        providers["stripe"] = StripeProvider(database, settings.stripe_secret_key, settings.stripe_webhook_secret or "")
    wanted = settings.test_payments if settings.test_payments is not None else not providers
    if wanted:
        providers["test"] = TestProvider(database, (settings.test_webhook_secret or "").encode())
    return providers
