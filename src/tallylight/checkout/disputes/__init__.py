"""Payments that a buyer's bank takes back: opened, maybe answered with evidence, won or lost.

Invariants: a dispute is known by its provider's name for it and opens, ends and is booked once, whatever is told twice,
late or out of order; while it is open its money is held back from the brand, cannot be refunded, and budgets stay
spent; what is held is released in the transaction that ends it. Rules and worked numbers: docs/algorithms/refunds.md.
"""
