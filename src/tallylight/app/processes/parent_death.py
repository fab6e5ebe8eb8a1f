"""A child that does not outlive its parent: Linux sends it a signal when the parent dies, kill -9 included.

prctl(2), PR_SET_PDEATHSIG. It is tied to the thread that forked, so children are started from the main thread.
Elsewhere than on Linux this does nothing, and the next start clears what was left behind.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, with_signal: signal.Signals) -> None:
    """Ask the kernel for ``with_signal`` at the death of ``parent``; end at once if it is dead already."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
