"""Accounts, immutable transfers, holds, statements.

Invariants: a transfer sums to zero per currency, held by the database; nothing posted is changed or deleted;
a correction is a new transfer; nothing is taken back beyond what was posted.
"""

from tallylight.ledger.accounts import ensure_accounts, ensure_party
from tallylight.ledger.charge_order import charge_order
from tallylight.ledger.charge_types import FEE_KINDS, Fee, FeeKind, NewFee, NewPlan, Plan, PlanKind, SoldLine, SoldOrder
from tallylight.ledger.commission_plans import end_plan, plans_decide, plans_of_shop, record_plan
from tallylight.ledger.disputed_money import adjust_disputed, charge_dispute, hold_disputed, release_disputed
from tallylight.ledger.fee_rules import end_fee, fees_of_shop, set_fee
from tallylight.ledger.post_transfers import (
    TRANSFER_COLUMNS,
    check_balanced,
    post_transfers,
    transfer_row,
)
from tallylight.ledger.queries import balances, iso_time, line_entries, statements, transfers_of_order
from tallylight.ledger.reinstate_refund import reinstate_refund
from tallylight.ledger.release_reserves import release_reserves
from tallylight.ledger.reversal_rules import ReversalTooLargeError
from tallylight.ledger.reverse_order import LineReversal, OrderReversal, Reversed, reverse_order
from tallylight.ledger.reverse_transfer import amounts_left, lock_order, reverse_transfer
from tallylight.ledger.schemas import EntryView, LineEntry, Statement, StatementLine, TransferView
from tallylight.ledger.types import (
    AccountName,
    NewEntry,
    NewTransfer,
    Party,
    PartyKind,
    Purpose,
    UnbalancedTransferError,
)
from tallylight.ledger.uncharged_sales import (
    SLACK_US,
    note_progress,
    progress_of,
    shops_that_charge,
    uncharged_orders,
)

__all__ = [
    "FEE_KINDS",
    "SLACK_US",
    "TRANSFER_COLUMNS",
    "AccountName",
    "EntryView",
    "Fee",
    "FeeKind",
    "LineEntry",
    "LineReversal",
    "NewEntry",
    "NewFee",
    "NewPlan",
    "NewTransfer",
    "OrderReversal",
    "Party",
    "PartyKind",
    "Plan",
    "PlanKind",
    "Purpose",
    "ReversalTooLargeError",
    "Reversed",
    "SoldLine",
    "SoldOrder",
    "Statement",
    "StatementLine",
    "TransferView",
    "UnbalancedTransferError",
    "adjust_disputed",
    "amounts_left",
    "balances",
    "charge_dispute",
    "charge_order",
    "check_balanced",
    "end_fee",
    "end_plan",
    "ensure_accounts",
    "ensure_party",
    "fees_of_shop",
    "hold_disputed",
    "iso_time",
    "line_entries",
    "lock_order",
    "note_progress",
    "plans_decide",
    "plans_of_shop",
    "post_transfers",
    "progress_of",
    "record_plan",
    "reinstate_refund",
    "release_disputed",
    "release_reserves",
    "reverse_order",
    "reverse_transfer",
    "set_fee",
    "shops_that_charge",
    "statements",
    "transfer_row",
    "transfers_of_order",
    "uncharged_orders",
]
