"""Which services of carriers' rates this installation can ask, from its settings."""

from collections.abc import Mapping

from tallylight.app.payment_providers import tests_payments
from tallylight.deals.shipping.service import CarrierService
from tallylight.deals.shipping.shippo import Shippo
from tallylight.deals.shipping.test_carrier import TestCarriers
from tallylight.foundation.settings import Settings


def carrier_services(settings: Settings) -> Mapping[str, CarrierService]:
    """By name. The test service comes with test payments."""
    services: dict[str, CarrierService] = {}
    if settings.shippo_token:
        services["shippo"] = Shippo(settings.shippo_token)
    if tests_payments(settings):
        services["test"] = TestCarriers()
    return services
