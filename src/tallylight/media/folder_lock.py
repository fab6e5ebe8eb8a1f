"""Who writes a recording: a lock of the operating system on each, which dies with its holder, kill -9 included.

It is what makes two media processes of one machine safe: whoever holds a recording's lock carries that side of the
broadcast, and nobody else may touch its files, whatever the database says. A process that only stands still keeps it.
"""

import fcntl
import io
from pathlib import Path
from uuid import UUID

from tallylight.media.recording import Kind


class FolderLocks:
    """The locks of one broadcast's two recordings, as one process has them."""

    def __init__(self, recordings_dir: Path, broadcast_id: UUID) -> None:
        self._folder = recordings_dir / str(broadcast_id)
        self._held: dict[Kind, io.FileIO] = {}

    def take(self, kind: Kind) -> bool:
        """Take the lock, without waiting; False when another has it. OSError from the disk."""
        if kind in self._held:
            return True
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = io.FileIO(self._folder / f"{kind}.lock", "a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except BaseException:
            file.close()
            raise
        self._held[kind] = file
        return True

    def holds(self, kind: Kind) -> bool:
        return kind in self._held

    def give_up(self, *kinds: Kind) -> None:
        for kind in kinds:
            file = self._held.pop(kind, None)
            if file is not None:
                file.close()
