"""Accounts, immutable transfers, holds, statements.

Invariants: a transfer sums to zero per currency, held by the database; nothing posted is changed or deleted;
a correction is a new transfer.
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
    "NewEntry",
    "NewTransfer",
    "Party",
    "PartyKind",
    "Purpose",
    "Statement",
    "StatementLine",
    "TransferView",
    "UnbalancedTransferError",
    "balances",
    "check_balanced",
    "ensure_accounts",
    "ensure_party",
    "entry_rows",
    "iso_time",
    "line_entries",
    "post_transfers",
    "statements",
    "transfer_row",
    "transfers_of_order",
]
