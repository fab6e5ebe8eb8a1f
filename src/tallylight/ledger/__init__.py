"""Accounts, immutable transfers, holds, statements.

Invariants: a transfer sums to zero per currency, held by the database; nothing posted is changed or deleted;
a correction is a new transfer.
"""
