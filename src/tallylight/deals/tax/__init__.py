"""Taxes on a sale: which rates hold at a place and a moment, and what they come to.

Invariants: two rates never claim the same place, class, layer and moment; the parts of an order's tax sum to its tax.
Rules and worked numbers: docs/algorithms/tax.md.
"""
