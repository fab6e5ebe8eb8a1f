"""Lines in, verdicts out: streaming, one line in memory at a time, nothing else on standard output."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import msgspec

from tallylight.app.command_line.read_packs import market_pack, pack_from_file
from tallylight.compliance.check_line import LINE_BYTES_MAX, CheckedLine, LineError, check_line, read_line
from tallylight.compliance.types import RANK
from tallylight.foundation.errors import InvalidInputError

CLEAR, MALFORMED, FAILED = 0, 1, 3
"""Exit codes: all could be checked; a line could not; a verdict is as grave as ``--fail-on``."""

_encoder = msgspec.json.Encoder()
_MARKS = {"clear": "clear", "note": "NOTE ", "hold": "HOLD ", "block": "BLOCK"}


class _Refused(msgspec.Struct):
    id: str | int | None
    error: str


def check_lines(
    file: Path,
    *,
    market: str,
    pack_file: Path | None,
    as_json: bool,
    fail_on: str | None,
    patterns_only: bool = False,
) -> int:
    """Check every line of ``file`` ("-": standard input); the exit code. InvalidInputError when it cannot be read."""
    pack = pack_from_file(pack_file) if pack_file is not None else market_pack(market)
    if patterns_only:
        pack = pack.patterns_only()
    out = sys.stdout.buffer if hasattr(sys.stdout, "buffer") else None
    code = CLEAR
    with _opened(file) as source:
        for raw in _lines(source):
            answer: CheckedLine | _Refused
            try:
                answer = check_line(read_line(raw), pack)
            except LineError as error:
                answer = _Refused(error.line_id, str(error))
                code = MALFORMED
            else:
                if fail_on is not None and code == CLEAR and RANK[answer.verdict] >= RANK[fail_on]:
                    code = FAILED
            said = _encoder.encode(answer) if as_json else _plain(answer).encode()
            if out is None:
                sys.stdout.write(said.decode() + "\n")
            else:
                out.write(said + b"\n")
                if str(file) == "-":
                    out.flush()
    sys.stdout.flush()
    return code


def _opened(file: Path) -> "nullcontext[BinaryIO] | BinaryIO":
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return file.open("rb")
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}", field="lines") from None


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; of one that is too long only so much that it is known to be. Blank ones are skipped."""
    while raw := source.readline(LINE_BYTES_MAX + 2):
        if not raw.endswith(b"\n") and len(raw) > LINE_BYTES_MAX:
            rest = raw
            while rest and not rest.endswith(b"\n"):
                rest = source.readline(LINE_BYTES_MAX)
        line = raw.rstrip(b"\r\n")
        if line.strip():
            yield line


def _plain(answer: CheckedLine | _Refused) -> str:
    if isinstance(answer, _Refused):
        return f"ERROR  {answer.id if answer.id is not None else '?'}: {answer.error}"
    said = [f"{_MARKS[answer.verdict]}  {answer.id}"]
    said.extend(
        f'         {found.rule} "{found.quote}" ({found.start}-{found.end}) {found.reason} [{found.citation}]'
        for found in answer.findings
    )
    return "\n".join(said)
