"""An exchange for something else: pieces of a paid order come back, and the buyer gets an order of its own instead.

Invariants: nothing is booked before the difference is paid; the return and the new order are booked in one transaction
or neither is; an order's charge and its credits are together its total, and what goes back of it is never more of a
charge than that one paid; a second try to pay begins when the first has certainly failed. Rules and worked numbers:
docs/algorithms/refunds.md.
"""
