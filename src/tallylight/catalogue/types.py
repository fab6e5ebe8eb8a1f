"""What a caller hands in to make a product. Prices are minor units of the shop's currency."""

import msgspec


class NewVariant(msgspec.Struct, frozen=True, kw_only=True):
    """One buyable form of a product. ``options`` (name to value) tell a product's variants apart."""

    price_minor: int
    title: str = "Default"
    sku: str | None = None
    options: dict[str, str] = {}
    compare_at_minor: int | None = None
    weight_grams: int | None = None
    on_hand: int = 0


class NewPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A picture: either a ``url`` elsewhere or a ``file_name`` that this installation serves."""

    url: str | None = None
    file_name: str | None = None
    alt: str = ""


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its variants (at least one) and pictures, in the order they are shown."""

    handle: str
    title: str
    variants: tuple[NewVariant, ...]
    vendor: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    photos: tuple[NewPhoto, ...] = ()
