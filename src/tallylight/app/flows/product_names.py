"""How a host may call the products of a show: the whole title, its tail, and a noun that only one of them has."""

import re
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from tallylight.catalogue.schemas import Product

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EMPTY = {"and", "the", "of", "for", "with", "in", "a", "an", "set", "no", "new", "everyday"}
_WORD_LENGTH_MIN = 3


def spoken_names(products: Sequence[Product]) -> dict[UUID, tuple[str, ...]]:
    """Names by product, case-folded, longest first.

    "Slow Morning Face Cream" answers to its title, to "face cream", and to "cream" unless another product of the
    show has that word too.
    """
    words = {product.id: _words(product.title) for product in products}
    uses = Counter(word for each in words.values() for word in set(each))
    names = {}
    for product_id, each in words.items():
        found = {" ".join(each)} | ({" ".join(each[-2:])} if len(each) > 2 else set())
        found |= {word for word in each if uses[word] == 1 and len(word) >= _WORD_LENGTH_MIN and word not in _EMPTY}
        names[product_id] = tuple(sorted(filter(None, found), key=lambda name: (-len(name), name)))
    return names


def _words(title: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(title)]
