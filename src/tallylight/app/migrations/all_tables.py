"""Imports every room's tables, so that ``metadata`` is whole."""

import importlib
import importlib.util

from tallylight.foundation.database import metadata

for room in (
    "members",
    "catalogue",
    "ledger",
    "ledger.closed_statements",
    "ledger.payouts",
    "media",
    "speech",
    "compliance",
    "compliance.desk",
    "compliance.library",
    "compliance.scripts",
    "shows",
    "deals",
    "deals.shipping",
    "deals.planner",
    "deals.tax",
    "checkout",
    "checkout.refunds",
    "checkout.exchanges",
    "checkout.disputes",
    "checkout.fulfilment",
    "checkout.shoppers",
    "audience",
    "app.mail",
):
    if importlib.util.find_spec(f"tallylight.{room}.models"):
        importlib.import_module(f"tallylight.{room}.models")

importlib.import_module("tallylight.foundation.outbox")
importlib.import_module("tallylight.compliance.record.models")

__all__ = ["metadata"]
