"""How often Python looks for reference cycles in a process that serves.

A busy process makes hundreds of containers a request, all freed by reference counting. With the defaults the collector
starts every 700 of them and walks ever more objects that are there to stay: a third of the sale desk's time.
"""

import gc

_THRESHOLDS = (50_000, 20, 50)


def collect_rarely() -> None:
    """Call once, when what stays has been loaded: it is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
