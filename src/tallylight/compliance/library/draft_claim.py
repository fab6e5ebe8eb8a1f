"""Writing a claim down, and changing one: a draft in place, anything else as a new draft version."""

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.queries import shop_of_product
from tallylight.compliance.library.check_content import checked_content, checked_market
from tallylight.compliance.library.models import claim, claim_version
from tallylight.compliance.library.steps import (
    change_version,
    lock_claim,
    newest_version,
    record_step,
    require_file_of,
)
from tallylight.compliance.library.types import CLAIMS_MAX, ClaimContent
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ProductId, new_id


async def draft_claim(
    connection: AsyncConnection,
    shop_id: UUID,
    product_id: UUID | None,
    content: ClaimContent,
    *,
    market: str,
    by: UUID | None,
    at: datetime,
) -> UUID:
    """A new claim as a draft; ``product_id`` None: for the whole brand.

    InvalidInputError names a field that is wrong; NotFoundError for a product of another shop.
    """
    checked = checked_content(content)
    if checked.file_id is not None:
        raise InvalidInputError("an evidence file is uploaded once the claim is there", field="file_id")
    if product_id is not None and await shop_of_product(connection, ProductId(product_id)) != shop_id:
        raise NotFoundError("there is no such product")
    count = await connection.scalar(sa.select(sa.func.count()).where(claim.c.shop_id == shop_id))
    if int(count or 0) >= CLAIMS_MAX:
        raise InvalidInputError(f"a shop's library has at most {CLAIMS_MAX} claims", field="wording")
    claim_id = new_id()
    await connection.execute(
        claim.insert().values(
            id=claim_id, shop_id=shop_id, product_id=product_id, market=checked_market(market), created_at=at
        )
    )
    await _add_version(connection, claim_id, 1, checked)
    await record_step(connection, claim_id, 1, "drafted", by=by, at=at)
    return claim_id


async def revise_claim(
    connection: AsyncConnection,
    claim_id: UUID,
    content: ClaimContent,
    *,
    revision: int,
    by: UUID | None,
    at: datetime,
) -> int:
    """Say it otherwise; returns the version that does so now.

    A draft is changed in place and one in review becomes a draft again; after a decision a new version begins, and
    what is approved stays in force. ChangedMeanwhileError unless ``revision`` is the newest version's.
    """
    checked = checked_content(content)
    await lock_claim(connection, claim_id)
    await require_file_of(connection, claim_id, checked.file_id)
    newest = await newest_version(connection, claim_id, revision)
    if newest.state in ("draft", "review"):
        await change_version(connection, claim_id, newest.version, state="draft", **msgspec.structs.asdict(checked))
        await record_step(connection, claim_id, newest.version, "edited", by=by, at=at)
        return int(newest.version)
    version = newest.version + 1
    await _add_version(connection, claim_id, version, checked)
    await record_step(connection, claim_id, version, "drafted", by=by, at=at)
    return int(version)


async def _add_version(connection: AsyncConnection, claim_id: UUID, version: int, content: ClaimContent) -> None:
    await connection.execute(
        claim_version.insert().values(
            claim_id=claim_id, version=version, state="draft", **msgspec.structs.asdict(content)
        )
    )
