"""Payouts: a closed statement is paid once, exactly what its lines sum to, to the account that its party named.

Invariants, held by the database: a payout is its statement's payable; a statement is paid again only when the bank has
sent back what was paid before.
"""
