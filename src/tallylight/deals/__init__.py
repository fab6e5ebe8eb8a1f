"""Offers, the price engine, funding agreements and budgets.

Invariants: no deal opens without every funder's acceptance; no budget is overspent; a price explains itself.
"""
