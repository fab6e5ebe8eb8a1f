"""What the rules say about a script before anybody reads it out: its lines against claims and facts of this moment."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.app.flows.live_facts import product_facts
from tallylight.app.flows.product_names import spoken_names
from tallylight.catalogue.schemas import Product
from tallylight.compliance.competitors import competitors_of
from tallylight.compliance.facts import LiveFacts, ShowSubject
from tallylight.compliance.judge import judge
from tallylight.compliance.pack import Pack, load_pack
from tallylight.compliance.scripts.types import Checks, LineCheck, Segment
from tallylight.compliance.tokens import text_words
from tallylight.compliance.types import Circumstances, Found, Utterance
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShopId

_LINES_AT_ONCE = 40
"""Enough for a disclaimer or an answer to be found lines later; few enough to be read in a moment."""
_SENTENCE_ENDS = (".", "!", "?", ",", ";", ":", "…")


async def check_script(
    connection: AsyncConnection, shop_id: UUID, market: str, segments: Sequence[Segment], *, now_us: int
) -> Checks:
    """Judge every line as it is written. InvalidInputError for a market that no rule pack knows."""
    try:
        pack = load_pack(market)
    except KeyError:
        raise InvalidInputError(f"there is no rule pack for the market {market}", field="market") from None
    products = await catalogue.products_by_id(
        connection, list({each.product_id for each in segments if each.product_id is not None})
    )
    subject = ShowSubject(
        market=market,
        product_names=tuple(product.title for product in products),
        brand_names=tuple(sorted({product.vendor for product in products if product.vendor})),
        competitors=tuple(await competitors_of(connection, ShopId(shop_id))),
    )
    findings: list[LineCheck] = []
    for number, segment in enumerate(segments):
        meant = [product for product in products if product.id == segment.product_id]
        circumstances = await _circumstances(connection, ShopId(shop_id), subject, meant, products, now_us)
        for first in range(0, len(segment.lines), _LINES_AT_ONCE):
            lines = segment.lines[first : first + _LINES_AT_ONCE]
            findings += _check_lines(number, first, lines, circumstances, pack)
    return Checks(to_datetime(now_us), findings)


async def _circumstances(
    connection: AsyncConnection,
    shop_id: ShopId,
    subject: ShowSubject,
    meant: Sequence[Product],
    products: Sequence[Product],
    now_us: int,
) -> Circumstances:
    common = LiveFacts(now=to_datetime(now_us).isoformat(), competitors=list(subject.competitors))
    facts = await product_facts(
        connection, shop_id, subject.market, meant, spoken_names(products), at_us=now_us, common=common
    )
    claims = tuple(dict.fromkeys(claim for each in facts for claim in each.claims))
    return Circumstances(products=facts, subject=subject, claims=claims)


def _check_lines(
    segment: int, first_line: int, lines: Sequence[str], circumstances: Circumstances, pack: Pack
) -> list[LineCheck]:
    """Findings on ``lines``, judged together, each on the line where it begins."""
    words: list[str] = []
    places: list[tuple[int, int, int]] = []
    for number, line in enumerate(lines):
        of_line = text_words(line)
        places += [(number, start, end) for _, start, end in of_line]
        words += [word for word, _, _ in of_line]
        # A line is a breath of its own, whether or not its writer ended it with a full stop.
        if words and not words[-1].endswith(_SENTENCE_ENDS):
            words[-1] += "."
    judged = judge(Utterance(words=tuple(words)), circumstances, pack)
    return [_line_check(segment, first_line, lines, places, found) for found in judged.findings]


def _line_check(
    segment: int, first_line: int, lines: Sequence[str], places: Sequence[tuple[int, int, int]], found: Found
) -> LineCheck:
    line, start, _ = places[found.first]
    last_line, _, end = places[found.last]
    end = end if last_line == line else len(lines[line])
    return LineCheck(
        segment, first_line + line, found.rule, found.rule_title, found.verdict, lines[line][start:end], start, end,
        found.reason, found.citation, found.say_instead or None,
    )  # fmt: skip
