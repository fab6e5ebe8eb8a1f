"""Closed statements: what a party earned and owes, entry by entry, for good.

Invariants, held by the database: an entry is in at most one statement; a statement's items sum to its lines and its
lines to its payable; a closed statement never changes.
"""
