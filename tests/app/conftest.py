"""Folders for whole installations: reachable by the database's system user when the tests run as root."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own (mode 700) is not."""
    folder = Path(tempfile.mkdtemp(prefix="tallylight-data-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
