"""Evidence files: kept in the data directory under the SHA-256 of their content, known to the database by name.

A file under its own hash can neither be overwritten by another nor changed unnoticed: reading checks it.
"""

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.models import claim_file
from tallylight.foundation.errors import InvalidInputError, NotFoundError, TallyError
from tallylight.foundation.ids import new_id

FILE_BYTES_MAX = 16 << 20
FILES_MAX = 50
_NAME_LENGTH_MAX = 120
_UNSAFE = re.compile(r"[^\w .()+,-]+")
# What the content itself says it is; the name and the browser's word for it are not asked.
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


class DamagedFileError(TallyError):
    """What lies on disk is not what was uploaded."""

    code: ClassVar[str] = "file_damaged"
    status: ClassVar[int] = 500


def content_type_of(content: bytes) -> str:
    """The kind of an evidence file: PDF, PNG, JPEG, WebP or plain UTF-8 text; InvalidInputError for all else."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InvalidInputError("an evidence file is a PDF, a PNG, JPEG or WebP picture, or plain text", field="file")
    return "text/plain"


def file_name_of(name: str) -> str:
    """``name`` as one harmless path component, its ending kept."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return (f"{stem[: _NAME_LENGTH_MAX - 11]}{dot}{ending[:10]}" if dot else plain[:_NAME_LENGTH_MAX]) or "evidence"


def write_file(directory: Path, content: bytes) -> bytes:
    """Put ``content`` under its hash, durably; returns the hash. InvalidInputError when it is empty or too large."""
    if not 0 < len(content) <= FILE_BYTES_MAX:
        raise InvalidInputError(f"an evidence file has 1 byte to {FILE_BYTES_MAX >> 20} MiB", field="file")
    digest = hashlib.sha256(content).digest()
    path = _path(directory, digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{new_id().hex}")
    with fresh.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return digest


def read_file(directory: Path, digest: bytes) -> bytes:
    """The content of that hash. NotFoundError when it is gone, DamagedFileError when it is another."""
    try:
        content = _path(directory, digest).read_bytes()
    except OSError:
        raise NotFoundError("the evidence file is no longer on disk; upload it again") from None
    if hashlib.sha256(content).digest() != digest:
        raise DamagedFileError("the evidence file on disk is not the one that was uploaded; restore it from a backup")
    return content


async def record_file(
    connection: AsyncConnection,
    claim_id: UUID,
    *,
    digest: bytes,
    name: str,
    content_type: str,
    size_bytes: int,
    by: UUID | None,
    at: datetime,
) -> UUID:
    """Note that a file on disk is evidence for the claim; the same content again is the same file."""
    known = await connection.scalar(
        sa.select(claim_file.c.id).where(claim_file.c.claim_id == claim_id, claim_file.c.sha256 == digest)
    )
    if known is not None:
        return UUID(str(known))
    count = await connection.scalar(sa.select(sa.func.count()).where(claim_file.c.claim_id == claim_id))
    if int(count or 0) >= FILES_MAX:
        raise InvalidInputError(f"a claim has at most {FILES_MAX} evidence files", field="file")
    file_id = new_id()
    await connection.execute(
        claim_file.insert().values(
            id=file_id,
            claim_id=claim_id,
            sha256=digest,
            name=file_name_of(name),
            content_type=content_type,
            size_bytes=size_bytes,
            uploaded_by=by,
            uploaded_at=at,
        )
    )
    return file_id


def _path(directory: Path, digest: bytes) -> Path:
    text = digest.hex()
    return directory / text[:2] / text
