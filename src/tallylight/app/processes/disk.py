"""Folders that can be written, on a disk that has room: said in one line when not."""

import os
import shutil
from pathlib import Path

from tallylight.app.processes.errors import StartError

_MIB = 1 << 20
FREE_BYTES_MIN = 256 * _MIB
"""Below this nothing is started: the database needs room for its write-ahead log, and a recording for its seconds."""


def make_folder(folder: Path, *, open_to_others: bool) -> None:
    """Create ``folder``: ours alone, or one that others may pass through without listing it."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711 if open_to_others else 0o700)
    except OSError as error:
        raise cannot_write(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"cannot write to {folder}: choose another folder with TALLYLIGHT_DATA_DIR")


def cannot_write(folder: Path, error: OSError) -> StartError:
    """The line for a folder that refuses a write."""
    return StartError(f"cannot write to {folder} ({error.strerror}): choose another with TALLYLIGHT_DATA_DIR")


def check_free_space(folder: Path) -> None:
    """StartError when the disk under ``folder`` has less than FREE_BYTES_MIN left."""
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        raise StartError(
            f"only {free // _MIB} MiB are free on the disk of {folder} and {FREE_BYTES_MIN // _MIB} MiB are needed: "
            "free some, or choose another folder with TALLYLIGHT_DATA_DIR"
        )
