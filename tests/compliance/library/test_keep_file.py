"""Evidence files: under their own hash, of kinds that can be looked at, never somewhere else."""

from pathlib import Path

import pytest

from tallylight.compliance.library.keep_file import (
    FILE_BYTES_MAX,
    DamagedFileError,
    content_type_of,
    file_name_of,
    read_file,
    write_file,
)
from tallylight.foundation.errors import InvalidInputError, NotFoundError


def test_what_is_kept_is_what_comes_back(tmp_path: Path) -> None:
    digest = write_file(tmp_path, b"%PDF-1.7 study")
    assert write_file(tmp_path, b"%PDF-1.7 study") == digest
    assert read_file(tmp_path, digest) == b"%PDF-1.7 study"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [digest.hex()]
    assert kept[0].stat().st_mode & 0o077 == 0


def test_a_changed_or_lost_file_is_told(tmp_path: Path) -> None:
    digest = write_file(tmp_path, b"before")
    path = next(path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(b"after")
    with pytest.raises(DamagedFileError):
        read_file(tmp_path, digest)
    path.unlink()
    with pytest.raises(NotFoundError):
        read_file(tmp_path, digest)


@pytest.mark.parametrize("size", [0, FILE_BYTES_MAX + 1])
def test_sizes_have_limits(tmp_path: Path, size: int) -> None:
    with pytest.raises(InvalidInputError):
        write_file(tmp_path, bytes(size))


def test_the_content_says_what_it_is() -> None:
    assert content_type_of(b"%PDF-1.4") == "application/pdf"
    assert content_type_of(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert content_type_of("Prüfbericht".encode()) == "text/plain"
    for other in (b"PK\x03\x04\0", b"\x7fELF\0", b"\xff\xfa"):
        with pytest.raises(InvalidInputError):
            content_type_of(other)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("study.pdf", "study.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\lab\\study 2.pdf", "study 2.pdf"),
        ('a"b\r\n;c.pdf', "a_b_c.pdf"),
        ("..", "evidence"),
        ("x" * 300 + ".pdf", "x" * 109 + ".pdf"),
    ],
)
def test_names_are_one_harmless_component(given: str, kept: str) -> None:
    assert file_name_of(given) == kept
