"""The claims library as CSV, and back, exactly. Pure: rows to text, text to rows and problems.

A cell that a spreadsheet would run gets an apostrophe in front (OWASP, "CSV injection"); so does a cell that begins
with an apostrophe itself, and reading takes exactly one away, so that nothing is lost on the way. Bad rows are
reported by the physical line where they begin; the others are read.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import msgspec

from tallylight.compliance.library.check_content import checked_content, checked_market
from tallylight.compliance.library.types import ClaimContent, ClaimState
from tallylight.foundation.errors import InvalidInputError

COLUMNS = ("product", "market", "wording", "disclaimer", "disclaimer_within_s", "expires_at", "state")
BYTES_MAX = 4 << 20
ROWS_MAX = 10_000
PROBLEMS_MAX = 500
_REQUIRED = ("wording",)
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_QUOTE = "'"
_STATES = get_args(ClaimState)


class ClaimRow(msgspec.Struct, frozen=True):
    """A claim's version in a file. ``product``: a handle, None for the whole brand."""

    product: str | None
    market: str
    content: ClaimContent
    state: ClaimState


class RowProblem(msgspec.Struct, frozen=True):
    """Why a row was left out: the physical line where it begins."""

    line: int
    problem: str


class ParsedClaims(msgspec.Struct, frozen=True):
    """Rows that can be read, each with its line, and those that cannot."""

    rows: list[tuple[int, ClaimRow]]
    problems: list[RowProblem]


def write_claims(rows: Sequence[ClaimRow]) -> str:
    """``rows`` as CSV (RFC 4180) with a byte-order mark, without which Excel mistakes the encoding."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        content = row.content
        cells = (
            row.product or "",
            row.market,
            content.wording,
            content.disclaimer or "",
            "" if content.disclaimer_within_s is None else str(content.disclaimer_within_s),
            "" if content.expires_at is None else content.expires_at.astimezone(UTC).isoformat(),
            row.state,
        )
        writer.writerow([_safe(cell) for cell in cells])
    return "\ufeff" + out.getvalue()


def parse_claims(body: bytes) -> ParsedClaims:
    """What ``body`` says. InvalidInputError when the file as a whole cannot be read."""
    rows: list[tuple[int, ClaimRow]] = []
    problems: list[RowProblem] = []
    for line, cells in _cells(_text(body), problems):
        if len(rows) >= ROWS_MAX:
            raise InvalidInputError(f"the file has over {ROWS_MAX} rows; split it")
        try:
            rows.append((line, _row(cells)))
        except InvalidInputError as error:
            if len(problems) < PROBLEMS_MAX:
                problems.append(RowProblem(line, error.message))
    return ParsedClaims(rows, problems)


def _text(body: bytes) -> str:
    if len(body) > BYTES_MAX:
        raise InvalidInputError(f"the file has over {BYTES_MAX >> 20} MiB; split it")
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInputError("the file is not UTF-8 text; save it as CSV UTF-8") from None


def _cells(text: str, problems: list[RowProblem]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the heading by column, each with the physical line where it begins; blank rows are left out."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        heading = [name.strip().lower() for name in next(reader)]
    except StopIteration:
        raise InvalidInputError("the file is empty; its first row names the columns") from None
    except csv.Error as error:
        raise InvalidInputError(f"the file is not CSV: {error}") from None
    missing = [name for name in _REQUIRED if name not in heading]
    if missing:
        raise InvalidInputError(f"the first row names the columns; {', '.join(missing)} is missing")
    line = reader.line_num + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(RowProblem(line, f"the row cannot be read: {error}"))
            line = reader.line_num + 1
            continue
        if len(cells) > len(heading):
            problems.append(RowProblem(line, "the row has more cells than the first row names columns"))
        elif any(cell.strip() for cell in cells):
            yield line, dict(zip(heading, (_plain(cell) for cell in cells), strict=False))
        line = reader.line_num + 1


def _row(cells: dict[str, str]) -> ClaimRow:
    state = cells.get("state", "").strip().lower() or "draft"
    if state not in _STATES:
        raise InvalidInputError(f"state is {state!r}; it is one of {', '.join(_STATES)}")
    content = checked_content(
        ClaimContent(
            wording=cells.get("wording", ""),
            disclaimer=cells.get("disclaimer", ""),
            disclaimer_within_s=_seconds(cells.get("disclaimer_within_s", "").strip()),
            expires_at=_moment(cells.get("expires_at", "").strip()),
        )
    )
    market = checked_market(cells.get("market", "").strip() or "us-en")
    return ClaimRow(cells.get("product", "").strip() or None, market, content, msgspec.convert(state, ClaimState))


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise InvalidInputError(f"disclaimer_within_s is {text!r}; it is a whole number of seconds")
    return int(text)


def _moment(text: str) -> datetime | None:
    """An ISO 8601 time with its offset, or a date: then the claim clears until that day is over (UTC)."""
    if not text:
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text) + timedelta(days=1)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidInputError(f"expires_at is {text!r}; write a date such as 2027-01-31") from None
    if moment.tzinfo is None:
        raise InvalidInputError(f"expires_at is {text!r}; a time names its offset, such as +00:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(f"expires_at is {text!r}; that is out of range") from None


def _safe(cell: str) -> str:
    return _QUOTE + cell if cell.startswith((*_FORMULA, _QUOTE)) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith(_QUOTE) and cell[1:].startswith((*_FORMULA, _QUOTE)) else cell
