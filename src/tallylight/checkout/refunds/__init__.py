"""Taking an order back: cancel, refund, return, exchange, chargeback.

Invariants: what goes back is a share of what is left of the order, so the shares of an order sum to what it posted, to
the cent, whatever their number and order; a refund's id repeats its answer; the ledger, stock, deals and budgets move
in one transaction of the sale desk, and the money follows, once. Rules and worked numbers: docs/algorithms/refunds.md.
"""
