"""Folders for whole installations: reachable by the database's system user when the tests run as root."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def installation_folder() -> Iterator[Path]:
    """A fresh folder that every user may enter, as pytest's own (mode 700) is not; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tallylight-data-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder for one test."""
    with installation_folder() as folder:
        yield folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of 127.0.0.1 that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port
