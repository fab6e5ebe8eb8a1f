"""Reads Shopify's product-export CSV into products. Pure: text in, products and problems out.

The format: one row a variant or picture; rows of one product share the Handle; the first of them carries the
title and the names of the options (help.shopify.com, "Using CSV files to import and export products"). Columns
we do not know are ignored. A row that is wrong is reported by the physical line where it begins and left out;
the rest is kept.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping

import msgspec

from tallylight.catalogue import limits
from tallylight.catalogue.html_text import html_to_text
from tallylight.catalogue.schemas import SkippedRow
from tallylight.catalogue.types import NewPhoto, NewProduct, NewVariant
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.money import Money

BYTES_MAX = 8 << 20
ROWS_MAX = 50_000
COLUMNS_MAX = 300
PROBLEMS_MAX = 1_000
REQUIRED = ("Handle", "Title", "Variant Price")

_OPTION_NUMBERS = (1, 2, 3)
_TEXT_COLUMNS = (
    "Handle", "Title", "Vendor", "Tags", "Variant SKU", "Image Alt Text",
    *(f"Option{number} {part}" for number in _OPTION_NUMBERS for part in ("Name", "Value")),
)  # fmt: skip
# What a spreadsheet runs when such a cell is exported again: = always; + - @ when a call or a command follows.
_FORMULA = re.compile(r"\s*(=|[+\-@].*[(|!\"])", re.DOTALL)


class ParsedFile(msgspec.Struct):
    """``products`` by handle in the order of the file; ``lines`` says where each began."""

    products: dict[str, NewProduct]
    lines: dict[str, int]
    skipped_rows: list[SkippedRow]


class _RowError(Exception):
    """Why a row is left out."""


class _Draft:
    """A product while its rows come in."""

    def __init__(self, line: int, row: Mapping[str, str]) -> None:
        self.line = line
        self.title = row.get("Title", "")
        self.vendor = row.get("Vendor") or None
        self.description = html_to_text(row.get("Body (HTML)", ""))
        self.tags = tuple(dict.fromkeys(tag.strip() for tag in row.get("Tags", "").split(",") if tag.strip()))
        self.option_names = [row.get(f"Option{number} Name", "") for number in _OPTION_NUMBERS]
        self.attributes = {"product_type": row["Type"]} if row.get("Type") else {}
        self.variants: dict[tuple[tuple[str, str], ...], NewVariant] = {}
        self.photos: dict[str, tuple[int, NewPhoto]] = {}
        if len(self.title) > limits.TITLE_MAX:
            raise _RowError(f"Title has {len(self.title)} characters; the limit is {limits.TITLE_MAX}")
        if len(self.description) > limits.DESCRIPTION_MAX:
            raise _RowError(f"Body (HTML) has over {limits.DESCRIPTION_MAX} characters of text")
        if len(self.tags) > limits.TAGS_MAX:
            raise _RowError(f"Tags has {len(self.tags)} tags; the limit is {limits.TAGS_MAX}")

    def product(self, handle: str) -> NewProduct:
        photos = [photo for _, photo in sorted(self.photos.values(), key=lambda pair: pair[0])]
        return NewProduct(
            handle=handle,
            title=self.title,
            vendor=self.vendor,
            description=self.description,
            tags=self.tags,
            attributes=self.attributes,
            variants=tuple(self.variants.values()),
            photos=tuple(photos),
        )


def decode_csv(body: bytes) -> str:
    """The text of an uploaded file: UTF-8 (with or without a byte-order mark) or UTF-16 with one.

    Raises InvalidInputError for a larger file than BYTES_MAX or other encodings.
    """
    if len(body) > BYTES_MAX:
        raise InvalidInputError(f"the file has {len(body)} bytes; the limit is {BYTES_MAX}")
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"the file is not UTF-8 text (byte {error.start}); save it as CSV UTF-8") from None


def parse_shopify_csv(text: str, currency: str) -> ParsedFile:
    """Products of ``text`` with prices in ``currency``.

    Raises InvalidInputError when the file as a whole cannot be read: a required column is missing, it is too large.
    """
    if len(text) > BYTES_MAX:
        raise InvalidInputError(f"the file has {len(text)} characters; the limit is {BYTES_MAX}")
    drafts: dict[str, _Draft] = {}
    skipped: list[SkippedRow] = []
    for line, row in _rows(text.removeprefix("\ufeff"), skipped):
        try:
            _take(drafts, line, row, currency)
        except _RowError as problem:
            _skip(skipped, line, str(problem))
    reported = {each.line for each in skipped}
    for handle in [handle for handle, draft in drafts.items() if not draft.variants]:
        line = drafts.pop(handle).line
        if line not in reported:
            _skip(skipped, line, "the product has no row with a usable Variant Price")
    skipped.sort(key=lambda each: each.line)
    return ParsedFile(
        {handle: draft.product(handle) for handle, draft in drafts.items()},
        {handle: draft.line for handle, draft in drafts.items()},
        skipped,
    )


def _skip(skipped: list[SkippedRow], line: int, problem: str) -> None:
    if len(skipped) < PROBLEMS_MAX:
        skipped.append(SkippedRow(line, problem))


def _rows(text: str, skipped: list[SkippedRow]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the physical line where it begins, as a mapping by our column names."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader)
    except StopIteration:
        raise InvalidInputError("the file is empty") from None
    except csv.Error as error:
        raise InvalidInputError(f"the first line does not read as CSV: {error}") from None
    columns = _columns(header)
    for _ in range(ROWS_MAX):
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _skip(skipped, line, f"the row does not read as CSV: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            _skip(
                skipped, line, f"the row has {len(cells)} cells, the header has {len(header)}; a quote may be missing"
            )
            continue
        yield line, {name: limits.clean_text(cells[index]) for name, index in columns.items() if index < len(cells)}
    if next(reader, None) is not None:
        _skip(skipped, reader.line_num, f"the file has more than {ROWS_MAX} rows; the rest was not read")


def _columns(header: list[str]) -> dict[str, int]:
    if len(header) > COLUMNS_MAX:
        raise InvalidInputError(f"the file has {len(header)} columns; the limit is {COLUMNS_MAX}")
    known = {
        name.casefold(): name
        for name in (
            *_TEXT_COLUMNS, "Body (HTML)", "Type", "Variant Price", "Variant Compare At Price", "Variant Inventory Qty",
            "Variant Grams", "Image Src", "Image Position",
        )
    }  # fmt: skip
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        name = known.get(cell.strip().casefold())
        if name is not None:
            columns.setdefault(name, index)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InvalidInputError(
            f"the file has no column {' and no column '.join(missing)}; it must be Shopify's product export",
            missing=", ".join(missing),
        )
    return columns


def _take(drafts: dict[str, _Draft], line: int, row: Mapping[str, str], currency: str) -> None:
    """Add one row to its product, which the row may begin. Raises _RowError."""
    handle = row.get("Handle", "")
    if not handle:
        raise _RowError("Handle is empty")
    for name in _TEXT_COLUMNS:
        value = row.get(name, "")
        if name != "Tags" and len(value) > limits.TITLE_MAX:
            raise _RowError(f"{name} has {len(value)} characters; the limit is {limits.TITLE_MAX}")
        if _FORMULA.match(value):
            raise _RowError(f"{name} begins like a spreadsheet formula; remove the leading {value.lstrip()[0]}")
    draft = drafts.get(handle)
    fresh = draft is None
    if draft is None:
        if not row.get("Title"):
            raise _RowError(f"Title is empty and no earlier row begins the product {handle}")
        draft = drafts[handle] = _Draft(line, row)
    photo = _photo(row)
    if row.get("Variant Price") or row.get("Option1 Value") or fresh:
        _add_variant(draft, row, currency)
    elif photo is None:
        raise _RowError("the row has neither a Variant Price nor an Image Src")
    if photo is not None and photo[1].url is not None:
        if len(draft.photos) >= limits.PHOTOS_MAX:
            raise _RowError(f"the product has more than {limits.PHOTOS_MAX} images")
        draft.photos.setdefault(photo[1].url, (photo[0] or len(draft.photos) + 1, photo[1]))


def _add_variant(draft: _Draft, row: Mapping[str, str], currency: str) -> None:
    if not row.get("Variant Price"):
        raise _RowError("Variant Price is empty")
    values = [row.get(f"Option{number} Value", "") for number in _OPTION_NUMBERS]
    named = enumerate(zip(draft.option_names, values, strict=True), 1)
    options = {name or f"Option {index}": value for index, (name, value) in named if value}
    if options == {"Title": "Default Title"}:
        options = {}
    key = tuple(sorted(options.items()))
    if key in draft.variants:
        raise _RowError(f"an earlier row has the same options ({' / '.join(options.values()) or 'none'})")
    if len(draft.variants) >= limits.VARIANTS_MAX:
        raise _RowError(f"the product has more than {limits.VARIANTS_MAX} variants")
    compare_at = row.get("Variant Compare At Price")
    draft.variants[key] = NewVariant(
        title=" / ".join(options.values()) or "Default",
        sku=row.get("Variant SKU") or None,
        options=options,
        price_minor=_amount("Variant Price", row["Variant Price"], currency),
        compare_at_minor=_amount("Variant Compare At Price", compare_at, currency) if compare_at else None,
        weight_grams=_whole("Variant Grams", row.get("Variant Grams", ""), limits.WEIGHT_GRAMS_MAX),
        # A shop that let itself oversell exports a negative count: nothing is there to sell.
        on_hand=max(0, _whole("Variant Inventory Qty", row.get("Variant Inventory Qty", ""), limits.STOCK_MAX) or 0),
    )


def _photo(row: Mapping[str, str]) -> tuple[int | None, NewPhoto] | None:
    url = row.get("Image Src", "")
    if not url:
        return None
    if not limits.is_web_address(url):
        raise _RowError("Image Src is not an http or https address")
    position = _whole("Image Position", row.get("Image Position", ""), 100_000)
    return position, NewPhoto(url=url, alt=row.get("Image Alt Text", ""))


def _amount(name: str, value: str, currency: str) -> int:
    try:
        minor = Money.parse(value, currency).minor
    except ValueError as error:
        raise _RowError(f"{name}: {str(error)[:200]}") from None
    if not 0 <= minor <= limits.PRICE_MINOR_MAX:
        raise _RowError(f"{name} must not be negative or over {Money(limits.PRICE_MINOR_MAX, currency).decimal()}")
    return minor


def _whole(name: str, value: str, most: int) -> int | None:
    if not value:
        return None
    if not re.fullmatch(r"[+-]?\d{1,12}(\.0*)?", value) or not -most <= int(value.split(".")[0]) <= most:
        raise _RowError(f"{name}: {value[:40]!r} is not a whole number up to {most}")
    return int(value.split(".")[0])
