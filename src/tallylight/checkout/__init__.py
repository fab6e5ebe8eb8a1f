"""Sale desk, orders, payments, receipts.

Invariants: no oversell and no overspend under any concurrency or crash; an acknowledged order is never lost; the same
idempotency key never makes two.
"""
