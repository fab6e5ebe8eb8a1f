"""The bundle that legal keeps: the report as JSON and PDF, the sounds, and the program that checks them all."""

import zipfile
from importlib import resources
from pathlib import Path
from typing import IO

from tallylight.compliance.report.document import Document, document_json
from tallylight.compliance.report.render import document_pdf

_MOMENT = (1980, 1, 1, 0, 0, 0)
_READ_ME = """An evidence report of Tallylight.

report.pdf   to read
report.json  the same for machines, with the whole hash chain
sounds/      each stop as the camera sent it (off-air) and as viewers heard it (on-air)
verify.py    checks all of this with Python alone:  python3 verify.py
"""


def write_bundle(document: Document, folder: Path | None, target: IO[bytes]) -> list[str]:
    """Write the ZIP; ``folder`` is where the document's files lie. Returns the names of files that are not there.

    The same document and files give the same bytes: members bear no time.
    """
    missing = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "README.txt", _READ_ME.encode())
        _add(archive, "report.json", document_json(document))
        _add(archive, "report.pdf", document_pdf(document))
        _add(archive, "verify.py", verify_program())
        for listed in document.files:
            path = None if folder is None else folder / listed.file
            if path is None or not path.is_file():
                missing.append(listed.file)
                continue
            _add(archive, listed.file, path.read_bytes(), zipfile.ZIP_STORED)
    return missing


def verify_program() -> bytes:
    """The stand-alone checker's source."""
    return (resources.files("tallylight.compliance.report") / "verify.py").read_bytes()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, compression: int = zipfile.ZIP_DEFLATED) -> None:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.external_attr = 0o644 << 16
    archive.writestr(member, data, compress_type=compression)
