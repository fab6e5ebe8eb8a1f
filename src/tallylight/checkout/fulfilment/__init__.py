"""Orders on their way: what a warehouse is told, and what it tells.

Invariants: what was cancelled or wholly refunded is never shipped, and what was shipped is never cancelled (both lock
the order's row first); each step is on record with who took it.
"""
