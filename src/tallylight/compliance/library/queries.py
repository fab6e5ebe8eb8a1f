"""Reads of the claims library."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.library.models import claim, claim_file, claim_step, claim_version
from tallylight.compliance.library.types import (
    ClaimCard,
    ClaimContent,
    ClaimDetail,
    ClaimFile,
    ClaimStep,
    ClaimVersion,
)
from tallylight.foundation.errors import NotFoundError
from tallylight.members.models import person


class HeldClaim(msgspec.Struct, frozen=True):
    """A claim that clears its wording. ``product_id`` None: any product of the brand."""

    id: UUID
    version: int
    product_id: UUID | None
    wording: str
    expires_at: datetime | None
    disclaimer: str | None
    disclaimer_within_s: int | None


async def claims_in_force(
    connection: AsyncConnection, shop_id: UUID, product_ids: Sequence[UUID], market: str, at: datetime
) -> list[HeldClaim]:
    """The claims that clear something at ``at``: for these products or the whole brand, approved by then, and then
    neither replaced, withdrawn nor expired.
    """
    rows = await connection.execute(
        sa.select(claim.c.id, claim.c.product_id, claim_version)
        .join(claim_version, claim_version.c.claim_id == claim.c.id)
        .where(
            claim.c.shop_id == shop_id,
            claim.c.market == market,
            sa.or_(claim.c.product_id.is_(None), claim.c.product_id.in_(product_ids)),
            claim_version.c.approved_at <= at,
            sa.or_(claim_version.c.ended_at.is_(None), claim_version.c.ended_at > at),
            sa.or_(claim_version.c.expires_at.is_(None), claim_version.c.expires_at > at),
        )
        .order_by(claim.c.id)
    )
    return [
        HeldClaim(
            row.id, row.version, row.product_id, row.wording, row.expires_at, row.disclaimer, row.disclaimer_within_s
        )
        for row in rows
    ]


async def claims_of_shop(connection: AsyncConnection, shop_id: UUID, at: datetime) -> list[ClaimCard]:
    """The whole library, the newest claim first; at most CLAIMS_MAX, as many as a shop may have."""
    rows = await connection.execute(
        sa.select(claim.c.id, claim.c.product_id, claim.c.market, claim_version)
        .join(claim_version, claim_version.c.claim_id == claim.c.id)
        .where(claim.c.shop_id == shop_id)
        .order_by(claim.c.created_at.desc(), claim.c.id.desc(), claim_version.c.version.desc())
    )
    cards: dict[UUID, ClaimCard] = {}
    for row in rows:
        version = _version(row, at)
        known = cards.get(row.id)
        if known is None:
            known = cards[row.id] = ClaimCard(row.id, row.product_id, row.market, version, None)
        if version.state == "approved":
            cards[row.id] = msgspec.structs.replace(known, in_force=version)
    return list(cards.values())


async def claim_detail(connection: AsyncConnection, claim_id: UUID, at: datetime) -> ClaimDetail:
    """One claim with all its versions. Raises NotFoundError."""
    row = (await connection.execute(sa.select(claim).where(claim.c.id == claim_id))).first()
    if row is None:
        raise NotFoundError("there is no such claim")
    versions = await connection.execute(
        sa.select(claim_version).where(claim_version.c.claim_id == claim_id).order_by(claim_version.c.version.desc())
    )
    steps = await connection.execute(
        sa.select(claim_step, person.c.name)
        .outerjoin(person, person.c.id == claim_step.c.person_id)
        .where(claim_step.c.claim_id == claim_id)
        .order_by(claim_step.c.id)
    )
    return ClaimDetail(
        row.id,
        row.shop_id,
        row.product_id,
        row.market,
        [_version(each, at) for each in versions],
        [ClaimStep(each.version, each.step, each.comment, each.name or "", each.at) for each in steps],
        await files_of_claim(connection, claim_id),
    )


async def shop_of_claim(connection: AsyncConnection, claim_id: UUID) -> UUID:
    """Whose claim it is. Raises NotFoundError."""
    shop_id = await connection.scalar(sa.select(claim.c.shop_id).where(claim.c.id == claim_id))
    if shop_id is None:
        raise NotFoundError("there is no such claim")
    return UUID(str(shop_id))


async def files_of_claim(connection: AsyncConnection, claim_id: UUID) -> list[ClaimFile]:
    """The evidence files that were uploaded for the claim, oldest first."""
    rows = await connection.execute(
        sa.select(claim_file, person.c.name.label("uploader"))
        .outerjoin(person, person.c.id == claim_file.c.uploaded_by)
        .where(claim_file.c.claim_id == claim_id)
        .order_by(claim_file.c.uploaded_at, claim_file.c.id)
    )
    return list(_files(rows))


def _files(rows: Iterable[sa.Row[Any]]) -> Iterable[ClaimFile]:
    for row in rows:
        yield ClaimFile(
            row.id,
            row.name,
            row.content_type,
            row.size_bytes,
            row.sha256.hex(),
            row.uploaded_at,
            row.uploader or "",
        )


def _version(row: sa.Row[Any], at: datetime) -> ClaimVersion:
    content = ClaimContent(
        wording=row.wording,
        disclaimer=row.disclaimer,
        disclaimer_within_s=row.disclaimer_within_s,
        expires_at=row.expires_at,
        file_id=row.file_id,
    )
    expired = row.expires_at is not None and row.expires_at <= at
    return ClaimVersion(row.version, row.revision, row.state, content, row.approved_at, row.ended_at, expired)
