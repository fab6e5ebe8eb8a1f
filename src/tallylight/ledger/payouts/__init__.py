"""Payouts: a closed statement is paid once, exactly what its lines sum to, to the account that its party named.

Invariants, held by the database: a statement is paid at most once; a payout is its statement's payable.
"""
