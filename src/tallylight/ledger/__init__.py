"""Accounts, immutable transfers, holds, statements.

Invariants: a transfer sums to zero per currency, held by the database; nothing posted is changed or deleted;
a correction is a new transfer; nothing is taken back beyond what was posted.
"""

from tallylight.ledger.accounts import ensure_accounts, ensure_party
from tallylight.ledger.post_transfers import (
    ENTRY_COLUMNS,
    TRANSFER_COLUMNS,
    check_balanced,
    entry_rows,
    post_transfers,
    transfer_row,
)
from tallylight.ledger.queries import balances, iso_time, line_entries, statements, transfers_of_order
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

__all__ = [
    "ENTRY_COLUMNS",
    "TRANSFER_COLUMNS",
    "AccountName",
    "EntryView",
    "LineEntry",
    "LineReversal",
    "NewEntry",
    "NewTransfer",
    "OrderReversal",
    "Party",
    "PartyKind",
    "Purpose",
    "ReversalTooLargeError",
    "Reversed",
    "Statement",
    "StatementLine",
    "TransferView",
    "UnbalancedTransferError",
    "amounts_left",
    "balances",
    "check_balanced",
    "ensure_accounts",
    "ensure_party",
    "entry_rows",
    "iso_time",
    "line_entries",
    "lock_order",
    "post_transfers",
    "reverse_order",
    "reverse_transfer",
    "statements",
    "transfer_row",
    "transfers_of_order",
]
