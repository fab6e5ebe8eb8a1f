"""Where a shop sends to, how, and for how much.

Invariants: a place is in one zone at most; every method says what it costs for every order. Rules with worked numbers:
docs/algorithms/shipping.md.
"""
