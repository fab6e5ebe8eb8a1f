"""From sound to words in programme time: the recogniser interface and its engines.

Invariants: a watermark says up to which programme time speech is known and only moves forward; a word that was
committed is never taken back; queues are bounded.
"""
