"""Whole segments that are on disk too: what the kernel can send without copying it.

The recorder's thread says when a segment is written; the window forgets it when it forgets its bytes. Thread-safe. A
segment that is not here is served from memory, byte for byte the same.
"""

import os
import threading
from pathlib import Path


class SegmentFiles:
    """Files held open for reading, by their segment's name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, int]] = {}
        self._wanted: set[str] = set()

    def expect(self, name: str) -> None:
        """The window has the segment: its file is wanted."""
        with self._lock:
            self._wanted.add(name)

    def written(self, path: Path) -> None:
        """The segment's file is whole. One that the window has forgotten meanwhile is let go of."""
        try:
            number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it is served from memory, then
            return
        with self._lock:
            if path.name in self._wanted and path.name not in self._held:
                self._held[path.name] = number, os.fstat(number).st_size
                return
        os.close(number)

    def get(self, name: str, size: int) -> int | None:
        """The descriptor of the segment's file, if it has ``size`` bytes."""
        number, held = self._held.get(name, (None, 0))
        return number if held == size else None

    def forget(self, name: str) -> None:
        with self._lock:
            self._wanted.discard(name)
            number, _ = self._held.pop(name, (None, 0))
        if number is not None:
            os.close(number)

    def __del__(self) -> None:
        for number, _ in self._held.values():
            os.close(number)
