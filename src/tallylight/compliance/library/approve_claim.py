"""A claim that legal had approved before it came here."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.draft_claim import draft_claim
from tallylight.compliance.library.review_claim import decide_claim, submit_claim
from tallylight.compliance.library.types import ClaimContent

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


async def approve_claim(
    connection: AsyncConnection,
    shop_id: UUID,
    product_id: UUID | None,
    wording: str,
    *,
    market: str = "us-en",
    expires_at: datetime | None,
    approved_by: UUID | None,
    disclaimer: str | None = None,
    disclaimer_within_s: int | None = None,
    since: datetime = ALWAYS,
) -> UUID:
    """Draft, submit and approve in one go; in force from ``since`` on. Raises what those raise."""
    content = ClaimContent(
        wording=wording, disclaimer=disclaimer, disclaimer_within_s=disclaimer_within_s, expires_at=expires_at
    )
    claim_id = await draft_claim(connection, shop_id, product_id, content, market=market, by=approved_by, at=since)
    await submit_claim(connection, claim_id, revision=1, by=approved_by, at=since)
    await decide_claim(connection, claim_id, approve=True, revision=2, by=approved_by, at=since)
    return claim_id
