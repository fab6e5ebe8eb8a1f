"""The planner: what a campaign would come to, before anybody agrees to it.

Invariants: prices, splits, caps, commission and fees are those of the deals and ledger rooms, never a second model of
them; no run spends more than a cap; the same plan and seed give the same figures. Rules: docs/algorithms/planner.md.
"""
