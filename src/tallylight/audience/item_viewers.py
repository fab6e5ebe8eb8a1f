"""Who has which product open or in the bag, and on whose screen stands that the host is paid, told to one web process:
known for half a minute, by nobody else.

A viewer's player says every few seconds what it shows and holds; the newest word replaces the one before, so a repeat
counts nobody twice and an emptied bag is empty at once. What leaves the process are sketches (see ``viewer_count``).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from datasketches import hll_sketch

from tallylight.audience.viewer_count import new_sketch
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError, TooManyRequestsError
from tallylight.foundation.rate_limit import RateLimit

HELD_US = 30 * MICROSECONDS
"""A viewer who has said nothing for so long is gone; players speak every ten seconds."""
ITEMS_MAX = 20
VIEWERS_MAX = 20_000
"""At once in one process, over all shows; more are not counted."""
ADDRESS_ASKED_MAX = 5
"""Players behind one address that are asked whether the disclosure stands there: a sample of a large network, and no
verdict by one who makes viewers up.
"""
ADDRESS_VIEWERS_MAX = 100
"""At once behind one address: made-up viewers cannot make a crowd, and a mobile network's true ones are let in."""


class Looked(msgspec.Struct, frozen=True):
    """Sketches of those who told one process. ``items``: by product of the show, who looks at it or holds it; one of
    nobody's is left out. ``disclosure_asked``: on whose screen it is to stand that the host is paid;
    ``disclosure_shown``: on whose it does. Both None: on nobody's.
    """

    items: dict[UUID, bytes]
    disclosure_asked: bytes | None = None
    disclosure_shown: bytes | None = None


@dataclass(slots=True, frozen=True)
class _Word:
    items: frozenset[UUID]
    disclosure_shown: bool | None
    address: str
    at_us: int


class ItemViewers:
    """Tell it what viewers look at; ask what is ``looked`` at now and then. Times are wall time."""

    def __init__(self) -> None:
        self._words: dict[UUID, dict[str, _Word]] = {}
        """By show, by viewer."""
        self._behind: Counter[str] = Counter()
        """Viewers by address."""
        self._present = 0
        self._swept_us = 0
        self._viewer = RateLimit(interval_us=MICROSECONDS, burst=20)

    def look(
        self,
        show_id: UUID,
        viewer: str,
        items: Sequence[UUID],
        *,
        disclosure_shown: bool | None = None,
        address: str,
        now_us: int,
    ) -> None:
        """``viewer`` has ``items`` (products) open or in the bag, and nothing else. ``disclosure_shown``: whether it
        stands on their screen that the host is paid; None while it need not.

        InvalidInputError above ITEMS_MAX; TooManyRequestsError above one word a second, and for a viewer who is one
        too many behind the address or in the process.
        """
        if len(items) > ITEMS_MAX:
            raise InvalidInputError(f"name at most {ITEMS_MAX} products", field="product_ids")
        self._viewer.take(viewer, now_us)
        self._forget(show_id, viewer)
        if not items and disclosure_shown is None:
            return
        if self._is_full(address):
            self._sweep(now_us)
        if self._is_full(address):
            raise TooManyRequestsError("more viewers are here than are counted; try again in 30 s", retry_after_s=30)
        self._words.setdefault(show_id, {})[viewer] = _Word(frozenset(items), disclosure_shown, address, now_us)
        self._behind[address] += 1
        self._present += 1

    def knows(self, show_id: UUID) -> bool:
        """Whether somebody looks at something of the show."""
        return show_id in self._words

    def shows(self, now_us: int) -> set[UUID]:
        """The shows of which somebody looks at something at ``now_us``."""
        self._sweep(now_us)
        return set(self._words)

    def looked(self, show_id: UUID, now_us: int) -> Looked:
        """What viewers of the show have open, hold and are shown now."""
        self._sweep(now_us)
        items: dict[UUID, hll_sketch] = {}
        asked, shown = new_sketch(), new_sketch()
        behind: Counter[str] = Counter()
        for viewer, word in self._words.get(show_id, {}).items():
            for item in word.items:
                if item not in items:
                    items[item] = new_sketch()
                items[item].update(viewer)
            if word.disclosure_shown is None or behind[word.address] >= ADDRESS_ASKED_MAX:
                continue
            behind[word.address] += 1
            asked.update(viewer)
            if word.disclosure_shown:
                shown.update(viewer)
        found = {item: _packed(each) for item, each in items.items()}
        return Looked(found) if asked.is_empty() else Looked(found, _packed(asked), _packed(shown))

    def _is_full(self, address: str) -> bool:
        return self._present >= VIEWERS_MAX or self._behind.get(address, 0) >= ADDRESS_VIEWERS_MAX

    def _forget(self, show_id: UUID, viewer: str) -> None:
        words = self._words.get(show_id, {})
        word = words.pop(viewer, None)
        if word is None:
            return
        self._present -= 1
        self._behind[word.address] -= 1
        if not self._behind[word.address]:
            del self._behind[word.address]
        if not words:
            del self._words[show_id]

    def _sweep(self, now_us: int) -> None:
        """At most once a second, however many are refused."""
        if now_us - self._swept_us < MICROSECONDS:
            return
        self._swept_us = now_us
        gone = [
            (show_id, viewer)
            for show_id, words in self._words.items()
            for viewer, word in words.items()
            if word.at_us <= now_us - HELD_US
        ]
        for show_id, viewer in gone:
            self._forget(show_id, viewer)


def _packed(sketch: hll_sketch) -> bytes:
    return bytes(sketch.serialize_compact())
