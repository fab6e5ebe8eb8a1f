"""From the sound of a broadcast to verdicts: heard, judged, on record, and only then told to the gate.

Invariant: a watermark is sent after the spans before it, and both after the transaction that holds their evidence.
"""
