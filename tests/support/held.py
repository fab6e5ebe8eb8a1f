"""Findings as a live broadcast leaves them, for the desk's tests."""

from uuid import UUID

from tallylight.compliance.record_finding import record_finding
from tallylight.compliance.speech_finding import SpeechFinding
from tallylight.compliance.types import Found
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, FindingId, ShowId

PRICE = {"price": "24.99"}


async def hold_words(
    database: Database,
    broadcast_id: BroadcastId,
    show_id: UUID,
    start_us: int,
    *,
    quote: str = "it is nineteen ninety-nine",
    verdict: str = "hold",
    rule: str = "R5",
    facts: dict[str, str | int | bool] | None = None,
    hold_policy: str = "bleep",
    delay_ms: int = 8000,
) -> FindingId:
    """One finding on words that began at ``start_us``, with ``delay_ms`` to decide it."""
    found = Found(
        rule, "Price", "block" if verdict == "block" else "hold", 0, 3, quote, "No reading of it fits: price is 24.99.",
        "16 CFR 233", PRICE if facts is None else facts, "Read the price from the product card.",
    )  # fmt: skip
    async with database.transaction() as connection:
        kept = await record_finding(
            connection,
            broadcast_id,
            ShowId(show_id),
            SpeechFinding(found, start_us, start_us + 1_500_000),
            delay_ms=delay_ms,
            hold_policy=hold_policy,
        )
    return kept.id
