"""The claims library: what legal stands behind, worded, for one product or the whole brand, in one market.

Invariants: only an approved version clears anything, from its approval until it expires, is replaced or withdrawn; a
change of an approved claim is a new draft, and the approved wording stays in force until that is approved; every step
is written down with who and when, and no step is ever changed.
"""
