"""The evidence report: a broadcast's chain (or a rehearsal's findings) as a document, as JSON, PDF and a bundle.

Invariant: a broadcast's document follows from its chain alone. What the report says and the chain does not is a fault,
and ``verify.py``, which travels in the bundle, says so.
"""
