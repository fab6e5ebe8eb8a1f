"""What a recording is judged against when there is no show: a shop's products as they stand, or a file of facts.

Which product is meant: those that the words name, else those named last, else all: when in doubt, all that fit.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.live_facts import NAME_SIMILARITY_PERCENT, product_facts
from tallylight.app.flows.product_names import spoken_names
from tallylight.catalogue.queries import products_of_shop
from tallylight.compliance.competitors import competitors_of
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.foundation.clock import MICROSECONDS, to_datetime
from tallylight.foundation.errors import InvalidInputError
from tallylight.members.types import Shop

PRODUCTS_MAX = 500
FILE_BYTES_MAX = 4 << 20
REMEMBERED_US = 60 * MICROSECONDS


class FactsFileError(InvalidInputError):
    """The file of facts cannot be read as one."""

    code: ClassVar[str] = "facts_file"


class NamedFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product of a facts file: how a host may call it, and its facts."""

    names: list[str]
    facts: LiveFacts


class FactsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``{"products": [{"names", "facts"}], "host_is_paid"?, "brand_names"?, "competitors"?}``."""

    products: list[NamedFacts] = []
    host_is_paid: bool | None = None
    brand_names: list[str] = []
    competitors: list[str] = []


class RehearsalFacts:
    """The facts at ``at_us``; ``now`` goes on with the recording, the rest stands still."""

    def __init__(self, subject: ShowSubject, products: Sequence[ProductFacts], at_us: int) -> None:
        self.subject = subject
        self.at_us = at_us
        self._products = tuple(products)
        self._named: tuple[ProductFacts, ...] = ()
        self._named_us = 0

    def facts_at(self, at_us: int, spoken: str) -> Sequence[ProductFacts]:
        """Every product that ``spoken`` at ``at_us`` may mean."""
        text = spoken.casefold()
        named = tuple(product for product in self._products if _is_named(product, text))
        if named:
            self._named, self._named_us = named, at_us
        remembered = self._named if at_us - self._named_us <= REMEMBERED_US else ()
        now = to_datetime(at_us).isoformat()
        return [
            msgspec.structs.replace(each, facts=msgspec.structs.replace(each.facts, now=now))
            for each in named or remembered or self._products
        ]


def _is_named(product: ProductFacts, text: str) -> bool:
    return any(
        name in text or (" " in name and fuzz.partial_ratio(name, text) >= NAME_SIMILARITY_PERCENT)
        for name in product.names
    )


async def facts_of_shop(connection: AsyncConnection, shop: Shop, market: str, at_us: int) -> RehearsalFacts:
    """The shop's first PRODUCTS_MAX products with their prices, stock and approved claims at ``at_us``."""
    products = await products_of_shop(connection, shop.id, limit=PRODUCTS_MAX)
    rivals = await competitors_of(connection, shop.id)
    names = spoken_names(products)
    common = LiveFacts(now=to_datetime(at_us).isoformat(), competitors=rivals)
    facts = await product_facts(connection, shop.id, market, products, names, at_us=at_us, common=common)
    subject = ShowSubject(
        market=market,
        product_names=tuple(product.title for product in products),
        brand_names=tuple(sorted({product.vendor for product in products if product.vendor})),
        competitors=tuple(rivals),
    )
    return RehearsalFacts(subject, facts, at_us)


def facts_of_file(path: Path, market: str, at_us: int) -> RehearsalFacts:
    """A facts file: the whole form, or the bare facts of one product. Raises FactsFileError."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise FactsFileError(f"{path.name} is over {FILE_BYTES_MAX >> 20} MiB")
        raw = path.read_bytes()
        keys = msgspec.json.decode(raw)
        if not isinstance(keys, dict):
            raise FactsFileError(f"{path.name} holds no JSON object; see docs/evidence.md for its form")
        if keys.keys() & {"products", "host_is_paid", "brand_names", "competitors"} and "price" not in keys:
            file = msgspec.json.decode(raw, type=FactsFile)
        else:
            facts = msgspec.json.decode(raw, type=LiveFacts)
            file = FactsFile([NamedFacts([], facts)], facts.host_is_paid, [], facts.competitors or [])
    except OSError as error:
        raise FactsFileError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FactsFileError(f"{path.name}: {error}; see docs/evidence.md for its form") from error
    products = [ProductFacts(None, tuple(name.casefold() for name in each.names), each.facts) for each in file.products]
    subject = ShowSubject(
        market=market,
        host_is_paid=file.host_is_paid,
        product_names=tuple(name for each in file.products for name in each.names),
        brand_names=tuple(file.brand_names),
        competitors=tuple(file.competitors),
    )
    return RehearsalFacts(subject, products, at_us)
