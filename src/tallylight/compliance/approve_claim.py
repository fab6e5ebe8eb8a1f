"""Approved claims: wordings that legal stands behind, for one product and market, until they expire."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.models import claim
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import new_id

WORDING_LENGTH_MAX = 500


class HeldClaim(msgspec.Struct, frozen=True):
    """An approved claim as it is kept. ``expires_at`` None: it does not expire."""

    id: UUID
    product_id: UUID
    wording: str
    expires_at: datetime | None
    disclaimer: str | None


async def approve_claim(
    connection: AsyncConnection,
    shop_id: UUID,
    product_id: UUID,
    wording: str,
    *,
    market: str = "us-en",
    expires_at: datetime | None,
    approved_by: UUID | None,
    disclaimer: str | None = None,
) -> UUID:
    """Approve ``wording`` for the product in ``market``. InvalidInputError when it is empty or too long."""
    cleaned = " ".join(wording.split())
    if not 1 <= len(cleaned) <= WORDING_LENGTH_MAX:
        raise InvalidInputError(f"a claim's wording has 1 to {WORDING_LENGTH_MAX} characters", field="wording")
    claim_id = new_id()
    await connection.execute(
        claim.insert().values(
            id=claim_id,
            shop_id=shop_id,
            product_id=product_id,
            wording=cleaned,
            market=market,
            disclaimer=disclaimer,
            approved_by=approved_by,
            expires_at=expires_at,
        )
    )
    return claim_id


async def approved_claims(
    connection: AsyncConnection, product_ids: Sequence[UUID], market: str, at: datetime
) -> list[HeldClaim]:
    """The claims that clear something at ``at``: one that has expired clears nothing from that moment on."""
    rows = await connection.execute(
        sa.select(claim)
        .where(
            claim.c.product_id.in_(product_ids),
            claim.c.market == market,
            sa.or_(claim.c.expires_at.is_(None), claim.c.expires_at > at),
        )
        .order_by(claim.c.id)
    )
    return [HeldClaim(row.id, row.product_id, row.wording, row.expires_at, row.disclaimer) for row in rows]
