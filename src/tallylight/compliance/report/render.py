"""The document as PDF, by typst with the fonts that lie beside this file: the same document gives the same bytes."""

import json
from importlib import resources
from typing import Literal

import typst

from tallylight.compliance.report.document import Document, document_sha256
from tallylight.compliance.report.view import view_of


def document_pdf(document: Document) -> bytes:
    """The PDF's bytes. Takes up to seconds for a long show: call it from a thread."""
    return _compile(document, "pdf")[0]


def document_pages(document: Document, *, ppi: float = 110) -> list[bytes]:
    """The same pages as PNG."""
    return _compile(document, "png", ppi=ppi)


def _compile(document: Document, format_: Literal["pdf", "png"], ppi: float = 110) -> list[bytes]:
    data = json.dumps(view_of(document, document_sha256(document)), ensure_ascii=False)
    with resources.as_file(resources.files("tallylight.compliance.report")) as folder:
        fonts: list[str] = [str(folder / "fonts")]
        made: bytes | list[bytes | None] = typst.compile(
            str(folder / "report.typ"),
            font_paths=fonts,
            format=format_,
            ppi=ppi,
            sys_inputs={"data": data},
            timestamp=document.subject.started_us // 1_000_000,
        )
    pages = made if isinstance(made, list) else [made]
    return [page for page in pages if page is not None]
