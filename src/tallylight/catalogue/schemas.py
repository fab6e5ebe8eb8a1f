"""What the catalogue shows to the outside, with the names of the HTTP contract."""

from uuid import UUID

import msgspec

from tallylight.foundation.money import Money


class Variant(msgspec.Struct, frozen=True):
    """``available`` is the stock that can be sold now: on hand less what unpaid orders hold."""

    id: UUID
    title: str
    sku: str | None
    price: Money
    compare_at: Money | None
    available: int
    options: dict[str, str]


class Photo(msgspec.Struct, frozen=True):
    url: str
    alt: str


class Product(msgspec.Struct, frozen=True):
    """``description`` is plain text. ``attributes`` hold stated facts such as material and made_in."""

    id: UUID
    handle: str
    title: str
    vendor: str | None
    description: str
    photos: list[Photo]
    variants: list[Variant]
    tags: list[str]
    attributes: dict[str, str]


class SkippedRow(msgspec.Struct, frozen=True):
    """A row of an imported file that was left out: the physical line where it begins, and why."""

    line: int
    problem: str


class ImportReport(msgspec.Struct, frozen=True):
    """Products that are new, products that were there before, and the rows left out."""

    imported: int
    updated: int
    skipped_rows: list[SkippedRow]
