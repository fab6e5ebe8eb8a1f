"""Shows, their run of show, the cues that were fired and the broadcasts that went out.

Invariants: a cue's firing is stamped in programme time and never edited; what is pinned at a moment follows
from the firings alone; a show has at most one broadcast on air.
"""
