"""Claims, rule packs, live facts, findings, verdicts and the evidence chain.

Invariants: rules are pure and deterministic; an unknown fact never contradicts, it holds; evidence is append-only and
hash-chained.
"""
