"""Which tax services this installation can ask, from its settings."""

from collections.abc import Mapping

from tallylight.app.payment_providers import tests_payments
from tallylight.deals.tax.service import TaxService
from tallylight.deals.tax.stripe_service import StripeTax
from tallylight.deals.tax.test_service import TestTaxService
from tallylight.foundation.settings import Settings


def tax_services(settings: Settings) -> Mapping[str, TaxService]:
    """By name. Stripe's is asked by the same key as its payments; the test service comes with test payments."""
    services: dict[str, TaxService] = {}
    if settings.stripe_secret_key:
        services["stripe"] = StripeTax(settings.stripe_secret_key)
    if tests_payments(settings):
        services["test"] = TestTaxService()
    return services
