"""The promise audit: reads promises off what aired, with their facts, and looks daily at what became of them."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.report_broadcast import report_broadcast
from tallylight.catalogue.models import price_change, stock_movement, variant
from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.facts import FactsProvider, LiveFacts
from tallylight.compliance.pack import load_pack
from tallylight.compliance.record.judge_promise import (
    HORIZON_US,
    Judgement,
    Movement,
    PriceSpan,
    Promise,
    Since,
    judge_promise,
)
from tallylight.compliance.record.models import aftercare, promise
from tallylight.compliance.record.promises import Promised, promises_in
from tallylight.compliance.record_finding import words_heard
from tallylight.compliance.report.document import FindingRecord
from tallylight.foundation.clock import from_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, new_id
from tallylight.foundation.money import Money
from tallylight.shows.models import broadcast
from tallylight.speech.recogniser import Word

log = structlog.get_logger()

PROMISES_MAX = 500
_BATCH = 200
_KEPT_FACTS = ("currency", "price", "list_price", "lowest_price_30d", "stock", "deal_ends_at")
_DEFAULT_MARKET = "us-en"


class _Noted(msgspec.Struct):
    promised: Promised
    product_id: UUID | None
    facts: dict[str, str | int]


async def broadcasts_to_note(database: Database, *, limit: int = 20) -> list[tuple[UUID, UUID]]:
    """(broadcast, show) of those that are over and whose promises have not been read off."""
    async with database.reading() as connection:
        rows = await connection.execute(
            sa.select(broadcast.c.id, broadcast.c.show_id)
            .outerjoin(aftercare, aftercare.c.broadcast_id == broadcast.c.id)
            .where(broadcast.c.ended_us.is_not(None), aftercare.c.promises_noted_us.is_(None))
            .order_by(broadcast.c.ended_us)
            .limit(limit)
        )
        return [(row.id, row.show_id) for row in rows]


async def note_promises(
    database: Database, facts: FactsProvider, broadcast_id: UUID, show_id: UUID, *, now_us: int
) -> int:
    """Put the broadcast's promises on record, each with its product's facts at the words; how many."""
    async with database.reading() as connection:
        document = await report_broadcast(connection, broadcast_id)
        words = await words_heard(connection, BroadcastId(broadcast_id), 0)
    subject = await facts.subject(show_id)
    try:
        pack = load_pack(document.subject.market)
    except KeyError:
        pack = load_pack(_DEFAULT_MARKET)
    said = promises_in(_aired(words, document.findings), pack, product_names=subject.product_names)
    noted = [await _with_facts(facts, show_id, each) for each in said[:PROMISES_MAX]]
    async with database.transaction() as connection:
        if not await _first_to_note(connection, broadcast_id, now_us):
            return 0
        for each in noted:
            await _keep(connection, broadcast_id, each)
    return len(noted)


async def audit_promises(database: Database, *, now_us: int) -> int:
    """Look at every open promise; how many came to a verdict."""
    decided, after = 0, UUID(int=0)
    while True:
        async with database.transaction() as connection:
            rows = (
                await connection.execute(
                    sa.select(promise)
                    .where(promise.c.verdict == "open", promise.c.id > after)
                    .order_by(promise.c.id)
                    .limit(_BATCH)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            for row in rows:
                given = _promise(row.kind, row.said_us, row.horizon_us, row.facts)
                judged = judge_promise(given, await _since(connection, row.product_id, row.said_us), now_us)
                await _write(connection, row.id, row.broadcast_id, row.said_us, judged, now_us)
                decided += judged.verdict != "open"
        if not rows:
            return decided
        after = rows[-1].id


def _aired(words: list[Word], findings: list[FindingRecord]) -> list[Word]:
    """Without what viewers never heard: a promise that was bleeped was made to nobody."""
    gone = [(each.start_us, each.end_us) for each in findings if each.outcome in ("bleeped", "covered")]
    return [word for word in words if not any(start <= (word.start_us + word.end_us) // 2 < end for start, end in gone)]


async def _with_facts(facts: FactsProvider, show_id: UUID, promised: Promised) -> _Noted:
    meant = await facts.facts_at(show_id, promised.start_us, promised.quote)
    product = next((each for each in meant if each.product_id is not None), None)
    live = LiveFacts() if product is None else product.facts
    kept: dict[str, str | int] = {}
    for name in _KEPT_FACTS:
        value = getattr(live, name)
        if value is not None:
            kept[name] = value
    return _Noted(promised, None if product is None else product.product_id, kept)


async def _first_to_note(connection: AsyncConnection, broadcast_id: UUID, now_us: int) -> bool:
    first = await connection.scalar(
        insert(aftercare)
        .values(broadcast_id=broadcast_id, promises_noted_us=now_us)
        .on_conflict_do_update(
            index_elements=[aftercare.c.broadcast_id],
            set_={"promises_noted_us": now_us},
            where=aftercare.c.promises_noted_us.is_(None),
        )
        .returning(aftercare.c.broadcast_id)
    )
    return first is not None


async def _keep(connection: AsyncConnection, broadcast_id: UUID, noted: _Noted) -> None:
    promised = noted.promised
    values = {
        "id": new_id(),
        "kind": promised.kind,
        "quote": promised.quote,
        "said_us": promised.start_us,
        "facts": noted.facts,
        "horizon_us": promised.start_us + HORIZON_US[promised.kind],
    }
    await connection.execute(promise.insert().values(broadcast_id=broadcast_id, product_id=noted.product_id, **values))
    await record_evidence(connection, broadcast_id, "promise", {"event": "made", "promise": values}, promised.start_us)


async def _write(
    connection: AsyncConnection, promise_id: UUID, broadcast_id: UUID, said_us: int, judged: Judgement, now_us: int
) -> None:
    await connection.execute(
        promise.update()
        .where(promise.c.id == promise_id)
        .values(verdict=judged.verdict, reason=judged.reason, looked_us=now_us)
    )
    if judged.verdict == "open":
        return
    payload = {
        "event": "judged",
        "id": promise_id,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "wall_us": now_us,
    }
    await record_evidence(connection, broadcast_id, "promise", payload, said_us)


def _promise(kind: str, said_us: int, horizon_us: int, facts: dict[str, str | int]) -> Promise:
    price, stock = facts.get("price"), facts.get("stock")
    ends = facts.get("deal_ends_at")
    return Promise(
        kind=kind,
        said_us=said_us,
        horizon_us=horizon_us,
        price_minor=None if price is None else Money.parse(str(price), str(facts.get("currency", "USD"))).minor,
        stock=stock if isinstance(stock, int) else None,
        ends_us=None if ends is None else _us(str(ends)),
    )


async def _since(connection: AsyncConnection, product_id: UUID | None, said_us: int) -> Since:
    """What happened to the product's variants since; the price that held at the words is where it begins."""
    variants = sa.select(variant.c.id).where(variant.c.product_id == product_id)
    until = sa.func.lead(price_change.c.at_us).over(
        partition_by=price_change.c.variant_id, order_by=(price_change.c.at_us, price_change.c.id)
    )
    spans = (
        sa.select(price_change.c.selling_minor, price_change.c.at_us, until.label("until_us"))
        .where(price_change.c.variant_id.in_(variants))
        .subquery()
    )
    prices = await connection.execute(
        sa.select(spans).where(sa.or_(spans.c.until_us.is_(None), spans.c.until_us > said_us)).order_by(spans.c.at_us)
    )
    movements = await connection.execute(
        sa.select(stock_movement)
        .where(stock_movement.c.variant_id.in_(variants), stock_movement.c.moved_us > said_us)
        .order_by(stock_movement.c.id)
    )
    return Since(
        [PriceSpan(row.selling_minor, row.at_us, row.until_us) for row in prices],
        [Movement(row.delta, row.reason, row.moved_us) for row in movements],
    )


def _us(iso: str) -> int:
    return from_datetime(datetime.fromisoformat(iso))
