"""Which product is meant: the pinned one, those pinned around the words, and those that the words name."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.schemas import Product
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShowId
from tallylight.shows import queries as shows
from tallylight.shows.models import cue_firing

SUBJECT_WINDOW_US = 10 * MICROSECONDS
"""A host speaks of a product a little before its pin and a little after the next one's."""

NAME_SIMILARITY_PERCENT = 88


def products_meant(
    products: Sequence[Product], pinned: Sequence[UUID], names: Mapping[UUID, tuple[str, ...]], spoken: str
) -> list[Product]:
    """Those of ``products`` that ``spoken`` may mean; the pinned one first."""
    meant = [product for product in products if product.id in pinned or _named(spoken, names[product.id])]
    return sorted(meant, key=lambda product: pinned.index(product.id) if product.id in pinned else len(pinned))


async def pinned_around(connection: AsyncConnection, show_id: ShowId, at_us: int) -> list[UUID]:
    """The product pinned at ``at_us``, then others pinned within the window around it."""
    pinned = await shows.pinned_at(connection, show_id, at_us)
    before = await shows.pinned_at(connection, show_id, at_us - SUBJECT_WINDOW_US)
    around = await connection.scalars(
        sa.select(cue_firing.c.product_id)
        .where(
            cue_firing.c.show_id == show_id,
            cue_firing.c.kind == "pin",
            cue_firing.c.at_us.between(at_us - SUBJECT_WINDOW_US, at_us + SUBJECT_WINDOW_US),
        )
        .order_by(cue_firing.c.at_us.desc())
        .limit(20)
    )
    return list(dict.fromkeys(each for each in (pinned, before, *around) if each is not None))


def _named(spoken: str, names: Iterable[str]) -> bool:
    text = spoken.casefold()
    return any(
        name in text or (" " in name and fuzz.partial_ratio(name, text) >= NAME_SIMILARITY_PERCENT) for name in names
    )
