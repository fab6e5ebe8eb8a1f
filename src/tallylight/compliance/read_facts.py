"""Live facts as a person or another program writes them: the vocabulary of ``LiveFacts`` as a JSON object.

Amounts are decimal strings, moments ISO 8601 (UTC when no offset is said). Keys outside the vocabulary are ignored:
a shop's export may say more than the rules ask. A value of the wrong type is an error that names its key.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import InvalidOperation

import msgspec

from tallylight.compliance.facts import LiveFacts, amount

AMOUNTS = ("price", "list_price", "lowest_price_30d", "lowest_price_ever", "shipping_fee", "free_shipping_over")
MOMENTS = ("now", "deal_ends_at")


class FactsError(ValueError):
    """A fact that cannot be read; the sentence names it."""


def read_facts(plain: Mapping[str, object]) -> LiveFacts:
    """``plain`` as live facts. Raises FactsError."""
    values = dict(plain)
    attributes = values.get("attributes")
    if isinstance(attributes, dict):
        values["attributes"] = {name: _attribute(value) for name, value in attributes.items() if value is not None}
    try:
        facts = msgspec.convert(values, LiveFacts)
    except msgspec.ValidationError as error:
        raise FactsError(f"facts: {error}") from None
    for name in AMOUNTS:
        _require_amount(f"facts.{name}", getattr(facts, name))
    for index, bundle in enumerate(facts.bundles or []):
        _require_amount(f"facts.bundles[{index}].price", bundle.price)
        if bundle.quantity < 1:
            raise FactsError(f"facts.bundles[{index}].quantity is 1 or more")
    moments = {name: _moment(name, value) for name in MOMENTS if (value := getattr(facts, name)) is not None}
    return msgspec.structs.replace(facts, **moments) if moments else facts


def _attribute(value: object) -> object:
    if isinstance(value, float):
        return str(value)
    if isinstance(value, list):
        return [each if isinstance(each, str) else str(each) for each in value]
    return value


def _require_amount(name: str, text: str | None) -> None:
    try:
        value = amount(text)
    except (ValueError, InvalidOperation):
        value = None
    if text is not None and (value is None or value < 0):
        raise FactsError(f'{name} is an amount as a decimal string, such as "19.99"')


def _moment(name: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FactsError(f'facts.{name} is an ISO 8601 time, such as "2026-03-01T10:00:00Z"') from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
