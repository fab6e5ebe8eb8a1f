"""Scripts: what a host is to say, signed off before, followed on air.

Invariants: only a version that someone with the compliance role signed, who wrote none of it, can be pinned to a
show; a change is a new draft that needs a sign-off of its own; what was signed is never edited; every step is written
down with who and when, and no step is ever changed. The aligner is pure: words in, lines and stretches out.
"""
